"""What each option puts into the patient from `at` on: running infusions, scheduled doses and the option's own orders.

rate, repeat and stop orders replace what is running of the same drug from their start; once orders add. Orders of one
option never replace each other. An intermittent dose already hanging is finished whatever is ordered.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import inf

from twin_engine.covariates import hours
from twin_engine.history import History, into_the_blood
from twin_engine.kernel.schedule import Dose
from twin_engine.outcome import CannotPredict
from twin_engine.patient.record import Order, PatientRecord
from twin_engine.patient.units import UnitError, convert
from twin_engine.patient.variables import DRUGS

LASTING_H = 48.0
"""An order that ends sooner has no steady state worth a number: as far as a drug model is believed ahead."""


@dataclass(frozen=True, slots=True)
class Regimen:
    """A dose given every `interval_h` for as long as the option lasts; `offset_h` = its first start after the option's."""

    amount: float
    interval_h: float
    infusion_h: float
    offset_h: float = 0.0


@dataclass(frozen=True, slots=True)
class Option:
    """One option for one drug: what it gives itself and what goes on beside it (hours from `at`), its start, and what it
    comes to once settled: regimens and a constant rate per hour. `passing` = its orders end within two days; `assumed` = an
    infusion time was not stated."""

    label: str
    orders: tuple[Order, ...]
    own: tuple[Dose, ...]
    background: tuple[Dose, ...]
    start_h: float
    regular: tuple[Regimen, ...]
    rate_per_h: float
    passing: bool
    assumed: bool

    @property
    def doses(self) -> tuple[Dose, ...]:
        """Everything that goes in from `at` on."""
        return self.background + self.own

    @property
    def daily_amount(self) -> float:
        """Amount per day once settled; 0 = nothing regular."""
        return 24.0 * (self.rate_per_h + sum(r.amount / r.interval_h for r in self.regular))

    @property
    def settles(self) -> bool:
        """Whether it comes to a steady state: something regular, not replaced by a repeated or running order that soon ends."""
        replaced = self.passing and any(o.interval_h is not None or o.rate is not None for o in self.orders)
        return self.daily_amount > 0 and not replaced


@dataclass(frozen=True, slots=True)
class _Expanded:
    """One order over time: doses, the regimen or rate it comes to, whether its infusion time was assumed."""

    doses: tuple[Dose, ...]
    regimen: Regimen | None = None
    rate_per_h: float = 0.0
    assumed: bool = False


def option(
    label: str, orders: Sequence[Order], record: PatientRecord, drug: str, past: History, at: datetime, until_h: float
) -> Option | CannotPredict:
    """The schedule of one option up to `until_h`, or why it cannot be simulated."""
    return scheduler(record, drug, past, at, until_h)(label, orders)


def scheduler(
    record: PatientRecord, drug: str, past: History, at: datetime, until_h: float
) -> Callable[[str, Sequence[Order]], Option | CannotPredict]:
    """`option` for many options of one chart."""
    latest = record.latest("weight", at)
    plan = _Plan(drug, at, until_h, None if latest is None else latest.value)
    scheduled = _scheduled(record, past, plan)
    return lambda label, orders: _option(label, orders, past, plan, scheduled)


@dataclass(frozen=True, slots=True)
class _Plan:
    """What every order is expanded with: drug, instant, hours to plan for, charted weight."""

    drug: str
    at: datetime
    until_h: float
    weight_kg: float | None


