"""How complete the chart of lungs and ventilator is, and what each old or missing value would be worth if charted now."""

from collections.abc import Iterable, Mapping
from typing import Final

import numpy as np

from twin_engine.completeness import graded, narrowed
from twin_engine.outcome import CannotPredict
from twin_engine.patient.quality import Freshness, freshness, states
from twin_engine.patient.record import DataQuality
from twin_engine.prediction import Completeness
from twin_engine.respiratory.chart import mechanical
from twin_engine.respiratory.lungs import Anchors, Lungs, course, measured
from twin_engine.respiratory.plan import Plan
from twin_engine.scenario import Scenario

PART: Final = "lungs"
IN_FORCE: Final = ("fio2", "peep")
VOLUME: Final = ("tidal_volume_set", "respiratory_rate_set", "plateau_pressure")
GASES: Final = ("pao2", "paco2")
MEASURED: Final = ("spo2", *GASES, "plateau_pressure")
HOURS: Final = np.array([0.0, 1.0])


def completeness(
    scenario: Scenario, lungs: Lungs, known: Anchors, unchanged: Plan, remarks: Iterable[DataQuality]
) -> Completeness:
    """The grade of what the lungs are forecast from, and by what a value charted now would multiply the interval of its own
    forecast in an hour, the ventilator left alone."""
    found = _states(scenario, lungs)
    lost = [name for name in MEASURED if found.get(name, "fresh") != "fresh"]
    worth = _worth(lungs, known, unchanged, lost) if lost else None
    return graded(PART, found, remarks, if_measured=worth)


def of_refused(scenario: Scenario, gap: CannotPredict) -> Completeness | None:
    """The grade where nothing is forecast because a setting is missing or too old; None where it is not for that."""
    found = states(scenario.record, IN_FORCE, scenario.at)
    lost = "PEEP" in gap.reason and found["peep"] in (None, "beyond")
    return graded(PART, found, ()) if lost else None


def _states(scenario: Scenario, lungs: Lungs) -> dict[str, Freshness | None]:
    chart, record, at = lungs.chart, scenario.record, scenario.at
    found = states(record, (*IN_FORCE, "spo2", "hemoglobin"), at)
    for name in GASES:
        # A gas counts if it is arterial, and an oxygen tension if its FiO2 is known.
        usable = [g for g in chart.gases if getattr(g, name) is not None and (name != "pao2" or g.settings.fio2 is not None)]
        found[name] = freshness(name, -usable[-1].hour) if usable else None
    if mechanical(chart) is None and lungs.pressures is not None and not lungs.pressures.by_pressure:
        found |= states(record, VOLUME, at)
    return found


def _worth(lungs: Lungs, known: Anchors, unchanged: Plan, lost: Iterable[str]) -> Mapping[str, float]:
    values = course(lungs, known, unchanged, HOURS)
    charted = measured(values, lungs, known, unchanged, HOURS)
    return {name: narrowed(charted[name][0], values[name][1]) for name in lost if name in values}
