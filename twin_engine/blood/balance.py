"""Haemoglobin by the balance of its mass and of the volume it is dissolved in.

  Hb(t) = (Hb0 V0 + red cells given - lost with blood) / (V0 + what fluids added - blood lost + refilled of it)

V0 and Hb0 at the sample.

Blood volume of adults, L: men 0.3669 h^3 + 0.03219 w + 0.6041, women 0.3561 h^3 + 0.03308 w + 0.1833 (h m, w kg): Nadler SB et
al. Surgery 1962;51:224-32, in two transcriptions; without height or sex 70 mL/kg. Its spread (log-SD 0.12, 0.18 without a
height) is assumed. A unit of red cells holds 55 g (SD 10): 52.9 (9.99) in 900 units (Jain 2022, doi:10.4103/gjtm.gjtm_56_21),
54.7 (34 to 80) in 260 (Transfus Apher Sci 2021;60:103214), 55 in the circular of Canadian Blood Services.

How much of a transfusion stays in the vessels: after one or two units haemoglobin had risen by 1.0 g/dL a unit (Wiesen AR et
al. Ann Intern Med 1994;121:278-80), 1.1 (SD 0.3; Elizalde JI et al. Transfusion 1997;37:573-6) and 1.2, 1.2 and 1.0 after 1, 4
and 24 h (PMID 31307836), no more after a day than after 15 min. With 55 g in 4.8 L it would be 0.66 if all of the volume
stayed and 1.15 if none did: 0 to 0.6 of it stays here, evenly. These patients did not bleed; in hypovolaemia more stays.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np

from twin_engine.blood.fluids import crystalloid, retained
from twin_engine.blood.intake import RED_CELLS, UNIT_ML, Intake
from twin_engine.kernel.declare import Array
from twin_engine.kernel.schedule import Dose
from twin_engine.patient.record import PatientRecord

UNIT_G, UNIT_G_SD = 55.0, 10.0
STAYS: Final = (0.0, 0.6)
NADLER_LOG_SD, BY_WEIGHT_LOG_SD = 0.12, 0.18
BY_WEIGHT_ML_PER_KG: Final = 70.0


@dataclass(frozen=True, slots=True)
class Vessels:
    """Of each copy: blood volume at the sample (mL), share of transfused volume that stays, haemoglobin of one unit as a
    standard deviate, factor on what crystalloid stays in the blood, and share of blood lost that other fluid has refilled.
    `pressure` (mmHg) and `age_y` set the kinetics of crystalloid."""

    volume: Array
    stays: Array
    content: Array
    crystalloid: Array
    refilled: Array
    pressure: float
    age_y: float


@dataclass(frozen=True, slots=True)
class Usual:
    """Blood volume of people of this size: median (mL) and log-SD; `by_weight` = no height or sex is known."""

    median_ml: float
    log_sd: float
    by_weight: bool


def usual(record: PatientRecord, at: datetime) -> Usual | None:
    """Blood volume of people of this size; None without a weight."""
    weight, height = record.latest("weight", at), record.latest("height", at)
    if weight is None or weight.value is None:
        return None
    if height is None or height.value is None or record.sex not in ("female", "male"):
        return Usual(BY_WEIGHT_ML_PER_KG * weight.value, BY_WEIGHT_LOG_SD, by_weight=True)
    return Usual(nadler(height.value / 100.0, weight.value, record.sex == "female"), NADLER_LOG_SD, by_weight=False)


def nadler(height_m: float, weight_kg: float, female: bool) -> float:
    """Blood volume of an adult, mL."""
    cubic, linear, constant = (0.3561, 0.03308, 0.1833) if female else (0.3669, 0.03219, 0.6041)
    return 1000.0 * (cubic * height_m**3 + linear * weight_kg + constant)


def hemoglobin(
    sampled: float, sample_h: float, intakes: Sequence[Intake], lost_ml: float, vessels: Vessels, hours_h: Array
) -> Array:
    """Haemoglobin, g/dL (hours, copies), from `sampled` at `sample_h` <= 0; `lost_ml` of blood went since: less than the
    volume of any copy (see `loss.too_much`)."""
    times = np.append(hours_h, sample_h)
    extra, grams = np.zeros((len(times), len(vessels.volume))), np.zeros((len(times), len(vessels.volume)))
    for one in intakes:
        if one.kind == "crystalloid":
            extra += np.outer(crystalloid(one.doses, times, vessels.pressure, vessels.age_y), vessels.crystalloid)
        elif one.kind == RED_CELLS:
            infused = _infused(one.doses, times)
            units = max(sum(d.amount for d in one.doses) / UNIT_ML, 1e-9)
            per_ml = (UNIT_G + UNIT_G_SD * vessels.content / np.sqrt(max(units, 1.0))) / UNIT_ML
            extra += np.outer(infused, vessels.stays)
            grams += np.outer(infused, np.maximum(per_ml, 0.0))
        else:
            extra += retained(one.doses, times, one.kind)[:, None]
    mass = (vessels.volume - lost_ml) * sampled / 100.0 + grams[:-1] - grams[-1]
    kept = vessels.volume - lost_ml * (1.0 - vessels.refilled)
    return np.asarray(100.0 * mass / (kept + extra[:-1] - extra[-1]))


def _infused(doses: Sequence[Dose], hours_h: Array) -> Array:
    """Volume that has gone in by each hour, mL."""
    found = np.zeros_like(hours_h)
    for dose in doses:
        found += dose.amount * np.clip((hours_h - dose.start_h) / max(dose.duration_h, 1e-9), 0.0, 1.0)
    return found
