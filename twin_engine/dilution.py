"""Haemoglobin under fluids and red cells: the balance of mass and volume in every copy, the usual decline, what a laboratory
would show, and what that does to the oxygen carried.

Decline: 0.52 (SD 0.69) g/dL a day in 91 patients in intensive care who did not bleed (Nguyen BV et al. Crit Care Med
2003;31:406-10). Between two values of one patient 4 to 28 h apart lie -1.9 to +1.9 g/dL in nine of ten, at any distance
(PhysioNet/CinC Challenge 2019, doi:10.13026/v64v-d857, 43,000 pairs, transfused ones among them; SD 0.8 by the median
deviation): Student's t of 4 degrees of freedom and scale 0.78, wider for an older sample. What crystalloid leaves in the blood
varies by a log-SD of 0.3, an assumption. Experimental: nothing is suggested.
"""

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import numpy as np
from scipy.special import ndtr, ndtri, stdtrit

from twin_engine.blood.balance import STAYS, Vessels, hemoglobin, usual
from twin_engine.blood.hemoglobin import VARIABLE, measured
from twin_engine.blood.intake import NOT_ISOTONIC, Intake, given, is_fluid, isotonic, ordered, running
from twin_engine.blood.loss import is_unknown, lost_ml, too_much
from twin_engine.covariates import hours
from twin_engine.covariates.support import running as supported
from twin_engine.keep import Keep
from twin_engine.kernel.declare import Array
from twin_engine.kernel.quantiles import quantiles
from twin_engine.outcome import CannotPredict
from twin_engine.patient.derived import age_years
from twin_engine.patient.fluids import FLUIDS
from twin_engine.patient.oximetry import DYSHEMOGLOBINS, deceived
from twin_engine.patient.record import DataQuality, Order, PatientRecord
from twin_engine.patient.variables import SUPPORT_IN_WORDS
from twin_engine.prediction import Answer, Bands, Forecast, Metric, ModelSummary, ParameterSummary, Reported
from twin_engine.safety.check import check
from twin_engine.scenario import NO_CHANGE, Scenario, grid
from twin_engine.site import Site

ID: Final = "hemoglobin_dilution"
VALID_H: Final = 24.0
UNIT: Final = "g/dL"
CONTENT: Final = "oxygen_content"
AFTER_H: Final = (1.0, 6.0)
DESCRIBED: Final = (3.0, 20.0)
ADULT_YEARS: Final = 18.0
PRESSURE_LASTS_H, SATURATION_LASTS_H = 12.0, 1.0
DECLINE_PER_H, DECLINE_SD_PER_H = 0.52 / 24.0, 0.69 / 24.0
READ_FREEDOM, READ_SCALE = 4.0, 0.78
SAMPLE_FRESH_H: Final = 24.0
CRYSTALLOID_LOG_SD: Final = 0.3
OXIMETER_SD: Final = 1.78
"""%, as estimated for lungs on open charts (`respiratory.population`)."""
BOUND_ML_PER_G: Final = 1.34


@dataclass(frozen=True, slots=True)
class Chart:
    """Haemoglobin (g/dL) and its hour (<= 0), what was given, blood lost since (mL), the copies, and what was assumed."""

    sampled: float
    sample_h: float
    past: tuple[Intake, ...]
    lost_ml: float
    vessels: Vessels
    decline: Array
    error: Array
    saturation: Array | None
    remarks: tuple[DataQuality, ...]


def takes(order: Order) -> bool:
    """Whether the order changes the volume of blood."""
    return is_fluid(order)


def reads(drug: str) -> frozenset[str]:
    """Charted variables that the forecast of a fluid reads here."""
    return (
        frozenset({VARIABLE, "weight", "height", "map", "spo2", *DYSHEMOGLOBINS, "blood_loss"})
        if drug in FLUIDS
        else frozenset()
    )


def answer(scenario: Scenario, drafted: Mapping[str, tuple[Order, ...]], site: Site, keep: Keep) -> list[Answer]:
    """Haemoglobin for 24 h under every option where a fluid is ordered or the model is named."""
    named = scenario.models is not None and ID in scenario.models
    if not named and (scenario.models is not None or not any(takes(o) for own in drafted.values() for o in own)):
        return []
    chart = keep(ID, lambda: read(scenario))
    if isinstance(chart, CannotPredict):
        return [Answer({}, (), {}, (chart,), ())]
    until = min(scenario.asked_h, VALID_H)
    options: dict[str, tuple[Intake, ...]] = {}
    for label, orders in {**drafted, NO_CHANGE: ()}.items():
        own = [(o, ordered(o, scenario.at, max(until, AFTER_H[-1]))) for o in orders if takes(o)]
        unread = next((o for o, found in own if found is None), None)
        if unread is not None:
            return [Answer({}, (), {}, (_unread(unread),), chart.remarks)]
        watery = next((o for o, _ in own if not o.stop and not isotonic(o)), None)
        if watery is not None:
            return [Answer({}, (), {}, (CannotPredict(VARIABLE, f"{watery.drug}: {NOT_ISOTONIC}"),), chart.remarks)]
        going_on = running(scenario.record, scenario.at, max(until, AFTER_H[-1]), orders)
        options[label] = (*chart.past, *going_on, *(found for _, found in own if found is not None))
    unplaced = _unplaced(chart, options)
    if unplaced is not None:
        return [Answer({}, (), {}, (unplaced,), chart.remarks)]
    assumed = dict.fromkeys(one.assumed for own in options.values() for one in own if one.assumed)
    told = (*chart.remarks, *(DataQuality(VARIABLE, "assumed", words) for words in assumed))
    return [Answer({ID: _summary(chart)}, _forecasts(scenario, chart, drafted, options, site), {}, (), told)]


