"""What each option puts into the patient from `at` on: running infusions, scheduled doses and the option's own orders.

rate, repeat and stop orders replace what is running of the same drug from their start; once orders add. Orders of one
option never replace each other. An intermittent dose already hanging is finished whatever is ordered.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from twin_engine.covariates import hours
from twin_engine.history import History, assumed_infusion_h
from twin_engine.kernel.schedule import Dose
from twin_engine.outcome import CannotPredict
from twin_engine.patient.record import Order, PatientRecord
from twin_engine.patient.units import UnitError, convert
from twin_engine.patient.variables import DRUGS


@dataclass(frozen=True, slots=True)
class Option:
    """One option for one drug: future doses (hours from `at`), its start, and what it gives per day once settled
    (0 = nothing regular). `assumed` = an infusion time was not stated."""

    label: str
    orders: tuple[Order, ...]
    doses: tuple[Dose, ...]
    start_h: float
    daily_amount: float
    once_only: bool
    assumed: bool


def option(
    label: str, orders: Sequence[Order], record: PatientRecord, drug: str, past: History, at: datetime, until_h: float
) -> Option | CannotPredict:
    """The schedule of one option up to `until_h`, or why it cannot be simulated."""
    own: list[Dose] = []
    daily, assumed, replaced_from = 0.0, False, float("inf")
    begins = [max(hours(o.start, at), 0.0) if o.start else 0.0 for o in orders]
    for order, start in zip(orders, begins, strict=True):
        if not order.stop:
            doses = _expand(order, drug, record, at, start, until_h)
            if isinstance(doses, CannotPredict):
                return doses
            own.extend(doses[0])
            daily += doses[1]
            assumed = assumed or doses[2]
        if order.stop or order.rate is not None or order.interval_h is not None:
            replaced_from = min(replaced_from, start)
    scheduled = _scheduled(record, drug, past, at, until_h, replaced_from)
    if isinstance(scheduled, CannotPredict):
        return scheduled
    running = [Dose(0.0, min(until_h, replaced_from), past.running_rate * min(until_h, replaced_from))]
    background = [d for d in running if d.duration_h > 0 and d.amount > 0] + list(past.coming) + scheduled[0]
    if replaced_from == float("inf"):
        daily += scheduled[1] + past.running_rate * 24.0
    once_only = bool(orders) and all(o.interval_h is None and o.rate is None and not o.stop for o in orders)
    return Option(label, tuple(orders), tuple(background + own), min(begins, default=0.0), daily, once_only, assumed)


def _expand(
    order: Order, drug: str, record: PatientRecord, at: datetime, start: float, until_h: float
) -> tuple[list[Dose], float, bool] | CannotPredict:
    """Doses of one order, its regular amount per day, and whether its infusion time was assumed."""
    unit = DRUGS[drug].amount_unit
    latest = record.latest("weight", at)
    weight = order.dosing_weight_kg or (None if latest is None else latest.value)
    stop = until_h if order.until is None else min(until_h, max(hours(order.until, at), start))
    try:
        if order.rate is not None and order.unit:
            rate = convert(order.rate, order.unit, f"{unit}/h", substance=drug, weight_kg=weight)
            return [Dose(start, stop - start, rate * (stop - start))] if stop > start else [], rate * 24.0, False
        if order.amount is None or not order.unit:
            return CannotPredict(drug, "the order states no dose that can be read")
        amount = convert(order.amount, order.unit, unit, substance=drug, weight_kg=weight)
    except UnitError as error:
        return CannotPredict(drug, f"the order's unit cannot be used: {error}")
    length = assumed_infusion_h(drug, amount) if order.infusion_h is None else order.infusion_h
    guessed = order.infusion_h is None
    if order.interval_h is None:
        return [Dose(start, length, amount)], 0.0, guessed
    doses: list[Dose] = []
    hour, left = start, order.count
    while hour < stop and (left is None or left > 0):
        doses.append(Dose(hour, length, amount))
        hour += order.interval_h
        left = None if left is None else left - 1
    return doses, amount * 24.0 / order.interval_h, guessed


def _scheduled(
    record: PatientRecord, drug: str, past: History, at: datetime, until_h: float, replaced_from: float
) -> tuple[list[Dose], float] | CannotPredict:
    """Doses of active repeat orders that go on until replaced: the next is due one interval after the last given."""
    doses: list[Dose] = []
    daily = 0.0
    for order in record.current_orders:
        if order.drug != drug or order.interval_h is None or order.as_needed or order.amount is None:
            continue
        last = past.last_start_h
        due = (
            max(last + order.interval_h, 0.0) if last is not None else max(hours(order.start, at), 0.0) if order.start else 0.0
        )
        found = _expand(order, drug, record, at, due, until_h)
        if isinstance(found, CannotPredict):
            return found
        doses.extend(d for d in found[0] if d.start_h < replaced_from)
        daily += found[1]
    return doses, daily
