"""order-sign through the whole service on charts it has never seen, beside a trivial endpoint fed the same bodies."""

import asyncio
import io
import json
import time
from contextlib import redirect_stdout
from dataclasses import dataclass

import httpx
import numpy as np
from fastapi import FastAPI, Request, Response

from bench.charts import AT, call
from service.app import create_app
from service.clock import FixedClock
from service.settings import Settings

BASE = "http://127.0.0.1:8040"
WARM = 30


@dataclass(frozen=True, slots=True)
class Timed:
    """Wall milliseconds of one endpoint: the first call, then median and 95th percentile of the others."""

    endpoint: str
    first_ms: float
    median_ms: float
    p95_ms: float


def trivial() -> FastAPI:
    """The floor: read the body as JSON and answer."""
    app = FastAPI()

    @app.post("/cds-services/icu-twin")
    async def answer(request: Request) -> Response:
        json.loads(await request.body())
        return Response(b'{"cards":[]}', media_type="application/json")

    return app


async def _timed(app: FastAPI, bodies: list[bytes]) -> tuple[list[float], int]:
    spent, cards = [], 0
    transport = httpx.ASGITransport(app)
    async with app.router.lifespan_context(app), httpx.AsyncClient(transport=transport, base_url=BASE) as client:
        for body in bodies:
            began = time.perf_counter()
            answer = await client.post("/cds-services/icu-twin", content=body, headers={"Content-Type": "application/json"})
            spent.append((time.perf_counter() - began) * 1000)
            answer.raise_for_status()
            cards += bool(answer.json()["cards"])
    return spent, cards


def measure(observations: int) -> list[Timed]:
    """Both endpoints on the same distinct bodies."""
    bodies = [call(seed, observations) for seed in range(1, WARM + 2)]
    found = []
    settings = Settings(auth="off", host="127.0.0.1", mode="development", database_url="sqlite://")
    for name, app in (("order-sign", create_app(settings, clock=FixedClock(AT))), ("trivial endpoint", trivial())):
        with redirect_stdout(io.StringIO()):  # the service logs there
            spent, cards = asyncio.run(_timed(app, bodies))
        label = f"{name}, {observations} observations" + (f" ({cards} of {len(bodies)} with cards)" if cards else "")
        found.append(Timed(label, spent[0], float(np.median(spent[1:])), float(np.quantile(spent[1:], 0.95))))
    return found
