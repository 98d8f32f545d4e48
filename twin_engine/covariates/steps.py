"""Values that hold until the next: how covariates change over time, hours relative to the prediction."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from twin_engine.kernel.declare import Array
from twin_engine.patient.record import DataQuality


def hours(time: datetime, at: datetime) -> float:
    """Hours from `at` to `time` (negative in the past)."""
    return (time - at).total_seconds() / 3600.0


@dataclass(frozen=True, slots=True)
class Steps:
    """Piecewise-constant values: `values[i]` holds from `starts_h[i]` (ascending, the first is -inf) to the next."""

    starts_h: Array
    values: Array

    @staticmethod
    def constant(value: float) -> "Steps":
        """One value at all times."""
        return Steps(np.array([-np.inf]), np.array([float(value)]))

    def at(self, hours_h: Array) -> Array:
        """Values in force at these hours."""
        return self.values[np.searchsorted(self.starts_h, hours_h, side="right") - 1]


@dataclass(frozen=True, slots=True)
class Found:
    """A covariate as read from the chart, and what a reader must know of it. `log_sd`: of the logarithm of its newest value, as
    far as models were not built on data that are as uncertain; `called`: what it is, where its name does not say it."""

    steps: Steps
    remarks: tuple[DataQuality, ...] = ()
    log_sd: float = 0.0
    called: str = ""


def joined_starts(paths: Iterable[Steps]) -> Array:
    """Every hour at which one of the paths changes."""
    return np.unique(np.concatenate([[-np.inf], *(p.starts_h for p in paths)]))
