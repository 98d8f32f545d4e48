"""The kidneys behind a series of creatinine values: mass balance, filtered.

    V dS/dt = G - GFR S;   S = creatinine, V = body water, G = creatinine made
    A = G / GFR, the creatinine at which this GFR would settle;  ln A wanders about ln L, the patient's own level

(Chen S. J Am Soc Nephrol 2013;24:877-88, whose kinetic GFR is the solution of this balance between two values; Waikar SS,
Bonventre JV. J Am Soc Nephrol 2009;20:672-9.) `creatinine_filter` follows (ln S, ln A, ln L) and how restless the patient is.

G is the numerator of Cockcroft-Gault, so that at rest GFR is Cockcroft-Gault; a measured clearance, where charted, sets G.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from twin_engine.covariates.creatinine_filter import LIVELINESS, Liveliness, State, filtered, smoothed
from twin_engine.covariates.steps import hours
from twin_engine.covariates.support import RENAL_REPLACEMENT, SUPPORT_LINGERS, running
from twin_engine.kernel.declare import Array
from twin_engine.patient.derived import age_years, cockcroft_gault
from twin_engine.patient.quality import freshness
from twin_engine.patient.record import Measurement, PatientRecord

GENERATION_SD = 0.40
"""Of ln G when Cockcroft-Gault gives it: the difference from a clearance measured over 24 h had an SD of 46-54 mL/min at a
mean of 108 (measured) and 129 mL/min (calculated) in 237 ventilated patients (doi:10.1155/2021/5520653)."""

MEASURED_CLEARANCE_SD = 0.15
"""Of ln G when a clearance was measured: a judgement (errors of collection)."""

WATER_L_PER_KG = {"male": 0.6, "female": 0.5}
"""Body water (Adrogue HJ, Madias NE. N Engl J Med 2000;342:1581-9)."""

LOOKED_AT = timedelta(days=14)
ML_PER_MIN_TO_L_PER_H = 0.06


@dataclass(frozen=True, slots=True)
class Kidneys:
    """What the creatinine series says. `hours_h`, `settled` (mg/dL): the smoothed course at each measurement, relative to `at`;
    `state`: the filter after the last one (one chart); generation G, mg/dL x mL/min, with the SD of its logarithm; `turnover`
    G / V in mg/dL per h; `collected`: whether G comes from a measured clearance; `tenths`: whether the chart prints tenths of
    mg/dL."""

    hours_h: Array
    settled: Array
    state: State
    generation: float
    generation_sd: float
    turnover: float
    collected: bool
    tenths: bool

    @property
    def gfr(self) -> Array:
        """GFR at each measurement, mL/min."""
        return self.generation / self.settled

    def as_printed(self, creatinine: Array) -> Array:
        """Creatinine, mg/dL, with as many digits as the chart gives it."""
        return np.round(creatinine, 1) if self.tenths else creatinine


@dataclass(frozen=True, slots=True)
class Series:
    """The creatinine of a chart that shows the kidneys, newest last, and the adult it is of."""

    record: PatientRecord
    at: datetime
    rows: tuple[Measurement, ...]
    years: float
    weight_kg: float


def kidneys(record: PatientRecord, at: datetime) -> Kidneys | str:
    """The kidneys of this patient, or in words why creatinine does not show them."""
    found = series(record, at)
    return found if isinstance(found, str) else balanced(found)


def series(record: PatientRecord, at: datetime) -> Series | str:
    """The creatinine to filter, or in words why it does not show the kidneys."""
    rows = tuple(m for m in record.of("creatinine") if m.value and m.comparator is None and at - LOOKED_AT <= m.time <= at)
    if not rows:
        return "no creatinine is charted"
    age_h = -hours(rows[-1].time, at)
    if freshness("creatinine", age_h) == "beyond":
        return f"creatinine is {age_h:.0f} h old, too old to be used"
    if running(record, RENAL_REPLACEMENT, at, SUPPORT_LINGERS):
        return "creatinine does not show the kidneys during and after renal replacement"
    weight = record.latest("weight", at)
    if record.birth_date is None or record.sex == "unknown" or weight is None or not weight.value:
        return "the creatinine balance needs age, sex and weight"
    years = age_years(record.birth_date, at)
    if years < 18.0:
        return f"age {years:.0f} years: the creatinine balance is about adults"
    return Series(record, at, rows, years, weight.value)


def balanced(seen: Series, numbers: Liveliness = LIVELINESS) -> Kidneys:
    """The kidneys behind a series."""
    record, at, woman = seen.record, seen.at, seen.record.sex == "female"
    made = float(np.asarray(cockcroft_gault(seen.years, seen.weight_kg, 1.0, woman)))
    turnover = float(turnovers(np.array([seen.years]), np.array([woman]))[0])
    times = np.array([hours(m.time, at) for m in seen.rows])
    logs = np.log([m.value or 1.0 for m in seen.rows])
    course = filtered(times[None], logs[None], np.array([turnover]), np.array([woman]), numbers)
    settled = np.exp(smoothed(course)[:, 0, 1])
    tenths = len(logs) > 1 and bool(np.all(np.abs(np.exp(logs) * 10.0 - np.round(np.exp(logs) * 10.0)) < 1e-6))
    collected = record.latest("creatinine_clearance", at)
    if collected is None or not collected.value or freshness("creatinine_clearance", -hours(collected.time, at)) == "beyond":
        return Kidneys(times, settled, course.last, made, GENERATION_SD, turnover, collected=False, tenths=tenths)
    then = float(np.interp(hours(collected.time, at), times, settled))
    shown = collected.value * then
    return Kidneys(
        times, settled, course.last, shown, MEASURED_CLEARANCE_SD, turnover * shown / made, collected=True, tenths=tenths
    )


def turnovers(years: Array, female: Array) -> Array:
    """G / V, mg/dL per h, by age and sex: the weight in Cockcroft-Gault and in body water cancels."""
    men, women = (np.asarray(cockcroft_gault(years, 1.0, 1.0, woman)) for woman in (False, True))
    per_kg = np.where(female, women / WATER_L_PER_KG["female"], men / WATER_L_PER_KG["male"])
    return ML_PER_MIN_TO_L_PER_H * per_kg
