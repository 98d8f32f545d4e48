"""The fullest 24 h of one drug: what was given, what goes on beside the order, and what the order adds."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from itertools import accumulate, chain

import numpy as np

from twin_engine.covariates import hours
from twin_engine.history import into_the_blood
from twin_engine.kernel.declare import Array
from twin_engine.kernel.schedule import Dose
from twin_engine.patient.record import Administration, Order, PatientRecord
from twin_engine.patient.units import UnitError, convert
from twin_engine.patient.variables import DRUGS, NOT_SWALLOWED_FOR_THE_BLOOD

DAY_H = 24.0
LOOK_AHEAD_H = 96.0
ON_TIME_H = 1.0
"""A dose of a schedule is on time within an hour of it (ISMP acute care guidelines for timely administration of scheduled
medications, 2011: drugs given more often than daily): one charted late yesterday is no dose more within the day."""
_INSTANT_H = 1e-6
_ABSURD = 1e15


@dataclass(frozen=True, slots=True)
class Charted:
    """Doses of the last day, the rate of what runs without an end (amount per h), the hour of the last dose, and whether
    a dose of the last day has no amount that can be counted."""

    given: tuple[Dose, ...]
    running_per_h: float
    last_start_h: float | None
    uncounted: bool


@dataclass(frozen=True, slots=True)
class Replaced:
    """Hour from which orders replace what goes into veins, and what goes in otherwise."""

    into_veins: float
    otherwise: float


def charted(drug: str, record: PatientRecord, at: datetime, weight_kg: float | None) -> Charted:
    """What of the drug was given up to `at`, by mouth too where it is absorbed, and what of it was still going in."""
    given: list[Dose] = []
    running, last, uncounted = 0.0, None, False
    for row in record.given(drug):
        start = hours(row.start, at)
        if start > 0 or (not into_the_blood(row.route) and drug in NOT_SWALLOWED_FOR_THE_BLOOD):
            continue
        endless = row.end is None and row.rate is not None
        end = hours(row.end, at) if row.end is not None else 0.0 if endless else start
        early = ON_TIME_H if row.amount is not None else 0.0
        if into_the_blood(row.route):
            last = start if last is None else max(last, start)
        if end - early <= -DAY_H:
            continue
        read = _amount_and_rate(row, drug, weight_kg)
        if read is None:
            uncounted = True
            continue
        amount, rate = read
        given.append(Dose(start - early, max(end - start, 0.0), rate * max(end - start, 0.0) if amount is None else amount))
        running += rate if endless else 0.0
    return Charted(tuple(given), running, last, uncounted)


def going_on(drug: str, record: PatientRecord, at: datetime, past: Charted, replaced: Replaced) -> Iterator[Dose]:
    """Running infusions and doses that are due, up to when an order of the same way replaces them."""
    running = min(LOOK_AHEAD_H, replaced.into_veins)
    if past.running_per_h > 0 and running > 0:
        yield Dose(0.0, running, past.running_per_h * running)
    for order in record.current_orders:
        if order.drug != drug or order.interval_h is None or order.as_needed or order.amount is None:
            continue
        try:
            amount = convert(order.amount, order.unit or "", DRUGS[drug].amount_unit, substance=drug)
        except UnitError:
            continue
        planned = 0.0 if order.start is None else max(hours(order.start, at), 0.0)
        due = planned if past.last_start_h is None else max(past.last_start_h + order.interval_h, 0.0)
        until = min(LOOK_AHEAD_H, replaced.into_veins if into_the_blood(order.route) else replaced.otherwise)
        end = until if order.until is None else min(until, hours(order.until, at))
        while due < end:
            yield Dose(due, order.infusion_h or 0.0, amount)
            due += order.interval_h


Times = tuple[tuple[float, float], ...]
"""Start and duration of each dose of an order, hours."""


@dataclass(frozen=True, slots=True)
class Days:
    """Every 24 h that hold some of what is planned, and end with a dose or a day from now: how many doses of each order are in
    them (days, orders), and what goes in beside (days,). Orders that differ in amount alone have them in common."""

    shares: Array
    beside: Array

    def fullest(self, amounts: Sequence[float]) -> float:
        """Most that goes in within one of them when the doses of the orders have these amounts."""
        return float((self.shares @ _countable(amounts) + self.beside).max(initial=0.0))


@lru_cache(maxsize=64)
def days(planned: tuple[Times, ...], beside: tuple[Dose, ...]) -> Days:
    """The days to look at for orders with doses at these times, with those beside. Another order on the same chart is held
    against the same schedules: the last ones are remembered, by hours from now and amounts alone."""
    groups: dict[tuple[float, float], list[float]] = defaultdict(list)
    for dose in beside:
        groups[dose.duration_h, dose.amount].append(dose.start_h)
    alike = [([(start, length) for start in starts], amount) for (length, amount), starts in groups.items()]
    every = np.array([*chain(*planned), *chain(*(times for times, _ in alike))]).reshape(-1, 2)
    # A window that ends just after a start holds a bolus given then.
    ends = np.concatenate([every.sum(axis=1), every[:, 0], [DAY_H]]) + _INSTANT_H
    shares = np.stack([_doses_within_a_day(times, ends) for times in planned], axis=1)
    others = np.zeros(len(ends))
    for (times, _), amount in zip(alike, _countable([amount for _, amount in alike]), strict=True):
        others += amount * _doses_within_a_day(times, ends)
    some = (shares > 0).any(axis=1)
    return Days(shares[some], others[some])


def _doses_within_a_day(times: Sequence[tuple[float, float]], ends: Array) -> Array:
    """How many of these doses go in within the 24 h to each end; of one under way its share."""
    by_length: dict[float, list[float]] = defaultdict(list)
    for start, length in times:
        by_length[length].append(start)
    until, found = np.concatenate([ends, ends - DAY_H]), np.zeros(2 * len(ends))
    for length, starts in by_length.items():
        found += _doses_up_to(np.array(sorted(starts)), length, until)
    return found[: len(ends)] - found[len(ends) :]


def _doses_up_to(starts: Array, length: float, until: Array) -> Array:
    """How many doses of this length, begun at these hours (ascending), are in by then: whole ones are counted exactly."""
    begun = np.searchsorted(starts, until)
    if length <= 0.0:
        return begun.astype(np.float64)
    over = np.searchsorted(starts + length, until, side="right")
    before = np.array([0.0, *accumulate(starts.tolist())])
    going = begun - over
    under_way = np.maximum((going * until - (before[begun] - before[over])) / length, 0.0)
    return (over + np.minimum(under_way, np.maximum(going, 0))).astype(np.float64)


def _countable(amounts: Sequence[float]) -> Array:
    """An absurd amount is as far beyond every limit when cut here, and cannot overflow the sum."""
    return np.minimum(np.asarray(amounts, dtype=np.float64), _ABSURD)


def _amount_and_rate(row: Administration, drug: str, weight_kg: float | None) -> tuple[float | None, float] | None:
    """(amount, rate) in the drug's units, one of them; None when neither can be known."""
    unit = DRUGS[drug].amount_unit
    try:
        if row.amount is not None:
            return convert(row.amount, row.unit, unit, substance=drug, weight_kg=weight_kg), 0.0
        if row.rate is not None:
            return None, convert(row.rate, row.unit, f"{unit}/h", substance=drug, weight_kg=weight_kg)
    except UnitError:
        return None
    return None


def replaced_from(orders: Sequence[Order], at: datetime) -> Replaced:
    """From when these orders replace what goes on by the same way: single doses add to it, all others replace it."""
    replacing = [o for o in orders if o.stop or o.rate is not None or o.max_rate is not None or o.interval_h is not None]

    def first(*, into_veins: bool) -> float:
        own = (o for o in replacing if into_the_blood(o.route) is into_veins)
        return min((max(hours(o.start, at), 0.0) if o.start else 0.0 for o in own), default=float("inf"))

    return Replaced(first(into_veins=True), first(into_veins=False))