def _option(
    label: str,
    orders: Sequence[Order],
    past: History,
    plan: _Plan,
    scheduled: Sequence[_Expanded] | CannotPredict,
) -> Option | CannotPredict:
    begins = [max(hours(o.start, plan.at), 0.0) if o.start else 0.0 for o in orders]
    begin = min(begins, default=0.0)
    own: list[_Expanded] = []
    replaced_from = float("inf")
    for order, start in zip(orders, begins, strict=True):
        if not order.stop:
            found = _expand(order, plan, start)
            if isinstance(found, CannotPredict):
                return found
            own.append(found)
        if order.stop or order.rate is not None or order.interval_h is not None:
            replaced_from = min(replaced_from, start)
    if isinstance(scheduled, CannotPredict):
        return scheduled
    running_h = min(plan.until_h, replaced_from)
    running = [Dose(0.0, running_h, past.running_rate * running_h)] if running_h > 0 and past.running_rate > 0 else []
    going_on = [d for s in scheduled for d in s.doses if d.start_h < replaced_from]
    passes = [_passes(order, plan.at, start) for order, start in zip(orders, begins, strict=True) if not order.stop]
    passing = bool(own) and all(passes) and len(own) == len(orders)
    regular = own if passing else [e for e, ends in zip(own, passes, strict=True) if not ends]
    lasting = regular if replaced_from < float("inf") else [*regular, *scheduled, _Expanded((), rate_per_h=past.running_rate)]
    return Option(
        label=label,
        orders=tuple(orders),
        own=tuple(d for e in own for d in e.doses),
        background=(*running, *past.coming, *going_on),
        start_h=begin,
        regular=tuple(_from(e.regimen, begin) for e in lasting if e.regimen),
        rate_per_h=sum(e.rate_per_h for e in lasting),
        passing=passing,
        assumed=any(e.assumed for e in own),
    )


def _passes(order: Order, at: datetime, start_h: float) -> bool:
    """Whether it ends within two days of its start: a single dose, a few counted ones, or an end that is stated."""
    if order.interval_h is None and order.rate is None:
        return True
    counted = inf if order.count is None or order.interval_h is None else order.count * order.interval_h
    stated = inf if order.until is None else hours(order.until, at) - start_h
    return min(counted, stated) < LASTING_H


def _from(regimen: Regimen, begin_h: float) -> Regimen:
    return Regimen(regimen.amount, regimen.interval_h, regimen.infusion_h, regimen.offset_h - begin_h)


def _expand(order: Order, plan: _Plan, start: float) -> _Expanded | CannotPredict:
    drug, unit = plan.drug, DRUGS[plan.drug].amount_unit
    if not into_the_blood(order.route):
        return CannotPredict(drug, "an order that is not intravenous: what is absorbed of it, and when, is not modelled")
    weight = order.dosing_weight_kg or plan.weight_kg
    stop = plan.until_h if order.until is None else min(plan.until_h, max(hours(order.until, plan.at), start))
    try:
        if order.rate is not None and order.unit:
            rate = convert(order.rate, order.unit, f"{unit}/h", substance=drug, weight_kg=weight)
            given = (Dose(start, stop - start, rate * (stop - start)),) if stop > start else ()
            return _Expanded(given, rate_per_h=rate)
        if order.amount is None or not order.unit:
            return CannotPredict(drug, "the order states no dose that can be read")
        amount = convert(order.amount, order.unit, unit, substance=drug, weight_kg=weight)
    except UnitError as error:
        return CannotPredict(drug, f"the order's unit cannot be used: {error}")
    guessed = order.infusion_h is None
    length = DRUGS[drug].assumed_infusion_h(amount) if order.infusion_h is None else order.infusion_h
    if order.interval_h is None:
        return _Expanded((Dose(start, length, amount),), assumed=guessed)
    if length > order.interval_h:
        return CannotPredict(drug, "each infusion of the order outlasts its interval: one that goes on is written as a rate")
    doses: list[Dose] = []
    hour, left = start, order.count
    while hour < stop and (left is None or left > 0):
        doses.append(Dose(hour, length, amount))
        hour += order.interval_h
        left = None if left is None else left - 1
    return _Expanded(tuple(doses), Regimen(amount, order.interval_h, length, start), assumed=guessed)


def _scheduled(record: PatientRecord, past: History, plan: _Plan) -> list[_Expanded] | CannotPredict:
    """Active repeat orders that go on until replaced: the next dose is due one interval after the last given."""
    going_on: list[_Expanded] = []
    for order in record.current_orders:
        if order.drug != plan.drug or order.interval_h is None or order.as_needed or order.amount is None:
            continue
        planned = max(hours(order.start, plan.at), 0.0) if order.start else 0.0
        due = planned if past.last_start_h is None else max(past.last_start_h + order.interval_h, 0.0)
        found = _expand(order, plan, due)
        if isinstance(found, CannotPredict):
            return found
        going_on.append(found)
    return going_on