def read(scenario: Scenario) -> Chart | CannotPredict:
    """The chart of the blood, or why there is no forecast."""
    record, at = scenario.record, scenario.at
    refused = _refused(record, scenario)
    found, volume = measured(record, at), usual(record, at)
    if refused is not None or record.birth_date is None:
        return CannotPredict(VARIABLE, refused or "the age is not known")
    if found is None:
        return CannotPredict(VARIABLE, "no haemoglobin is charted in 7 days")
    if not DESCRIBED[0] <= found[0] <= DESCRIBED[1]:
        return CannotPredict(VARIABLE, f"a haemoglobin of {found[0]:g} g/dL is outside {DESCRIBED[0]:g} to {DESCRIBED[1]:g}")
    if volume is None:
        return CannotPredict(VARIABLE, "blood volume depends on weight, and none is charted")
    if is_unknown(record, at, -found[1]):
        return CannotPredict(VARIABLE, "blood was lost since the haemoglobin, and how much is not known")
    lost = lost_ml(record, at, -found[1])
    bled = too_much(record, at, lost)
    if bled is not None:
        return CannotPredict(VARIABLE, f"{bled}, since the haemoglobin: what of it is refilled is not known")
    past = given(record, at, -found[1])
    if isinstance(past, CannotPredict):
        return past
    pressure = record.latest("map", at)
    recent = pressure is not None and -hours(pressure.time, at) <= PRESSURE_LASTS_H
    z = _evenly(scenario.draws, scenario.seed)
    vessels = Vessels(
        volume.median_ml * np.exp(volume.log_sd * z[:, 0]),
        STAYS[0] + (STAYS[1] - STAYS[0]) * ndtr(z[:, 1]),
        z[:, 2],
        np.exp(CRYSTALLOID_LOG_SD * z[:, 3]),
        ndtr(_evenly(scenario.draws, scenario.seed + 1, 1)[:, 0]),
        float("nan") if pressure is None or not recent else pressure.value or float("nan"),
        age_years(record.birth_date, at),
    )
    read_error = READ_SCALE * np.sqrt(max(found[1], SAMPLE_FRESH_H) / SAMPLE_FRESH_H) * stdtrit(READ_FREEDOM, ndtr(z[:, 5]))
    decline = DECLINE_PER_H + DECLINE_SD_PER_H * z[:, 4]
    saturation = _saturation(record, scenario, z[:, 6])
    told = tuple(_remarks(found[1], lost, volume.by_weight))
    return Chart(found[0], -found[1], past, lost, vessels, decline, read_error, saturation, told)


def _refused(record: PatientRecord, scenario: Scenario) -> str | None:
    if record.birth_date is not None and age_years(record.birth_date, scenario.at) < ADULT_YEARS:
        return "the model is for adults"
    support = supported(record, ("ecmo", "mechanical_circulatory_support"), scenario.at)
    if support is not None:
        return f"{SUPPORT_IN_WORDS[support]} adds blood and fluid that are not charted"
    return "pregnancy is outside the population of the model" if record.has_condition("pregnancy") else None


def _saturation(record: PatientRecord, scenario: Scenario, z: Array) -> Array | None:
    found = record.latest("spo2", scenario.at)
    if deceived(record, scenario.at) or found is None or found.value is None:
        return None
    if -hours(found.time, scenario.at) > SATURATION_LASTS_H:
        return None
    return np.clip(found.value + OXIMETER_SD * z, 0.0, 100.0) / 100.0


def _remarks(age_h: float, lost_ml: float, unknown_height: bool) -> list[DataQuality]:
    told: list[DataQuality] = []
    if age_h > SAMPLE_FRESH_H:
        told.append(DataQuality(VARIABLE, "stale", f"the haemoglobin is {age_h:.0f} h old: wider", age_h))
    if lost_ml:
        words = f"{lost_ml:.0f} mL of blood loss since the haemoglobin: none to all of it counts as refilled, none is to follow"
        told.append(DataQuality(VARIABLE, "incomplete_dose_history", words))
    if unknown_height:
        told.append(DataQuality("height", "missing", "blood volume by weight alone, 70 mL/kg: wider"))
    return told


def _unread(order: Order) -> CannotPredict:
    return CannotPredict(VARIABLE, f"the volume or the time of the ordered {order.drug or 'fluid'} cannot be read")


