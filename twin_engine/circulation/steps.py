"""Rates of pressors that a pump is really set to, and the options that they make of an order."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from twin_engine.patient.record import Order
from twin_engine.patient.units import UnitError, convert

_CATECHOLAMINE: Final = (
    0.01, 0.02, 0.03, 0.04, 0.05, 0.06, 0.08, 0.1, 0.12, 0.15, 0.18, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.6, 0.8, 1.0,
)  # fmt: skip

STEPS: Mapping[str, tuple[str, tuple[float, ...]]] = {
    "norepinephrine": ("ug/kg/min", _CATECHOLAMINE),
    "epinephrine": ("ug/kg/min", _CATECHOLAMINE),
    "phenylephrine": ("ug/kg/min", (0.1, 0.2, 0.3, 0.4, 0.5, 0.75, 1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0)),
    "dopamine": ("ug/kg/min", (2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0, 12.0, 15.0, 18.0, 20.0)),
    "vasopressin": ("U/min", (0.01, 0.02, 0.03, 0.04)),
}
"""Unit and rates by drug: steps of titration as in the open charts; a choice of this project, for sites to override."""

NEIGHBOURS: Final = 3
SAME: Final = 0.02


def neighbours(order: Order, weight_kg: float | None) -> tuple[Order, ...]:
    """The next steps below and above an ordered rate, in the unit of the order; none for other kinds of order."""
    if (
        order.drug is None
        or order.drug not in STEPS
        or not order.rate
        or order.unit is None
        or order.max_rate is not None
        or order.as_needed
    ):
        return ()
    unit, rates = STEPS[order.drug]
    weight = order.dosing_weight_kg or weight_kg
    try:
        ordered = convert(order.rate, order.unit, unit, substance=order.drug, weight_kg=weight)
        back = convert(1.0, unit, order.unit, substance=order.drug, weight_kg=weight)
    except UnitError:
        return ()
    return tuple(replace(order, rate=rate * back, label=f"{order.drug} {rate:g} {unit}") for rate in _near(ordered, rates))


def _near(ordered: float, rates: Sequence[float]) -> list[float]:
    below = [r for r in rates if r < ordered * (1.0 - SAME)]
    above = [r for r in rates if r > ordered * (1.0 + SAME)]
    return [*below[-NEIGHBOURS:], *above[:NEIGHBOURS]]
