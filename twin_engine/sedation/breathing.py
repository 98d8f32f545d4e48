"""Who breathes alone, and what an option does to that breathing against how it is when the option begins.

Only the direction and its size are told: the ventilator may take over part of the work, and pain, fever and lungs act, too.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from twin_engine.covariates import hours
from twin_engine.kernel.declare import Array
from twin_engine.kernel.linear import effect_site
from twin_engine.kernel.quantiles import quantiles
from twin_engine.outcome import CannotPredict
from twin_engine.patient.hypnosis import BLOCKERS, paralysed
from twin_engine.patient.quality import freshness
from twin_engine.patient.record import Order
from twin_engine.prediction import Metric, ModelSummary, ParameterSummary
from twin_engine.scenario import Scenario
from twin_engine.sedation.bodies import Bodies
from twin_engine.sedation.chart import HYPNOTICS, OTHER_OPIOIDS, lately
from twin_engine.sedation.drive import (
    C50_OPIOID,
    C50_PROPOFOL,
    GAIN,
    SHARE_AT_REST,
    STEP_MIN,
    Controllers,
    controllers,
    course,
    depressed,
)
from twin_engine.sedation.forecast import Doses
from twin_engine.sedation.surface import OPIOID

DRIVE_ID: Final = "drive_propofol_remifentanil"
DRIVE: Final = "respiratory_drive"
LOWEST, LATER, PACO2 = "ventilation_lowest", "ventilation_60min", "paco2_furthest"
ALONE: Final = frozenset({"psv", "cpap", "niv", "hfnc"})
"""Modes in which every breath is the patient's own."""
CONTROLLED: Final = "the ventilator gives breaths of its own, and they go on unchanged"
AHEAD_MIN: Final = 60.0
STREAM: Final = 7


@dataclass(frozen=True, slots=True)
class Breathing:
    """A patient who breathes alone: the arterial PaCO2 that still holds, mm[Hg] (None = none), the controllers, and the share
    of them with the gain of ventilation at rest under remifentanil (0 = it neither acts nor is ordered)."""

    paco2: float | None
    each: Controllers
    share_at_rest: float


def breathing(scenario: Scenario, orders: Sequence[Order]) -> Breathing | CannotPredict:
    """The breathing of this patient, or why it is not forecast."""
    record, at = scenario.record, scenario.at
    mode = _mode(scenario)
    if mode is None or any(s.variable == "ventilator_mode" for o in orders for s in o.settings):
        return CannotPredict(DRIVE, "no ventilator mode is charted in 12 h: whether the patient breathes alone is not known")
    if mode not in ALONE:
        return CannotPredict(DRIVE, CONTROLLED if mode != "unknown" else "the ventilator mode is not known")
    if paralysed(record, at) or any(o.drug in BLOCKERS and not o.stop for o in orders):
        return CannotPredict(DRIVE, "a neuromuscular blocker may act")
    if record.has_condition("chronic_hypercapnia"):
        return CannotPredict(DRIVE, "chronic hypercapnia: the response to carbon dioxide is not that of the model")
    others = [drug for drug in (*HYPNOTICS, *OTHER_OPIOIDS) if lately(record, drug, at) or any(o.drug == drug for o in orders)]
    if others:
        return CannotPredict(DRIVE, f"{' and '.join(others)} depress breathing, too, and are not in the model")
    gas = next((m for m in reversed(record.of("paco2")) if m.time <= at and m.specimen == "arterial" and m.value), None)
    held = gas is not None and freshness("paco2", -hours(gas.time, at)) != "beyond"
    rng = np.random.default_rng([scenario.seed & 0xFFFFFFFF, scenario.seed >> 32, STREAM])
    half = rng.standard_normal(((scenario.draws + 1) // 2, 4))
    opioid = lately(record, OPIOID, at) or any(o.drug == OPIOID for o in orders)
    at_rest = rng.random(scenario.draws) < (SHARE_AT_REST if opioid else 0.0)
    each = controllers(np.concatenate([half, -half])[: scenario.draws], at_rest)
    return Breathing(gas.value if gas is not None and held else None, each, float(at_rest.mean()))


def _mode(scenario: Scenario) -> str | None:
    charted = [s for s in scenario.record.settings if s.variable == "ventilator_mode" and s.category and s.time]
    rows = [(s.time, s.category) for s in charted if s.time is not None]
    rows += [(m.time, m.category) for m in scenario.record.of("ventilator_mode") if m.category]
    known = [row for row in rows if row[0] <= scenario.at]
    if not known:
        return None
    time, mode = max(known, key=lambda row: row[0])
    return None if freshness("ventilator_mode", -hours(time, scenario.at)) == "beyond" else mode


def metrics(found: Breathing, body: Bodies, doses: Doses, start_h: float) -> dict[str, Metric]:
    """Change of ventilation (%) at its lowest within an hour and after it, and the furthest that PaCO2 goes in that hour, up or
    down (mm[Hg]; % without a gas)."""
    hours_h = start_h + np.arange(0.0, AHEAD_MIN + STEP_MIN / 2.0, STEP_MIN) / 60.0
    parts = [effect_site(c.path, doses.propofol, hours_h, c.state) for c, _ in body.blocks]
    propofol = np.concatenate(parts, axis=1)
    opioid = np.zeros_like(propofol)
    if body.opioid is not None:
        opioid = effect_site(body.opioid.path, doses.opioid, hours_h, body.opioid.state)
    tension, breathed = course(found.each, depressed(found.each, propofol, opioid))
    change = 100.0 * (breathed / breathed[0] - 1.0)
    moved = tension / tension[0] - 1.0
    furthest = np.take_along_axis(moved, np.abs(moved).argmax(axis=0)[None, :], axis=0)[0]
    unit, size = ("%", 100.0) if found.paco2 is None else ("mm[Hg]", found.paco2)
    told = ((LOWEST, "%", change.min(axis=0)), (LATER, "%", change[-1]), (PACO2, unit, size * furthest))
    return {name: _metric(name, own, values) for name, own, values in told}


def _metric(name: str, unit: str, values: Array) -> Metric:
    low, median, high = (float(x) for x in quantiles(values[None, :], (0.05, 0.5, 0.95))[:, 0])
    return Metric(unit, median, low, high, 1.0, 0.0, 0.0, 0.0, (None, None), None, name)


def summary(found: Breathing) -> ModelSummary:
    """The controllers as parameters of the answer; its weight is the share of copies with the gain that was found without
    remifentanil at rest."""
    parameters: dict[str, ParameterSummary] = {}
    rows = (
        ("C50_propofol", "mg/L", C50_PROPOFOL, found.each.propofol),
        ("C50_opioid", "ug/L", C50_OPIOID, found.each.opioid),
        ("gain", "1", GAIN, found.each.gain),
    )
    for name, unit, typical, values in rows:
        low, median, high = (float(x) for x in np.quantile(values, (0.05, 0.5, 0.95)))
        parameters[name] = ParameterSummary(unit, typical, typical, median, low, high)
    weight, ess = 1.0 - found.share_at_rest, float(len(found.each.gain))
    return ModelSummary("", DRIVE, "experimental", weight, 0, ess, parameters, population_estimate=True)
