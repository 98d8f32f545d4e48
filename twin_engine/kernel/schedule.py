"""A schedule: what goes into the patient over time, as boluses and constant-rate inputs in hours relative to `at`."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeVar

import numpy as np

from twin_engine.kernel.declare import Array, Index

AnyNumber = TypeVar("AnyNumber", Array, Index)


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
    """One schedule as steps from event to event, and where its observations lie.

    Step i takes the span `span[i]` under the parameters of `regimes[regime[i]]`, begins with `bolus[i]`, and goes towards the
    level `level[i]` (-1 = nothing runs). Spans are distinct pairs of a regime (its place in `regimes`) and
    a time, levels distinct pairs of a regime and a rate, so that each is worked out once. `seen[i]` lists what is observed
    during step i as (observations in the caller's order, their spans from the start of the step); `at_origin` lists
    observations that precede everything. `marked` = steps that begin with a bolus or new parameters or are observed.
    """

    regimes: Index
    span_regime: Index
    span_h: Array
    level_regime: Index
    level_rate: Array
    span: Sequence[int]
    level: Sequence[int]
    bolus: Sequence[float]
    regime: Sequence[int]
    seen: Mapping[int, tuple[Index | slice, Index | slice]]
    at_origin: Index
    marked: frozenset[int]
    observations: int


_TICK_H = 1e-9


def timeline(doses: Iterable[Dose], observations_h: Array, regime_starts_h: Array, origin_h: float | None = None) -> Timeline:
    """Merge doses, parameter changes and observation times into steps.

    A dose at the very instant of an observation does not act on it (a bolus at t is seen after t). The origin is the
    first dose or observation unless given; doses before the origin are an error of the caller.
    """
    table = np.array([(d.start_h, d.start_h + d.duration_h, d.duration_h, d.amount) for d in doses], dtype=np.float64)
    table = table.reshape(-1, 4)
    if origin_h is None:
        firsts = [float(column.min()) for column in (table[:, 0], observations_h) if len(column)]
        origin_h = min(firsts, default=0.0)
    latest = observations_h if len(observations_h) else table[:, 1]
    last = float(latest.max(initial=origin_h))
    times = _merged(np.concatenate([table[:, 0], table[:, 1], regime_starts_h]), origin_h, last)
    rate, bolus = _flows(table, times)
    regimes, regime = _in_force(times[:-1] if len(times) > 1 else times, regime_starts_h)
    within = np.searchsorted(times, observations_h - _TICK_H) - 1
    during = np.flatnonzero(within >= 0)
    during = during[np.argsort(within[during], kind="stable")]
    place = within[during]
    steps = times[1:] - times[:-1]
    length = np.round(np.concatenate([steps, observations_h[during] - times[place]]), 9)
    owner = np.concatenate([regime[: len(steps)], regime[place]])
    span_regime, span_h, span = distinct_pairs(owner, length)
    looked, span, regime = span[len(steps) :], span[: len(steps)], regime[: len(steps)]
    ends = [*(np.flatnonzero(place[1:] != place[:-1]) + 1).tolist(), len(place)] if len(place) else []
    seen = {int(place[i]): (as_slice(during[i:j]), as_slice(looked[i:j])) for i, j in pairwise([0, *ends])}
    changed = bolus > 0.0
    changed[1:] |= regime[1:] != regime[:-1]
    running = np.flatnonzero(rate)
    level = np.full(len(steps), -1)
    level_regime, level_rate, level[running] = distinct_pairs(regime[running], rate[running])
    return Timeline(
        regimes=regimes,
        span_regime=span_regime,
        span_h=span_h,
        level_regime=level_regime,
        level_rate=level_rate,
        span=span.tolist(),
        level=level.tolist(),
        bolus=bolus.tolist(),
        regime=regime.tolist(),
        seen=seen,
        at_origin=np.flatnonzero(within < 0),
        marked=frozenset([*np.flatnonzero(changed).tolist(), *seen]),
        observations=len(observations_h),
    )


def _in_force(times: Array, starts_h: Array) -> tuple[Index, Index]:
    """Regimes in force from `times` on, and the place of each time's regime among them."""
    if len(starts_h) == 1:
        return np.zeros(1, dtype=np.intp), np.zeros(len(times), dtype=np.intp)
    regime = np.maximum(np.searchsorted(starts_h, times + _TICK_H, side="right") - 1, 0)
    first = np.ones(len(regime), dtype=bool)
    first[1:] = regime[1:] != regime[:-1]
    return regime[first], np.cumsum(first) - 1


def distinct_pairs(number: AnyNumber, value: Array) -> tuple[AnyNumber, Array, Index]:
    """Distinct pairs of a number and a value, in order, and which one each is."""
    order = np.lexsort((value, number))
    one, other = number[order], value[order]
    new = np.ones(len(order), dtype=bool)
    new[1:] = (one[1:] != one[:-1]) | (other[1:] != other[:-1])
    which = np.empty(len(order), dtype=np.intp)
    which[order] = np.cumsum(new) - 1
    return one[new], other[new], which


def as_slice(index: Index) -> Index | slice:
    """Consecutive indices as a slice, which needs no copy."""
    first, last = int(index[0]), int(index[-1])
    if len(index) == 1:
        return slice(first, first + 1)
    return slice(first, last + 1) if last - first == len(index) - 1 and bool((index[1:] > index[:-1]).all()) else index


def _flows(table: Array, times: Array) -> tuple[Array, Array]:
    """Rate during and bolus at the start of each step between `times`; rows of `table`: start, end, duration, amount."""
    begin, end, duration, amount = (table[:, i] for i in range(4))
    last = len(times) - 1
    begins = np.minimum(np.searchsorted(times, begin - _TICK_H), last)
    ends = np.minimum(np.searchsorted(times, end - _TICK_H), last)
    lasting = duration > 0.0
    per_h = np.divide(amount, duration, out=np.zeros_like(amount), where=lasting)
    # An infusion is a rate that comes on at its start and goes off at its end.
    size = len(times)
    flow = np.bincount(begins, per_h, size).astype(np.float64) - np.bincount(ends, per_h, size)
    running = np.cumsum(flow)[:-1]
    bolus = np.bincount(begins, np.where(lasting, 0.0, amount), size)[:-1].astype(np.float64)
    running[np.abs(running) <= _TICK_H * (1.0 + np.abs(flow).max(initial=0.0))] = 0.0
    return running, bolus


def _merged(times: Array, origin: float, last: float) -> Array:
    """Distinct instants from the origin to the last."""
    kept = np.sort(times[(times > origin + _TICK_H) & (times < last - _TICK_H)])
    ends = [origin, last] if last > origin + _TICK_H else [origin]
    if not len(kept):
        return np.array(ends)
    apart = np.ones(len(kept), dtype=bool)
    apart[1:] = kept[1:] - kept[:-1] > _TICK_H
    return np.concatenate([ends[:1], kept[apart], ends[1:]])
