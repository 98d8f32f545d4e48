"""Creatinine and creatinine clearance as the drug models read them.

A model built on measured clearance reads the measured one where a urine collection is charted; the course of creatinine
moves it between collections. Without one Cockcroft-Gault stands in, and the answer says so. While creatinine is being
dialysed, or was lately, it does not show the kidneys: then only a measured clearance counts.

A creatinine that moves lags behind the kidneys. Cockcroft-Gault then reads the creatinine at which the filtered GFR would
settle (`balance`), which makes it that GFR; at rest it is the charted one. The filter falls short of a jump: after a rise the
newest is never read below the charted one.
"""

from dataclasses import replace
from datetime import datetime

import numpy as np

from twin_engine.covariates.balance import kidneys
from twin_engine.covariates.charted import aged
from twin_engine.covariates.steps import Found, Steps, hours
from twin_engine.covariates.support import RENAL_REPLACEMENT, SUPPORT_LINGERS, running
from twin_engine.patient.derived import age_years, cockcroft_gault
from twin_engine.patient.quality import creatinine_moved, creatinine_rose
from twin_engine.patient.record import DataQuality, PatientRecord

STANDS_IN = DataQuality(
    "creatinine_clearance", "assumed", "no measured creatinine clearance within 48 h: Cockcroft-Gault stands in for it"
)


def creatinine(record: PatientRecord, at: datetime) -> Found | str:
    """Creatinine, mg/dL, each value from its measurement to the next."""
    known = [(hours(m.time, at), m.value) for m in record.of("creatinine") if m.value is not None and m.time <= at]
    if not known:
        return "no creatinine is charted"
    times = np.array([t for t, _ in known])
    values = np.array([v for _, v in known])
    starts = np.concatenate([[-np.inf], times[1:]])
    changed = np.concatenate([[True], np.diff(values) != 0])
    return Found(Steps(starts[changed], values[changed]))


def settling(record: PatientRecord, at: datetime, charted: Found | str) -> Found | str:
    """`charted`, mg/dL; or, where it moved by what defines acute kidney injury, the creatinine at which the GFR of each
    measurement would settle, with the SD of its logarithm."""
    if isinstance(charted, str) or not creatinine_moved(record, at):
        return charted
    found = kidneys(record, at)
    if isinstance(found, str):
        return replace(charted, remarks=(*charted.remarks, _remark(f"creatinine moves; {found}: read as charted")))
    spread = float(np.sqrt(found.state.scale[0] * found.state.covariance[0, 1, 1]))
    shown, settled = float(charted.steps.values[-1]), found.settled.copy()
    if creatinine_rose(record, at):
        settled[-1] = max(settled[-1], shown)
    steps = Steps(np.concatenate([[-np.inf], found.hours_h[1:]]), settled)
    said = _remark(_moves(found.generation, shown, float(settled[-1])))
    return Found(steps, (*charted.remarks, said), spread, "the creatinine that would settle,")


def _moves(generation: float, shown: float, settled: float) -> str:
    """What is read in place of the charted creatinine, mg/dL, and both clearances."""
    if f"{shown:.1f}" == f"{settled:.1f}":
        return f"creatinine moved to {shown:.1f} mg/dL and may not have settled: clearance is widened"
    gfr = f"GFR about {generation / settled:.0f} mL/min, {generation / shown:.0f} by the charted value"
    read = f"clearance is that of {settled:.1f} mg/dL, where it would settle"
    return f"creatinine {shown:.1f} mg/dL still moves: {read} ({gfr}), and widened"


def _remark(words: str) -> DataQuality:
    return DataQuality("creatinine", "assumed", words)


def clearance(record: PatientRecord, at: datetime, course: Found | str) -> Found | str:
    """Creatinine clearance, mL/min (not indexed to body surface); `course` is the creatinine over time or why there is
    none."""
    estimated = _cockcroft_gault(record, at, course)
    said, spread = ((), 0.0) if isinstance(course, str) else (course.remarks, course.log_sd)
    charted = record.latest("creatinine_clearance", at)
    measured: Found | str = "no creatinine clearance is charted"
    if charted is not None and charted.value is not None:
        measured = aged("creatinine_clearance", charted.value, -hours(charted.time, at))
    if isinstance(measured, str) or charted is None:
        if isinstance(estimated, str):
            return f"{measured}, and {estimated}"
        return Found(estimated, (*said, STANDS_IN), spread)
    if isinstance(estimated, str):
        return measured
    then = estimated.at(np.array([hours(charted.time, at)]))
    moved = Steps(estimated.starts_h, measured.steps.values[0] * estimated.values / then)
    return Found(moved, (*said, *measured.remarks), spread)


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
