"""What is infused: the order against what runs, whether it is a fluid, and the flow of the heart beside it."""

from math import isclose
from typing import Final

from cds_cards.case import CardCase
from cds_cards.subject import Subject
from cds_cards.wording import age, amount, number, regimen, shown_rate, unit_text
from twin_engine.blood.intake import is_fluid
from twin_engine.circulation.steps import SAME

OUTPUT_FRESH_H: Final = 1.0


def infuses(subject: Subject) -> bool:
    """Whether a fluid is ordered."""
    return any(is_fluid(order) for order in subject.orders)


def change(subject: Subject) -> str:
    """The order, with the running rate before it where both are in one unit: "0.15→0.25 mcg/kg/min"."""
    ordered = as_ordered(subject)
    if len(subject.orders) != 1 or subject.orders[0].stop:
        return ordered
    order, now = subject.orders[0], running(subject.case, subject.drug)
    if order.rate is None or order.max_rate is not None or now is None or now[1] != order.unit:
        return ordered
    factor, unit = shown_rate(order.drug, order.unit or "")
    return f"{amount(now[0] * factor)}→{amount(order.rate * factor)} {unit_text(unit)}"


def repeats(subject: Subject) -> bool:
    """Whether the one rate that is ordered is the one that runs."""
    if len(subject.orders) != 1 or subject.orders[0].rate is None or subject.orders[0].max_rate is not None:
        return False
    order, now = subject.orders[0], running(subject.case, subject.drug)
    return not order.stop and now is not None and now[1] == order.unit and isclose(now[0], order.rate or 0.0, rel_tol=SAME)


def as_ordered(subject: Subject) -> str:
    """The order; of a fluid with the time that it takes, on which its effect rests."""
    return regimen(subject.orders, short=not infuses(subject))


def running(case: CardCase, drug: str) -> tuple[float, str] | None:
    """The rate at which a drug runs and its unit; None when nothing runs or not all of it is charted in one unit."""
    if case.prediction is None:
        return None
    at = case.prediction.at
    now = [a for a in case.record.given(drug) if a.rate is not None and a.start <= at and (a.end is None or a.end > at)]
    units = {a.unit for a in now}
    return (sum(a.rate or 0.0 for a in now), units.pop()) if len(units) == 1 else None


def flow(case: CardCase) -> str:
    """Cardiac output if it was measured lately: a pressure says nothing of flow."""
    at = None if case.prediction is None else case.prediction.at
    latest = None if at is None else case.record.latest("cardiac_output", at)
    if at is None or latest is None or latest.value is None:
        return "CO not measured"
    hours = (at - latest.time).total_seconds() / 3600.0
    return f"CO {number(latest.value)} L/min, {age(hours)} old" if hours <= OUTPUT_FRESH_H else "CO not measured"
