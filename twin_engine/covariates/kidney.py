"""Creatinine and creatinine clearance as the drug models read them.

A model built on measured clearance reads the measured one where a urine collection is charted; the course of creatinine
moves it between collections. Without one Cockcroft-Gault stands in, and the answer says so. While creatinine is being
dialysed, or was lately, it does not show the kidneys: then only a measured clearance counts.
"""

from datetime import datetime
from typing import Literal

import numpy as np

from twin_engine.covariates.charted import aged
from twin_engine.covariates.steps import Found, Steps, hours
from twin_engine.covariates.support import RENAL_REPLACEMENT, SUPPORT_LINGERS, running
from twin_engine.patient.derived import age_years, cockcroft_gault
from twin_engine.patient.record import DataQuality, PatientRecord

Carry = Literal["forward", "backward"]

STANDS_IN = DataQuality(
    "creatinine_clearance", "assumed", "no measured creatinine clearance within 48 h: Cockcroft-Gault stands in for it"
)


def creatinine(record: PatientRecord, at: datetime, carry: Carry) -> Found | str:
    """Creatinine, mg/dL, each value from its measurement to the next (or since the one before it)."""
    known = [(hours(m.time, at), m.value) for m in record.of("creatinine") if m.value is not None and m.time <= at]
    if not known:
        return "no creatinine is charted"
    times = np.array([t for t, _ in known])
    values = np.array([v for _, v in known])
    starts = np.concatenate([[-np.inf], times[1:] if carry == "forward" else times[:-1]])
    changed = np.concatenate([[True], np.diff(values) != 0])
    return Found(Steps(starts[changed], values[changed]))


def clearance(record: PatientRecord, at: datetime, course: Found | str) -> Found | str:
    """Creatinine clearance, mL/min (not indexed to body surface); `course` is the creatinine over time or why there is
    none."""
    estimated = _cockcroft_gault(record, at, course)
    charted = record.latest("creatinine_clearance", at)
    measured: Found | str = "no creatinine clearance is charted"
    if charted is not None and charted.value is not None:
        measured = aged("creatinine_clearance", charted.value, -hours(charted.time, at))
    if isinstance(measured, str) or charted is None:
        if isinstance(estimated, str):
            return f"{measured}, and {estimated}"
        return Found(estimated, (STANDS_IN,))
    if isinstance(estimated, str):
        return measured
    then = estimated.at(np.array([hours(charted.time, at)]))
    return Found(Steps(estimated.starts_h, measured.steps.values[0] * estimated.values / then), measured.remarks)


def _cockcroft_gault(record: PatientRecord, at: datetime, course: Found | str) -> Steps | str:
    if isinstance(course, str):
        return course
    support = running(record, RENAL_REPLACEMENT, at, SUPPORT_LINGERS)
    if support is not None:
        return "creatinine does not show the kidneys during and after renal replacement"
    weight = record.latest("weight", at)
    if record.birth_date is None or record.sex == "unknown" or weight is None or weight.value is None:
        return "Cockcroft-Gault needs age, sex and weight"
    years, woman = age_years(record.birth_date, at), record.sex == "female"
    values = cockcroft_gault(years, weight.value, course.steps.values, woman)
    return Steps(course.steps.starts_h, np.asarray(values, dtype=np.float64))
