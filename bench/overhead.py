"""What the service costs beside the models: reading a call with a 200 KB prefetch, mapping its chart, the audit, the answer.

The models are replaced by an answer without content; a trivial endpoint that reads the same JSON runs in the same round.
"""

import asyncio
import io
from collections.abc import Callable
from contextlib import redirect_stderr
from dataclasses import replace
from typing import Any
from unittest.mock import patch

import numpy as np

from bench.charts import AT, call
from bench.hooks import UNHURRIED, Timed, timed, trivial
from service import in_time
from service.app import create_app
from service.clock import FixedClock
from service.settings import Settings
from twin_engine.predict import predict

SIZE = 200_000
CALLS = 41


def bodies(size: int = SIZE) -> list[bytes]:
    """Calls with a prefetch of about this size, each on a chart of its own."""
    one, other = (len(call(1, n)) for n in (0, 100))
    observations = round((size - one) / (other - one) * 100)
    return [call(seed, observations) for seed in range(1, CALLS + 1)]


def measure() -> list[Timed]:
    """The service without models, and the trivial endpoint, on the same bodies."""
    made = bodies()
    found: list[Timed] = []
    settings = Settings(auth="off", host="127.0.0.1", mode="development", database_url="sqlite://", **UNHURRIED)
    with patch.object(in_time, "predict", _without_models()):
        for name, app in (
            ("order-sign without models", create_app(settings, clock=FixedClock(AT), own_process=True)),
            ("trivial endpoint", trivial()),
        ):
            with redirect_stderr(io.StringIO()):
                spent, _ = asyncio.run(timed(app, made))
            wall, cpu = np.array(spent).T
            median, p95 = np.quantile(wall[1:], [0.5, 0.95])
            label = f"{name}, {len(made[0]) / 1000:.0f} kB"
            found.append(Timed(label, wall[0], median, p95, float(np.median(cpu[1:]))))
    return found


def _without_models() -> Callable[..., Any]:
    def empty(scenario: Any, *rest: Any) -> Any:
        bare = replace(scenario.record, administrations=(), measurements=())
        return predict(replace(scenario, orders=(), record=bare), *rest[:1])

    return empty
