"""The other regimens of the same kind that could be given instead of a drafted order."""

from dataclasses import replace
from math import floor, log10

from twin_engine.patient.record import Order
from twin_engine.patient.variables import DRUGS, Drug
from twin_engine.proposals.catalogue import Catalogue

DAY_H = 24.0
SAME_RATE = 0.01
"""Rates that differ by no more than three digits can tell are one."""


def candidates(order: Order, known: Catalogue | None) -> tuple[Order, ...]:
    """Deliverable alternatives to one order, the order itself left out; none when the drug has no catalogue, the order is
    as needed or a range, or its kind is not in the catalogue."""
    ranged = order.as_needed or order.max_amount is not None or order.max_rate is not None
    if known is None or order.stop or ranged or order.unit is None:
        return ()
    if order.rate is not None:
        found = [_continuous(order, daily, DRUGS[known.drug]) for daily in known.daily]
    elif order.amount is None:
        return ()
    elif order.interval_h is None:
        found = [_dosed(order, amount, None, known.infusion_h(amount)) for amount in known.loads]
    else:
        found = [
            _dosed(order, amount, every, over)
            for amount in known.doses
            for every in _intervals_h(known, order.interval_h)
            for over in known.infusion_times_h(amount, every)
        ]
    return tuple(o for o in found if not _same(o, order, infusion_matters=bool(known.infusions_h)))


def regimen(order: Order) -> str:
    """The order in words: amount, interval and infusion time."""
    if order.stop:
        return "stop"
    if order.rate is not None:
        return f"{order.rate:,.4g} {order.unit or ''} continuously"
    if order.amount is None:
        return "no dose stated"
    return _words(order.amount, order.unit, order.interval_h, order.infusion_h)


def _words(amount: float, unit: str | None, interval_h: float | None, infusion_h: float | None) -> str:
    words = f"{amount:,.0f} {unit}" if amount >= 10 else f"{amount:g} {unit}"
    words += " once" if interval_h is None else f" every {interval_h:g} h"
    return words if infusion_h is None else f"{words} over {infusion_h:g} h"


def _intervals_h(known: Catalogue, ordered_h: float) -> tuple[float, ...]:
    """Intervals to choose from. Exposure over a day cannot tell a dose every other day from half of it every day, and
    nobody who ordered several doses a day means the former."""
    return tuple(h for h in known.intervals_h if h <= DAY_H or ordered_h >= DAY_H)


def _continuous(order: Order, daily: float, drug: Drug) -> Order:
    changed = replace(order, rate=_deliverable(daily / 24.0), unit=drug.rate_unit, amount=None)
    return replace(changed, label=f"{drug.name} {daily:,.0f} {drug.amount_unit} per 24 h continuously")


def _deliverable(rate: float) -> float:
    """Three digits, as a pump is set, and never more than asked for: 666 for 666.67 mg/h."""
    step = 10.0 ** (floor(log10(rate)) - 2)
    return round(floor(rate / step * (1.0 + 1e-9)) * step, 6)


def _dosed(order: Order, amount: float, interval_h: float | None, infusion_h: float) -> Order:
    unit = DRUGS[order.drug or ""].amount_unit
    label = f"{order.drug} {_words(amount, unit, interval_h, infusion_h)}"
    return replace(order, label=label, amount=amount, unit=unit, interval_h=interval_h, infusion_h=infusion_h)


def _same(one: Order, other: Order, *, infusion_matters: bool) -> bool:
    if one.rate is not None and other.rate is not None:
        return one.unit == other.unit and abs(one.rate - other.rate) <= SAME_RATE * other.rate
    if one.amount != other.amount or one.interval_h != other.interval_h:
        return False
    return not infusion_matters or other.infusion_h is None or one.infusion_h == other.infusion_h
