"""order-sign through the whole service on charts it has never seen, beside a trivial endpoint fed the same bodies."""

import asyncio
import io
import json
import time
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from typing import Any

import httpx
import numpy as np
from fastapi import FastAPI, Request, Response

from bench import joint
from bench.charts import AT, call, view
from service.app import create_app
from service.clock import FixedClock
from service.settings import Settings

BASE = "http://127.0.0.1:8040"
WARM = 30
AFTERWARDS_S = 0.4
"""Nobody opens two charts within this time; it is longer than the work that follows an answer."""
JOINT_LIMIT_MS = 250
UNHURRIED: dict[str, Any] = {"own_seconds": 10, "total_seconds": 20}
"""Deadlines that a busy machine keeps: what is slow is measured, not refused."""
Spent = list[tuple[float, float]]
"""Wall and processor milliseconds of each call."""


@dataclass(frozen=True, slots=True)
class Timed:
    """Milliseconds of one endpoint: the first call, then median and 95th percentile of the others, on the wall; and their
    median of processor time."""

    endpoint: str
    first_ms: float
    median_ms: float
    p95_ms: float
    cpu_ms: float


def trivial() -> FastAPI:
    """The floor: read the body as JSON and answer."""
    app = FastAPI()

    @app.post("/cds-services/icu-twin")
    async def answer(request: Request) -> Response:
        json.loads(await request.body())
        return Response(b'{"cards":[]}', media_type="application/json")

    return app


async def post(client: httpx.AsyncClient, body: bytes) -> httpx.Response:
    """One hook call, which has to be answered."""
    answer = await client.post("/cds-services/icu-twin", content=body, headers={"Content-Type": "application/json"})
    return answer.raise_for_status()


async def timed(app: FastAPI, bodies: list[bytes], pause_s: float = 0.0) -> tuple[Spent, int]:
    """Milliseconds of each call, and how many got cards; with a pause for what is done after an answer."""
    spent: Spent = []
    cards = 0
    transport = httpx.ASGITransport(app)
    async with app.router.lifespan_context(app), httpx.AsyncClient(transport=transport, base_url=BASE) as client:
        for body in bodies:
            began, worked = time.perf_counter(), time.process_time()
            answer = await post(client, body)
            spent.append(((time.perf_counter() - began) * 1000, (time.process_time() - worked) * 1000))
            cards += bool(answer.json()["cards"])
            await asyncio.sleep(pause_s)
    return spent, cards


def measure(observations: int) -> list[Timed]:
    """Both endpoints on the same distinct bodies, then another order on each of the same charts."""
    bodies = [call(seed, observations) for seed in range(1, WARM + 2)]
    changed = [body.replace(b'"value": 1500', b'"value": 1250') for body in bodies]
    found: list[Timed] = []
    settings = Settings(auth="off", host="127.0.0.1", mode="development", database_url="sqlite://", **UNHURRIED)
    for name, app in (("order-sign", create_app(settings, clock=FixedClock(AT))), ("trivial endpoint", trivial())):
        with redirect_stdout(io.StringIO()):  # the service logs there
            spent, cards = asyncio.run(timed(app, [*bodies, *changed]))
        for words, part in (("", spent[: len(bodies)]), ("; chart unchanged", spent[len(bodies) :])):
            label = f"{name}, {observations} observations{words}" + (f" ({cards} cards in all)" if cards else "")
            wall, cpu = np.array(part).T
            median, p95 = np.quantile(wall[1:], [0.5, 0.95])
            found.append(Timed(label, wall[0], median, p95, float(np.median(cpu[1:]))))
    return found


def measure_view(observations: int) -> Timed:
    """Opening distinct charts, everything in the prefetch. The twins of one are fitted before the next is opened, which
    is in none of the figures."""
    bodies = [view(seed, observations) for seed in range(1, WARM + 2)]
    return _measure_alone(f"patient-view, {observations} observations, without the fit that follows", bodies, AFTERWARDS_S)


def measure_joint() -> Timed:
    """Three orders at once on distinct charts: a ventilator, a pressor and a hypnotic, beside the time that they may take."""
    bodies = [joint.call(seed) for seed in range(1, WARM + 2)]
    return _measure_alone(f"order-sign, PEEP, norepinephrine and propofol at once (limit {JOINT_LIMIT_MS} ms)", bodies)


def _measure_alone(words: str, bodies: list[bytes], pause_s: float = 0.0) -> Timed:
    settings = Settings(auth="off", host="127.0.0.1", mode="development", database_url="sqlite://", **UNHURRIED)
    with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):  # the service logs there
        spent, cards = asyncio.run(timed(create_app(settings, clock=FixedClock(AT)), bodies, pause_s))
    wall, cpu = np.array(spent).T
    median, p95 = np.quantile(wall[1:], [0.5, 0.95])
    return Timed(f"{words} ({cards} cards in all)", wall[0], median, p95, float(np.median(cpu[1:])))
