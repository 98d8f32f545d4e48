"""The kidneys behind a series of creatinine values: mass balance, filtered.

    V dS/dt = G - GFR S;   S = creatinine, V = body water, G = creatinine made
    A = G / GFR, the creatinine at which this GFR would settle;  ln A is a random walk

(Chen S. J Am Soc Nephrol 2013;24:877-88, whose kinetic GFR is the solution of this balance between two values; Waikar SS,
Bonventre JV. J Am Soc Nephrol 2009;20:672-9.) State (ln S, ln A), extended Kalman filter, then the smoother of Rauch, Tung
and Striebel (AIAA J 1965;3:1445-50) for the course between values.

G is the numerator of Cockcroft-Gault, so that at rest GFR is Cockcroft-Gault; a measured clearance, where charted, sets G.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from twin_engine.covariates.steps import hours
from twin_engine.covariates.support import RENAL_REPLACEMENT, SUPPORT_LINGERS, running
from twin_engine.kernel.declare import Array
from twin_engine.patient.derived import age_years, cockcroft_gault
from twin_engine.patient.quality import freshness
from twin_engine.patient.record import PatientRecord

WALK_SD_PER_SQRT_DAY = 0.20
"""Of ln GFR. Maximum likelihood on the creatinine series of 3,200 patients of two hospitals (PhysioNet Challenge 2019, A and
B): 0.21 and 0.19. The value of the clearance walk of the drug models, set apart from it, is the same."""

MEASURED_CV = 0.06
"""Assay, rounding and biology together; from the same series: 5.3 and 6.3 %."""

SETTLED_SD = 0.22
"""How far the first creatinine may be from the one at which it will settle (ln); from the same series: 0.20 and 0.22."""

GENERATION_SD = 0.40
"""Of ln G when Cockcroft-Gault gives it: the difference from a clearance measured over 24 h had an SD of 46-54 mL/min at a
mean of 108 (measured) and 129 mL/min (calculated) in 237 ventilated patients (doi:10.1155/2021/5520653)."""

MEASURED_CLEARANCE_SD = 0.15
"""Of ln G when a clearance was measured: a judgement (errors of collection)."""

WATER_L_PER_KG = {"male": 0.6, "female": 0.5}
"""Body water (Adrogue HJ, Madias NE. N Engl J Med 2000;342:1581-9)."""

LOOKED_AT = timedelta(days=14)
STEP_H = 6.0
ML_PER_MIN_TO_L_PER_H = 0.06


@dataclass(frozen=True, slots=True)
class Kidneys:
    """What the creatinine series says. `hours_h`, `settled` (mg/dL): the smoothed course at each measurement, relative to `at`;
    `mean` (2,) and `covariance` (2, 2) of (ln S, ln A) at the last one; generation G, mg/dL x mL/min, with the SD of its
    logarithm; body water V, L; `collected`: whether G comes from a measured clearance."""

    hours_h: Array
    settled: Array
    mean: Array
    covariance: Array
    generation: float
    generation_sd: float
    water: float
    collected: bool

    @property
    def gfr(self) -> Array:
        """GFR at each measurement, mL/min."""
        return self.generation / self.settled


def kidneys(record: PatientRecord, at: datetime) -> Kidneys | str:
    """The kidneys of this patient, or in words why creatinine does not show them."""
    rows = [m for m in record.of("creatinine") if m.value and m.comparator is None and at - LOOKED_AT <= m.time <= at]
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
    water = WATER_L_PER_KG[record.sex] * weight.value
    made = float(np.asarray(cockcroft_gault(years, weight.value, 1.0, record.sex == "female")))
    times = np.array([hours(m.time, at) for m in rows])
    logs = np.log([m.value or 1.0 for m in rows])
    settled, mean, covariance = _filtered(times, logs, made, water)
    collected = record.latest("creatinine_clearance", at)
    if collected is None or not collected.value or freshness("creatinine_clearance", -hours(collected.time, at)) == "beyond":
        return Kidneys(times, settled, mean, covariance, made, GENERATION_SD, water, collected=False)
    then = float(np.interp(hours(collected.time, at), times, settled))
    return Kidneys(times, settled, mean, covariance, collected.value * then, MEASURED_CLEARANCE_SD, water, collected=True)


def advanced(log_s: Array, log_a: Array, generation: float | Array, water: float, elapsed_h: float) -> Array:
    """ln S after `elapsed_h` with a constant A, of any shape."""
    settled, decay = np.exp(log_a), _decay(log_a, generation, water, elapsed_h)
    return np.log(settled + (np.exp(log_s) - settled) * decay)


def _decay(log_a: Array, generation: float | Array, water: float, elapsed_h: float) -> Array:
    return np.exp(-ML_PER_MIN_TO_L_PER_H * generation * np.exp(-log_a) / water * elapsed_h)


def _filtered(times: Array, logs: Array, generation: float, water: float) -> tuple[Array, Array, Array]:
    """Smoothed A at every measurement (mg/dL), and mean and covariance of the state at the last."""
    variance = MEASURED_CV**2
    mean = np.array([logs[0], logs[0]])
    spread = np.array([[variance, variance], [variance, variance + SETTLED_SD**2]])
    kept: list[tuple[Array, Array, Array]] = []
    means, spreads = [mean], [spread]
    for elapsed, seen in zip(np.diff(times), logs[1:], strict=True):
        before, through = spread, np.eye(2)
        for step in _steps(float(elapsed)):
            slope = _slope(mean, generation, water, step)
            mean = np.array([float(advanced(mean[:1], mean[1:], generation, water, step)[0]), mean[1]])
            spread = slope @ spread @ slope.T + np.diag([0.0, WALK_SD_PER_SQRT_DAY**2 * step / 24.0])
            through = slope @ through
        kept.append((mean, spread, before @ through.T))
        gain = spread[:, 0] / (spread[0, 0] + variance)
        mean = mean + gain * (seen - mean[0])
        spread = spread - np.outer(gain, spread[0])
        means.append(mean)
        spreads.append(spread)
    smooth = [means[-1]]
    for i in range(len(kept) - 1, -1, -1):
        ahead, ahead_spread, cross = kept[i]
        smooth.append(means[i] + np.linalg.lstsq(ahead_spread, cross.T, rcond=None)[0].T @ (smooth[-1] - ahead))
    return np.exp([s[1] for s in reversed(smooth)]), mean, spread


def filtered(times: Array, logs: Array, generation: float, water: float) -> list[Array]:
    """(ln S, ln A) after each measurement, from those up to it. `times` in h, `logs` = ln of creatinine in mg/dL."""
    return [_filtered(times[: n + 1], logs[: n + 1], generation, water)[1] for n in range(len(times))]


def _steps(elapsed_h: float) -> Sequence[float]:
    """A gap in equal steps of six hours or less; two values of one minute are no step."""
    n = int(np.ceil(elapsed_h / STEP_H))
    return [elapsed_h / n] * n if n else []


def _slope(mean: Array, generation: float, water: float, step_h: float) -> Array:
    """Derivative of the state after a step by the state before."""
    s, settled = np.exp(mean)
    decay = float(_decay(mean[1:], generation, water, step_h)[0])
    rate = -np.log(decay)
    after = settled + (s - settled) * decay
    return np.array([[s * decay, settled * (1.0 - decay) + (s - settled) * decay * rate], [0.0, after]]) / after
