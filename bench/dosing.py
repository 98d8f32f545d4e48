"""The dosing engine in units of a fixed array operation, both measured in turn so that a drifting clock cancels.

U = CPU time of one np.exp over 512 x 193 doubles.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from itertools import cycle, product
from typing import TypeVar, cast

import numpy as np

from bench.charts import scenario
from twin_engine.keep import Keep
from twin_engine.predict import predict
from twin_engine.scenario import Scenario
from twin_engine.scenario_json import read
from twin_engine.site import STANDARD, Site


@dataclass(frozen=True, slots=True)
class Measured:
    """A job: median and 90th percentile in U, median in milliseconds."""

    job: str
    median_u: float
    p90_u: float
    median_ms: float


T = TypeVar("T")
_ARGUMENT = -np.random.default_rng(0).random((512, 193)) * 5
_RESULT = np.empty_like(_ARGUMENT)
UNITS, REPEATS = 20, 25


def unit_ms() -> float:
    """CPU time of one U, ms: how fast this machine is just now."""
    began = time.process_time_ns()
    for _ in range(UNITS):
        np.exp(_ARGUMENT, out=_RESULT)
    return (time.process_time_ns() - began) / UNITS / 1e6


def measure(job: str, work: Callable[[], object]) -> Measured:
    """Run `work` between two measurements of U, `REPEATS` times."""
    for _ in range(3):
        work()
        unit_ms()
    ratios: list[float] = []
    milliseconds: list[float] = []
    for _ in range(REPEATS):
        before = unit_ms()
        began = time.process_time_ns()
        work()
        spent = (time.process_time_ns() - began) / 1e6
        ratios.append(spent / ((before + unit_ms()) / 2))
        milliseconds.append(spent)
    return Measured(job, float(np.median(ratios)), float(np.quantile(ratios, 0.9)), float(np.median(milliseconds)))


def jobs() -> Iterator[tuple[str, Callable[[], object]]]:
    """Whole predictions: fit, 512 draws, every candidate ranked, bands of those shown; then without the fit."""
    one = ["vancomycin_goti_2018"]
    for words, doses, levels, creatinines, models in (
        ("one model, 20 doses, 4 levels", 20, 4, 1, one),
        ("one model, 60 doses, 10 levels", 60, 10, 1, one),
        ("one model, 60 doses, 10 levels, 12 creatinines", 60, 10, 12, one),
        ("average of verified models with clearance walk, 60 doses, 10 levels, 12 creatinines", 60, 10, 12, None),
        ("average of verified models, no level yet", 2, 0, 2, None),
    ):
        ready = read(scenario(doses, levels, creatinines, models))
        yield words, partial(predict, ready)
        yield f"{words}: chart unchanged", _asked_again(ready)
    ready = read(scenario(60, 10, 1, one))
    for doses in (6, 24):
        yield f"one model, 60 doses, 10 levels, {4 * doses} candidates", partial(predict, ready, _choosing_from(doses))


def _choosing_from(doses: int) -> Site:
    """A pharmacy that delivers so many doses at four intervals."""
    usual = STANDARD.catalogue["vancomycin"]
    amounts = tuple(np.linspace(250.0, 2000.0, doses).round().tolist())
    wide = replace(usual, doses=amounts, intervals_h=(6.0, 8.0, 12.0, 24.0))
    return replace(STANDARD, catalogue={**STANDARD.catalogue, "vancomycin": wide})


def _asked_again(ready: Scenario) -> Callable[[], object]:
    """Another order on the same chart at every call."""
    [order] = ready.orders
    regimens = product((8.0, 12.0, 24.0), (500.0, 750.0, 1000.0, 1250.0, 1500.0, 1750.0, 2000.0))
    orders = (replace(order, amount=mg, interval_h=every, infusion_h=max(mg / 1000.0, 1.0)) for every, mg in regimens)
    asked = cycle([replace(ready, orders=(one,)) for one in orders])
    keep = _keeping()
    return lambda: predict(next(asked), keep=keep)


def _keeping() -> Keep:
    """What is made once is not made again."""
    made: dict[str, object] = {}

    def keep(name: str, make: Callable[[], T], /) -> T:
        if name not in made:
            made[name] = make()
        return cast("T", made[name])

    return keep