def _unplaced(chart: Chart, options: Mapping[str, Sequence[Intake]]) -> CannotPredict | None:
    if not np.isnan(chart.vessels.pressure) or all(one.kind != "crystalloid" for own in options.values() for one in own):
        return None
    return CannotPredict(VARIABLE, "what stays of a crystalloid depends on the arterial pressure, and none is charted in 12 h")


def _evenly(draws: int, seed: int, columns: int = 7) -> Array:
    """Standard normal deviates (copies, columns), even in every column, in pairs of opposite sign."""
    rng, half = np.random.default_rng([seed & 0xFFFFFFFF, seed >> 32, zlib.crc32(b"dilution")]), (draws + 1) // 2
    place = rng.permuted(np.tile(np.arange(half), (columns, 1)), axis=1).T
    z = ndtri((place + 0.5 + half) / (2 * half)) * rng.choice((-1.0, 1.0), size=place.shape)
    return np.asarray(np.concatenate([z, -z])[:draws])


def _courses(chart: Chart, options: Mapping[str, Sequence[Intake]], hours_h: Array) -> dict[str, Array]:
    """Haemoglobin of every copy by option, g/dL (hours, copies)."""
    fallen = np.outer(hours_h - chart.sample_h, chart.decline)
    return {
        label: np.maximum(hemoglobin(chart.sampled, chart.sample_h, own, chart.lost_ml, chart.vessels, hours_h) - fallen, 0.5)
        for label, own in options.items()
    }


def _forecasts(
    scenario: Scenario,
    chart: Chart,
    drafted: Mapping[str, tuple[Order, ...]],
    options: Mapping[str, Sequence[Intake]],
    site: Site,
) -> tuple[Forecast, ...]:
    times = grid(min(scenario.asked_h, VALID_H))
    asked = [t for t in scenario.report_times if 0.0 <= hours(t, scenario.at) <= VALID_H + 1e-9]
    every = [np.array([hours(t, scenario.at) for t in asked]), np.array(AFTER_H)]
    rows, judged = (_courses(chart, options, own) for own in every)
    curves = _courses(chart, options, np.asarray(times)) if scenario.draws_effects else {}
    stamps = tuple(scenario.at + timedelta(hours=float(h)) for h in times)
    return tuple(
        Forecast(
            label=label,
            orders=drafted.get(label, ()),
            times=stamps,
            variables={VARIABLE: _bands(curves[label])} if label in curves else {},
            metrics=_metrics(chart, judged, label),
            report=tuple(Reported(t, VARIABLE, *_row(rows[label][i], chart.error)) for i, t in enumerate(asked)),
            safety=check(drafted.get(label, ()), scenario.record, scenario.at, site.limits),
            ends={VARIABLE: stamps[-1]} if scenario.foretells(label) else {},
        )
        for label in options
    )


def _bands(values: Array) -> Bands:
    return Bands(UNIT, *(tuple(row.tolist()) for row in quantiles(values, (0.05, 0.25, 0.5, 0.75, 0.95))))


def _metrics(chart: Chart, judged: Mapping[str, Array], label: str) -> dict[str, Metric]:
    found: dict[str, Metric] = {}
    for i, after in enumerate(AFTER_H):
        own, still = judged[label][i], judged[NO_CHANGE][i]
        found[f"{VARIABLE}_{after:g}h"] = _metric(own, UNIT, f"{VARIABLE}_{after:g}h")
        if label != NO_CHANGE:
            found[f"{VARIABLE}_effect_{after:g}h"] = _metric(own - still, UNIT, f"{VARIABLE}_effect_{after:g}h")
            if chart.saturation is not None:
                carried = BOUND_ML_PER_G * chart.saturation * (own - still)
                found[f"{CONTENT}_effect_{after:g}h"] = _metric(carried, "mL/dL", f"{CONTENT}_effect_{after:g}h")
    return found


def _metric(values: Array, unit: str, name: str) -> Metric:
    low, median, high = (float(x) for x in quantiles(values[None, :], (0.05, 0.5, 0.95))[:, 0])
    return Metric(unit, median, low, high, 1.0, 0.0, 0.0, 0.0, (None, None), None, name)


def _row(values: Array, error: Array) -> tuple[float, float, float, float, float, float]:
    low, median, high = (float(x) for x in quantiles(values[None, :], (0.05, 0.5, 0.95))[:, 0])
    lowest, highest = (float(x) for x in quantiles((values + error)[None, :], (0.05, 0.95))[:, 0])
    return median, median, low, high, lowest, highest


def _summary(chart: Chart) -> ModelSummary:
    low, median, high = (float(x) for x in quantiles(chart.vessels.volume[None, :], (0.05, 0.5, 0.95))[:, 0])
    volume = ParameterSummary("mL", median, median, median, low, high)
    draws = float(len(chart.vessels.volume))
    return ModelSummary("", VARIABLE, "experimental", 1.0, 1, draws, {"blood_volume": volume}, population_estimate=False)
