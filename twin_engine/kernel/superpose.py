"""Linear kinetics by superposition: the answer to unit doses that several schedules give in different amounts is stepped
through once and scaled for each; what one schedule alone gives is stepped through with what was in the body before.

For a dose that begins at 0 and lasts T the central concentration in mode m is
    steady (1 - e^(-l t))  while it runs,   steady (1 - e^(-l T)) e^(-l (t - T))  afterwards,   steady = rate unit / l,
and a dose repeated every tau for ever starts its interval with steady (1 - e^(-l T)) e^(-l (tau - T)) / (1 - e^(-l tau))
left of the doses before it (Gibaldi & Perrier, Pharmacokinetics, 2nd ed., chapters 2 and 3).
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import pairwise

import numpy as np

from twin_engine.kernel.declare import Array, Index
from twin_engine.kernel.linear import State
from twin_engine.kernel.mammillary import Modes
from twin_engine.kernel.schedule import Dose, as_slice, distinct_pairs

_TICK_H = 1e-9
_LONGEST_STEP_H = 8.0


def superposed(
    modal: Modes, schedules: Sequence[Sequence[Dose]], times_h: Sequence[Array], start: State | None = None
) -> list[Array]:
    """Concentrations of each schedule at its own ascending times, (times, draws) each; what is in the body at `start` comes
    on top.

    Parameters are constant. A dose does not act on the instant at which it begins.
    """
    distinct = {times.tobytes(): times for times in times_h}
    split = [(_trains(schedule), times.tobytes()) for schedule, times in zip(schedules, times_h, strict=True)]
    uses = Counter((train, at) for trains, at in split for train in trains)
    units = [unit for unit, schedules_with_it in uses.items() if schedules_with_it > 1]
    alone = [
        (tuple((*dose, amount) for train, amount in trains.items() if uses[train, at] == 1 for dose in train), at)
        for trains, at in split
    ]
    nothing = np.zeros_like(modal.rate)
    held, origin = (nothing, None) if start is None else (modal.amplitude(start.central, start.peripheral), start.hour)
    own = list(dict.fromkeys(alone))
    walks = [_walk([(*dose, 1.0) for dose in train], distinct[at], nothing) for train, at in units]
    walks += [_walk(doses, distinct[at], held, origin) for doses, at in own]
    courses = _courses(modal, walks)
    unit, rest = dict(zip(units, courses, strict=False)), dict(zip(own, courses[len(units) :], strict=True))
    return [
        reduce(np.add, (amount * unit[train, at] for train, amount in trains.items() if (train, at) in unit), rest[doses, at])
        for (trains, at), (doses, _) in zip(split, alone, strict=True)
    ]


def settled(modal: Modes, amount: float, interval_h: float, infusion_h: float, times_h: Array) -> Array:
    """Concentrations (times, draws) at hours after a dose start, 0 < time <= interval, once the same dose has been given
    every interval for ever. An infusion that outlasts its interval is one without an end."""
    if infusion_h >= interval_h:
        level = amount / interval_h * (modal.unit / modal.rate).sum(axis=0)
        return np.broadcast_to(level, (len(times_h), len(level))).copy()
    first = modal.unit if infusion_h == 0 else modal.unit / modal.rate * -np.expm1(-modal.rate * infusion_h) / infusion_h
    left = np.exp(-modal.rate * (interval_h - infusion_h)) * first / -np.expm1(-modal.rate * interval_h)
    order = np.argsort(times_h)
    found = np.empty((len(times_h), modal.rate.shape[-1]))
    found[order] = _courses(modal, [_walk([(0.0, infusion_h, 1.0)], times_h[order], left, 0.0)])[0]
    return amount * found


def window_areas(
    modal: Modes, clearance: Array, start: State, schedules: Sequence[Sequence[Dose]], window_h: tuple[float, float]
) -> Array:
    """Exact area under the concentration over one window for many schedules, (schedules, draws), without a grid: what goes in
    and is not left has been cleared, CL AUC = given - change of the amount in the body.

    Parameters are constant; doses as they reach the blood.
    """
    begin, end = window_h
    initial = modal.amplitude(start.central, start.peripheral) * modal.body()
    before, after = (np.exp(-(hour - start.hour) * modal.rate) * initial for hour in window_h)
    owner = np.repeat(np.arange(len(schedules)), [len(schedule) for schedule in schedules])
    doses = np.array([(d.start_h, d.duration_h, d.amount) for schedule in schedules for d in schedule]).reshape(-1, 3).T
    held = _held(modal, owner, doses, end, len(schedules)) - _held(modal, owner, doses, begin, len(schedules))
    given = np.bincount(owner, _given(doses, end) - _given(doses, begin), len(schedules))
    return (given[:, None] - (after - before).sum(axis=0) - held) / clearance


def _given(doses: Array, hour: float) -> Array:
    """Amount of each dose (start, duration, amount) that has gone in by an hour."""
    start, length, amount = doses
    begun = start < hour
    return amount * np.clip(np.divide(hour - start, length, out=begun.astype(np.float64), where=length > 0.0), 0.0, 1.0)


def _held(modal: Modes, owner: Index, doses: Array, hour: float, schedules: int) -> Array:
    """What of each schedule is in the body at one hour, (schedules, draws), as one matrix product: what is left of a dose
    depends on how long ago it began and how long it lasts."""
    begun = doses[0] < hour
    start, length, amount = (row[begun] for row in doses)
    since = np.asarray(np.round(hour - start, 9), dtype=np.float64)
    length, since, which = distinct_pairs(length, since)
    amounts = np.bincount(owner[begun] * len(since) + which, amount, schedules * len(since))
    fading = np.exp(-np.maximum(since - length, 0.0)[:, None, None] * modal.rate) * modal.body()
    lasting = length > 0.0
    risen = -np.expm1(-np.minimum(since, length)[lasting, None, None] * modal.rate)
    unit = np.broadcast_to(modal.unit, fading.shape).copy()
    unit[lasting] = risen * (modal.unit / modal.rate) / length[lasting, None, None]
    return amounts.reshape(schedules, -1) @ (unit * fading).sum(axis=1)


_Train = tuple[tuple[float, float], ...]
"""Starts and durations of doses of one amount."""


def _trains(schedule: Sequence[Dose]) -> dict[_Train, float]:
    """The doses of each amount, and that amount: schedules that differ in amount alone share the trains."""
    found: dict[float, list[tuple[float, float]]] = {}
    for dose in schedule:
        found.setdefault(dose.amount, []).append((dose.start_h, dose.duration_h))
    amounts: dict[_Train, float] = {}
    for amount, doses in found.items():
        amounts[tuple(doses)] = amounts.get(tuple(doses), 0.0) + amount
    return amounts


@dataclass(frozen=True, slots=True)
class _Step:
    """From one instant to the next: the rate meanwhile, what is given at once when it begins, and the first observation in it
    and after it."""

    begin_h: float
    length_h: float
    rate: float
    bolus: float
    first: int
    end: int


@dataclass(frozen=True, slots=True)
class _Walk:
    """Doses along their times, from amplitudes (modes, draws) at the first step."""

    times: Array
    steps: tuple[_Step, ...]
    amplitude: Array


def _walk(doses: Sequence[tuple[float, float, float]], times: Array, amplitude: Array, origin_h: float | None = None) -> _Walk:
    """The steps of doses (start, duration, amount). Long ones are cut, so that the same few spans serve all of them."""
    last = float(times[-1]) if len(times) else 0.0
    origin = [] if origin_h is None else [origin_h]
    edges = sorted({*origin, *(h for begin, length, _ in doses for h in (begin, begin + length))})
    instants: list[float] = []
    for edge, after in pairwise([*(h for h in edges if h < last), last]):
        instants.extend(np.arange(edge, after - _TICK_H, _LONGEST_STEP_H).tolist())
    instants = instants or origin
    rows = np.searchsorted(times, np.array(instants) + _TICK_H).tolist()
    steps = tuple(
        _Step(
            begin,
            end - begin,
            sum(amount / length for start, length, amount in doses if length > 0.0 and start <= begin < start + length),
            sum(amount for start, length, amount in doses if length == 0.0 and start == begin),
            first,
            after,
        )
        for (begin, end), (first, after) in zip(pairwise([*instants, last]), pairwise([*rows, len(times)]), strict=True)
    )
    return _Walk(times, steps, amplitude)


def _courses(modal: Modes, walks: Sequence[_Walk]) -> list[Array]:
    """Concentrations of each walk, (times, draws); what fades over the same span does so together."""
    looked = [w.times[s.first : s.end] - s.begin_h for w in walks for s in w.steps]
    whole = np.array([s.length_h for w in walks for s in w.steps], dtype=np.float64)
    spans = np.asarray(np.round(np.concatenate([whole, *looked]), 9), dtype=np.float64)
    distinct, place = np.unique(spans, return_inverse=True)
    left = np.exp(-distinct[:, None] * modal.rate[:, None])
    steady = modal.unit / modal.rate
    step_at, seen_at = 0, len(whole)
    found: list[Array] = []
    for walk in walks:
        curve = np.empty((len(walk.times), modal.rate.shape[-1]))
        amplitude = walk.amplitude
        curve[: walk.steps[0].first if walk.steps else None] = amplitude.sum(axis=0)
        for step in walk.steps:
            if step.bolus:
                amplitude = amplitude + step.bolus * modal.unit
            level = step.rate * steady
            gap = amplitude - level if step.rate else amplitude
            if step.first < step.end:
                rows = as_slice(place[seen_at : seen_at + step.end - step.first])
                here = np.einsum("mtd,md->td", left[:, rows], gap, out=curve[step.first : step.end])
                if step.rate:
                    here += level.sum(axis=0)
            amplitude = gap * left[:, place[step_at]]
            if step.rate:
                amplitude += level
            step_at, seen_at = step_at + 1, seen_at + step.end - step.first
        found.append(curve)
    return found
