"""A schedule: what goes into the patient over time, as boluses and constant-rate inputs in hours relative to `at`."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from twin_engine.kernel.declare import Array


@dataclass(frozen=True, slots=True)
class Dose:
    """An amount given evenly over `duration_h` from `start_h`; a duration of 0 is a bolus."""

    start_h: float
    duration_h: float
    amount: float

    @property
    def end_h(self) -> float:
        """Hour at which the last of it has gone in."""
        return self.start_h + self.duration_h

    @property
    def rate(self) -> float:
        """Amount per hour (0 for a bolus)."""
        return self.amount / self.duration_h if self.duration_h > 0 else 0.0

    def until(self, end_h: float) -> "Dose | None":
        """The part given before `end_h`, or None when nothing is."""
        if self.start_h >= end_h:
            return None
        if self.end_h <= end_h:
            return self
        return Dose(self.start_h, end_h - self.start_h, self.rate * (end_h - self.start_h))

    def after(self, begin_h: float) -> "Dose | None":
        """The part given from `begin_h` on, or None when nothing is left (a bolus at `begin_h` is left)."""
        if self.start_h >= begin_h:
            return self
        if self.end_h <= begin_h:
            return None
        return Dose(begin_h, self.end_h - begin_h, self.rate * (self.end_h - begin_h))


@dataclass(frozen=True, slots=True)
class Timeline:
    """Event-to-event steps of one schedule: `step_h[i]` hours at `rate[i]` in parameter regime `regime[i]`, begun by
    `bolus[i]`; `observed[j]` is the number of steps done before observation j (in the caller's order)."""

    origin_h: float
    step_h: Array
    rate: Array
    bolus: Array
    regime: tuple[int, ...]
    observed: tuple[int, ...]
    kinds: Array
    kind: tuple[int, ...]
    """Distinct step lengths (kinds) and which one each step has: exponentials are taken once per kind."""


_TICK_H = 1e-9


def timeline(doses: Iterable[Dose], observations_h: Array, regime_starts_h: Array, origin_h: float | None = None) -> Timeline:
    """Merge doses, parameter changes and observation times into steps.

    A dose at the very instant of an observation does not act on it (a bolus at t is seen after t). The origin is the
    first dose or observation unless given; doses before the origin are an error of the caller.
    """
    given = tuple(doses)
    first = [d.start_h for d in given] + ([float(observations_h.min())] if len(observations_h) else [])
    origin = min(first, default=0.0) if origin_h is None else origin_h
    last = float(observations_h.max()) if len(observations_h) else max((d.end_h for d in given), default=origin)
    marks = [origin, last, *(d.start_h for d in given), *(d.end_h for d in given), *regime_starts_h.tolist()]
    times = _merged(np.concatenate([np.array(marks), observations_h]), origin, last)
    step_h = np.diff(times)
    flow = np.zeros(len(times))
    bolus = np.zeros(len(times))
    if given:
        table = np.array([(d.start_h, d.end_h, d.rate, d.amount) for d in given])
        begins, ends = (np.searchsorted(times, table[:, k] - _TICK_H).clip(max=len(times) - 1) for k in (0, 1))
        instant = table[:, 0] == table[:, 1]
        # An infusion is a rate that comes on at its start and goes off at its end.
        np.add.at(flow, begins[~instant], table[~instant, 2])
        np.add.at(flow, ends[~instant], -table[~instant, 2])
        np.add.at(bolus, begins[instant], table[instant, 3])
    rate = np.where(np.abs(running := np.cumsum(flow)[:-1]) > _TICK_H * (1.0 + np.abs(flow).max()), running, 0.0)
    bolus = bolus[:-1]
    regime = np.clip(np.searchsorted(regime_starts_h, times[:-1] + _TICK_H, side="right") - 1, 0, None)
    observed = np.searchsorted(times, observations_h - _TICK_H)
    kinds, kind = np.unique(np.round(step_h, 9), return_inverse=True)
    return Timeline(origin, step_h, rate, bolus, tuple(regime.tolist()), tuple(observed.tolist()), kinds, tuple(kind.tolist()))


def _merged(times: Array, origin: float, last: float) -> Array:
    kept = np.unique(times[(times >= origin) & (times <= last)])
    if len(kept) < 2:
        return kept
    distinct = np.concatenate([[True], np.diff(kept) > _TICK_H])
    return kept[distinct]
