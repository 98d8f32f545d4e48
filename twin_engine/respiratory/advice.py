"""When another setting may be suggested: on what data, in which direction, and how a copy is judged.

A suggestion keeps to published bounds (see `bounds`); the forecast only says how likely they are kept. It needs every value
fresh that it rests on. PEEP is never advised on oxygenation alone, nor is a breath, whose carbon dioxide shifts the
saturation: what such a change gains in oxygen is not counted, what it costs is. FiO2 is lowered only with a fresh saturation
above the range (> 96 %) that has stood there for 30 minutes, only where the saturation is unlikely to fall below it, and never
by more than 0.10 from the FiO2 in force; beside a draft that cuts it by more nothing is offered. The rate is raised only where
expiration stays the longer part of the cycle and a measured total PEEP shows hardly any trapped gas (under 2 cm[H2O], a choice
of this project), never in chronic hypercapnia. With raised intracranial pressure no option may make hypercapnia likelier than
the order does. Another inspiratory pressure is not offered where carbon dioxide is not forecast, which in pressure control it
is not.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from twin_engine.covariates import hours
from twin_engine.kernel.declare import Array
from twin_engine.patient.quality import freshness
from twin_engine.patient.record import PatientRecord
from twin_engine.patient.variables import PRESSURE_MODES
from twin_engine.respiratory.bounds import Bound, bounds
from twin_engine.respiratory.chart import LungChart, mechanical
from twin_engine.respiratory.envelope import within
from twin_engine.respiratory.lungs import TRAPPED
from twin_engine.respiratory.settings import VentilatorSettings

MOST_LOWERED: Final = 0.10
STABLE_H, LOOKED_AT_H = 0.5, 1.5
UNLIKELY: Final = 0.05
_SETTINGS: Final = ("fio2", "peep", "tidal_volume_set", "respiratory_rate_set", "inspiratory_pressure")
_IN_WORDS: Final = {"fio2": "FiO2", "peep": "PEEP", "tidal_volume_set": "volume", "respiratory_rate_set": "rate"}

AIMS: Final[Mapping[str, tuple[str, ...]]] = {
    "pressures": ("plateau_pressure", "driving_pressure"),
    "gas": ("paco2", "ph"),
    "oxygen": ("spo2", "pao2"),
}
"""What is aimed at, with the variables that show it."""


@dataclass(frozen=True, slots=True)
class Judged:
    """Of each copy under one option and one aim: 1 within its bounds, -1 harmed, 0 between; and whether the medians aim."""

    utility: Array
    harmed: NDArray[np.bool_]
    aims: bool


def judged(values: Mapping[str, Array], limits: Sequence[Bound], draws: int, *, protective: bool) -> dict[str, Judged]:
    """One option by aim; `values` by variable, (copies,). A variable that is not forecast is not judged, nor the oxygen
    tension beside a saturation. `protective`: the volume is at most 8 mL per kg of predicted weight."""
    left = values.keys() - ({"pao2"} if "spo2" in values else set[str]())
    found: dict[str, Judged] = {}
    for name, variables in AIMS.items():
        inside, harmed = np.full(draws, protective or name != "pressures"), np.zeros(draws, dtype=bool)
        aims = bool(inside.all())
        for bound in limits:
            if bound.variable not in variables or bound.variable not in left:
                continue
            own = values[bound.variable]
            low, high = (-np.inf if bound.low is None else bound.low), (np.inf if bound.high is None else bound.high)
            inside &= (low <= own) & (own <= high)
            # Oxygen comes down in steps: one of them need not reach the range, only stay above its lower end.
            aims &= low <= float(np.median(own)) <= (np.inf if name == "oxygen" else high)
            harmed |= own > (np.inf if bound.harm_above is None else bound.harm_above)
            harmed |= own < (-np.inf if bound.harm_below is None else bound.harm_below)
        found[name] = Judged(inside.astype(np.float64) - harmed, harmed, aims)
    return found


def without_gain_of_oxygen(own: Mapping[str, Judged], ordered: Mapping[str, Judged]) -> dict[str, Judged]:
    """One option under another PEEP than the order, or another breath than the one in force: what it gains in oxygen is not
    counted, what it costs is."""
    one, other = own["oxygen"], ordered["oxygen"]
    capped = Judged(np.minimum(one.utility, other.utility), one.harmed | other.harmed, aims=True)
    return {**own, "oxygen": capped}


def withheld(chart: LungChart, record: PatientRecord, ordered: VentilatorSettings) -> str | None:
    """Why nothing is suggested beside this order, in words; None = a suggestion may be made."""
    if _cut(ordered, chart.now):
        return f"the order lowers FiO2 by more than {MOST_LOWERED:.2f} at once"
    if chart.inferred:
        return "the mode is inferred"
    if chart.triggering:
        return "the patient breathes above the set rate"
    if any(remark.status == "conflicting" for remark in chart.remarks):
        return "blood gas and oximeter contradict each other"
    refused = mechanical(chart)
    if refused is not None:
        return refused.reason
    at = chart.at
    for name in _SETTINGS:
        times = [s.time for s in record.settings if s.variable == name and s.value is not None and s.time and s.time <= at]
        if times and freshness(name, -hours(max(times), at)) != "fresh":
            return f"{_IN_WORDS.get(name, name.replace('_', ' '))} is charted over 4 h ago"
    if chart.now.mode not in PRESSURE_MODES and (
        not chart.plateau or freshness("plateau_pressure", -chart.plateau[-1].hour) != "fresh"
    ):
        return "no plateau of the last 4 h"
    gas = chart.latest_gas("pao2")
    if gas is None or gas.paco2 is None or gas.ph is None or freshness("pao2", -gas.hour) != "fresh":
        return "no complete arterial gas of the last 2 h"
    if chart.hemoglobin_age_h is None or freshness("hemoglobin", chart.hemoglobin_age_h) != "fresh":
        return "no haemoglobin of the last 24 h"
    if not chart.saturations or freshness("spo2", -chart.saturations[-1].hour) != "fresh":
        return "no SpO2 of the last 15 min"
    return None


@dataclass(frozen=True, slots=True)
class Tried:
    """A step, or the order that it varies: its settings, and what the copies make of it by variable, (copies,)."""

    settings: VentilatorSettings
    values: Mapping[str, Array]


def allowed(varied: str, order: Tried, step: Tried, chart: LungChart, record: PatientRecord) -> bool:
    """Whether the step may be shown and suggested: its direction, the tables of PEEP and FiO2, oxygen, rate, carbon dioxide."""
    limits = {bound.variable: bound for bound in bounds(record, chart.at)}
    offered = step.settings
    if varied in {"peep", "fio2"} and _lowers(varied, order, step, chart) and not within(offered.fio2, offered.peep):
        return False
    if varied == "inspiratory_pressure" and "paco2" not in step.values:
        # A lower pressure is a smaller breath: what it does to carbon dioxide is half of what there is to weigh.
        return False
    if varied == "fio2" and _lowers(varied, order, step, chart):
        reached, low, high = step.values.get("spo2"), limits["spo2"].low or 0.0, limits["spo2"].high or 100.0
        if reached is None or float((reached < low).mean()) >= UNLIKELY or not _stands_above(chart, high):
            return False
    return not _cut(offered, chart.now) and _may_breathe(offered, chart, record) and _spares_brain(varied, order, step, limits)


def _lowers(varied: str, order: Tried, step: Tried, chart: LungChart) -> bool:
    """Whether a step of FiO2 lowers it against the order or what is in force; a step of PEEP counts both ways."""
    return varied == "peep" or (step.settings.fio2 or 0.0) < max(order.settings.fio2 or 0.0, chart.now.fio2 or 0.0)


def _cut(settings: VentilatorSettings, now: VentilatorSettings) -> bool:
    """Whether FiO2 would fall further than may be offered at once."""
    return settings.fio2 is not None and now.fio2 is not None and settings.fio2 < now.fio2 - MOST_LOWERED - 1e-6


def _may_breathe(offered: VentilatorSettings, chart: LungChart, record: PatientRecord) -> bool:
    """Whether there is time to breathe out, where the rate is raised from the one in force."""
    rate, before = offered.respiratory_rate_set, chart.now.respiratory_rate_set
    if rate is None or (before is not None and rate <= before):
        return True
    inspiration, total = offered.inspiration_s, chart.total_peep
    if record.has_condition("chronic_hypercapnia") or inspiration is None or inspiration > 30.0 / rate:
        return False
    return total is not None and total.settings.peep is not None and total.value - total.settings.peep < TRAPPED


def _spares_brain(varied: str, order: Tried, step: Tried, limits: Mapping[str, Bound]) -> bool:
    """Whether hypercapnia is no likelier than under the order, where carbon dioxide is bounded. Where it is not forecast only
    steps that leave the breath alone may be taken."""
    high = limits["paco2"].high
    if high is None:
        return True
    one, other = step.values.get("paco2"), order.values.get("paco2")
    if one is None or other is None:
        return varied in {"peep", "fio2"}
    return float((one > high).mean()) <= float((other > high).mean())


def _stands_above(chart: LungChart, level: float) -> bool:
    """Whether every saturation of the last half hour, and the one before it, is above the level."""
    recent = [r for r in chart.saturations if r.hour >= -LOOKED_AT_H]
    earlier = [r for r in recent if r.hour <= -STABLE_H]
    if not earlier or not recent:
        return False
    looked_at = [r for r in recent if r.hour >= earlier[-1].hour]
    return freshness("spo2", -recent[-1].hour) == "fresh" and all(r.value > level for r in looked_at)
