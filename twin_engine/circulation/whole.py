"""How complete the chart of the circulation is, and what a pressure charted now would be worth."""

from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np

from twin_engine.circulation.chart import VARIABLE, CirculationChart
from twin_engine.circulation.forecast import Copies, load_at
from twin_engine.circulation.pressors import equivalent
from twin_engine.circulation.tone import if_charted_now
from twin_engine.completeness import graded
from twin_engine.kernel.schedule import Dose
from twin_engine.outcome import CannotPredict
from twin_engine.patient.quality import Freshness, charted_freshness, freshness
from twin_engine.patient.record import DataQuality
from twin_engine.prediction import Completeness
from twin_engine.scenario import Scenario

PART: Final = "circulation"
AHEAD_H: Final = 0.25
"""The forecast whose interval is compared: a quarter of an hour from now."""


def completeness(
    scenario: Scenario, chart: CirculationChart, made: Copies, going_on: Sequence[Dose], remarks: Iterable[DataQuality]
) -> Completeness:
    """The grade of the pressure that is forecast, and of the weight where pressors are given by it; `going_on` = what is given
    from now on if nothing changes."""
    found: dict[str, Freshness | None] = {VARIABLE: freshness(VARIABLE, chart.age_h)}
    if any(past.given and equivalent(drug, None) is None for drug, past in chart.given.items()):
        found["weight"] = charted_freshness(scenario.record, "weight", scenario.at)
    worth = {}
    if found[VARIABLE] != "fresh":
        load = load_at(chart, going_on, np.array([0.0, AHEAD_H]))
        worth = {VARIABLE: if_charted_now(made.state, AHEAD_H, load, made.cuff, made.tone)}
    return graded(PART, found, remarks, if_measured=worth)


def of_refused(scenario: Scenario, gap: CannotPredict) -> Completeness | None:
    """The grade where nothing is forecast because the pressure is missing or too old; None where it is not for that."""
    state = charted_freshness(scenario.record, VARIABLE, scenario.at)
    lost = gap.variable == VARIABLE and state in (None, "beyond")
    return graded(PART, {VARIABLE: state}, ()) if lost else None
