"""From hourly values to the numbers a risk model reads; training, batch scoring and the hooks all come through here.

A window holds the hours up to one instant and none after it, so a later row cannot change an earlier score.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Windows = Mapping[str, NDArray[np.float64]]
"""Per variable its hourly values up to one instant, (n, hours), the newest last, NaN where nothing was charted."""

Statistic = Literal["newest", "lowest", "highest", "mean", "change", "spread", "total", "count", "age", "context"]

DERIVED: dict[str, tuple[str, ...]] = {
    "pulse_pressure": ("sbp", "dbp"),
    "shock_index": ("heart_rate", "sbp"),
}
"""Values of one hour made from others of the same hour."""
OF_ONE_HOUR: dict[str, Callable[[NDArray[np.float64], NDArray[np.float64]], NDArray[np.float64]]] = {
    "pulse_pressure": np.subtract,
    "shock_index": np.divide,
}

PROCESS_STATISTICS = frozenset({"count", "age"})
PROCESS_VARIABLES = frozenset({"fio2", "peep", "hours_in_icu", "hours_in_hospital", "mechanical_ventilation"})
"""What tells of the care and not of the patient: who measured, when, and which settings were chosen."""


@dataclass(frozen=True, slots=True)
class Feature:
    """One input of a risk model: a statistic of one variable over the last `hours` hours, and the organ it speaks for.

    direction: +1 or -1 where the risk may only rise or fall with it, 0 where either can be true.
    cap: values beyond it count as the cap (`floor` likewise), where physiology is one-sided only up to a point.
    """

    variable: str
    statistic: Statistic
    hours: int
    organ: str
    direction: int = 0
    floor: float | None = None
    cap: float | None = None
    offset_hours: int = 0

    @property
    def process(self) -> bool:
        """Whether it tells of the care process."""
        return self.statistic in PROCESS_STATISTICS or self.variable in PROCESS_VARIABLES


def look_back_h(features: Sequence[Feature]) -> dict[str, int]:
    """Per charted variable the hours of history that these features reach back."""
    reach: dict[str, int] = {}
    for f in features:
        for source in () if f.statistic == "context" else DERIVED.get(f.variable, (f.variable,)):
            reach[source] = max(reach.get(source, 0), f.hours + f.offset_hours)
    return dict(sorted(reach.items()))


def matrix(features: Sequence[Feature], windows: Windows, context: Mapping[str, NDArray[np.float64]]) -> NDArray[np.float32]:
    """Feature values, shape (n, features), float32 as the trees were trained; NaN where nothing is known.

    windows: hourly values in canonical units of every variable of `look_back_h`, at least as many hours.
    context: per name an array (n,), e.g. age in years.
    """
    rows = len(next(iter(windows.values())))
    out = np.empty((rows, len(features)), dtype=np.float32)
    for i, feature in enumerate(features):
        if feature.statistic == "context":
            values = context[feature.variable]
        else:
            hourly = _hourly(feature.variable, windows)
            stop = hourly.shape[1] - feature.offset_hours
            values = STATISTICS[feature.statistic](hourly[:, stop - feature.hours : stop])
        out[:, i] = _clipped(values, feature)
    return out


def _clipped(values: NDArray[np.float64], feature: Feature) -> NDArray[np.float64]:
    if feature.floor is not None:
        values = np.maximum(values, feature.floor)
    return values if feature.cap is None else np.minimum(values, feature.cap)


def _hourly(name: str, windows: Windows) -> NDArray[np.float64]:
    if name not in DERIVED:
        return windows[name]
    first, second = (windows[source] for source in DERIVED[name])
    hours = min(first.shape[1], second.shape[1])
    return OF_ONE_HOUR[name](first[:, -hours:], second[:, -hours:])


def newest(hourly: NDArray[np.float64]) -> NDArray[np.float64]:
    """The last value that is known, (n, hours) to (n,)."""
    return hourly[np.arange(len(hourly)), hourly.shape[1] - 1 - _hours_since(hourly)]


def _hours_since(hourly: NDArray[np.float64]) -> NDArray[np.int64]:
    """Hours since the last value that is known; 0, where there is NaN, if there is none."""
    return (~np.isnan(hourly[:, ::-1])).argmax(axis=1)


def _mean(hourly: NDArray[np.float64]) -> NDArray[np.float64]:
    # Hour by hour: numpy's own sum groups by memory layout, and one row must score as it does among a million.
    total, known, charted = np.zeros(hourly.shape[0]), np.zeros(hourly.shape[0]), ~np.isnan(hourly)
    for hour in np.flatnonzero(charted.any(axis=0)):
        there = charted[:, hour]
        total += np.where(there, hourly[:, hour], 0.0)
        known += there
    return np.divide(total, known, out=np.full(total.shape, np.nan), where=known > 0)


def _lowest(hourly: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.fmin.reduce(hourly, axis=1)


def _highest(hourly: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.fmax.reduce(hourly, axis=1)


def _change(hourly: NDArray[np.float64]) -> NDArray[np.float64]:
    return newest(hourly) - newest(hourly[:, ::-1])


def _spread(hourly: NDArray[np.float64]) -> NDArray[np.float64]:
    return _highest(hourly) - _lowest(hourly)


def _total(hourly: NDArray[np.float64]) -> NDArray[np.float64]:
    return _mean(hourly) * _count(hourly)


def _count(hourly: NDArray[np.float64]) -> NDArray[np.float64]:
    return (~np.isnan(hourly)).sum(axis=1).astype(np.float64)


def _age(hourly: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(np.isnan(newest(hourly)), np.nan, _hours_since(hourly))


STATISTICS: dict[str, Callable[[NDArray[np.float64]], NDArray[np.float64]]] = {
    "newest": newest,
    "lowest": _lowest,
    "highest": _highest,
    "mean": _mean,
    "change": _change,
    "spread": _spread,
    "total": _total,
    "count": _count,
    "age": _age,
}
"""Each maps hourly values (n, hours), newest last, to (n,)."""
