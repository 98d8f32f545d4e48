"""What the service costs beside the models: reading a call with a 200 KB prefetch, mapping its chart, the audit, the answer.

The models are replaced by an answer without content. Each body also goes to a trivial endpoint that reads it as JSON; their
difference, body by body, is what the service itself costs on whatever machine this is.
"""

import asyncio
import io
import time
from collections.abc import Callable
from contextlib import AsyncExitStack, redirect_stderr
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

import httpx
import numpy as np
from fastapi import FastAPI

from bench.charts import AT, call
from bench.hooks import BASE, UNHURRIED, Timed, post, trivial
from service import in_time
from service.app import create_app
from service.clock import FixedClock
from service.settings import Settings
from twin_engine.predict import predict

SIZE = 200_000
CALLS = 41


@dataclass(frozen=True, slots=True)
class Overhead:
    """The service without models, the trivial endpoint, and the median of their differences in milliseconds on the wall and
    of processor time."""

    endpoints: tuple[Timed, Timed]
    beyond_ms: float
    beyond_cpu_ms: float


def bodies(size: int = SIZE) -> list[bytes]:
    """Calls with a prefetch of about this size, each on a chart of its own."""
    one, other = (len(call(1, n)) for n in (0, 100))
    observations = round((size - one) / (other - one) * 100)
    return [call(seed, observations) for seed in range(1, CALLS + 1)]


def measure() -> Overhead:
    """Both endpoints in turn on the same bodies; the database is a file."""
    made = bodies()
    with TemporaryDirectory() as folder, patch.object(in_time, "predict", _without_models()), redirect_stderr(io.StringIO()):
        database = f"sqlite:///{Path(folder) / 'bench.sqlite'}"
        settings = Settings(auth="off", host="127.0.0.1", mode="development", database_url=database, **UNHURRIED)
        app = create_app(settings, clock=FixedClock(AT), own_process=True)
        spent = asyncio.run(_in_turn((app, trivial()), made))
    names = ("order-sign without models", "trivial endpoint")
    size = f"{np.mean([len(body) for body in made]) / 1000:.0f} kB"
    found: list[Timed] = []
    for name, (wall, cpu) in zip(names, np.moveaxis(spent, 0, 2), strict=True):
        median, p95 = np.quantile(wall[1:], [0.5, 0.95])
        found.append(Timed(f"{name}, {size}", wall[0], median, p95, float(np.median(cpu[1:]))))
    wall, cpu = np.median(spent[1:, 0] - spent[1:, 1], axis=0)
    return Overhead((found[0], found[1]), float(wall), float(cpu))


async def _in_turn(apps: tuple[FastAPI, FastAPI], made: list[bytes]) -> "np.ndarray[Any, np.dtype[np.float64]]":
    """(body, endpoint, wall or processor time) in milliseconds."""
    async with AsyncExitStack() as stack:
        clients: list[httpx.AsyncClient] = []
        for app in apps:
            await stack.enter_async_context(app.router.lifespan_context(app))
            client = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=BASE)
            clients.append(await stack.enter_async_context(client))
        return np.array([[await _once(client, body) for client in clients] for body in made])


async def _once(client: httpx.AsyncClient, body: bytes) -> tuple[float, float]:
    began, worked = time.perf_counter(), time.process_time()
    await post(client, body)
    return (time.perf_counter() - began) * 1000, (time.process_time() - worked) * 1000


def _without_models() -> Callable[..., Any]:
    def empty(scenario: Any, *rest: Any) -> Any:
        bare = replace(scenario.record, administrations=(), measurements=())
        return predict(replace(scenario, orders=(), record=bare), *rest[:1])

    return empty
