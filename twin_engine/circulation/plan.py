"""What an option gives from `at` on that acts on the pressure, as one course of norepinephrine equivalents."""

from collections.abc import Sequence
from typing import Final

from twin_engine.circulation.chart import VARIABLE, CirculationChart
from twin_engine.circulation.pressors import PRESSORS
from twin_engine.kernel.schedule import Dose
from twin_engine.options import option
from twin_engine.outcome import CannotPredict
from twin_engine.patient.record import Order
from twin_engine.scenario import Scenario

VALID_H: Final = 1.0


def doses_of(scenario: Scenario, chart: CirculationChart, orders: Sequence[Order]) -> tuple[Dose, ...] | CannotPredict:
    """Pressors from `at` on under these orders (none = what runs goes on), ug of norepinephrine equivalents."""
    given: list[Dose] = []
    for drug in PRESSORS:
        own = [o for o in orders if o.drug == drug]
        if own and chart.weight_kg is None and drug == "vasopressin":
            return CannotPredict(VARIABLE, "the effect of vasopressin depends on weight, and none is charted")
        one = option(drug, own, scenario.record, drug, chart.given[drug], scenario.at, VALID_H)
        if isinstance(one, CannotPredict):
            return CannotPredict(VARIABLE, f"{drug}: {one.reason}")
        given.extend(chart.equivalents(drug, one.doses))
    return tuple(given)
