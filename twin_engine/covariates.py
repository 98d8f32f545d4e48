"""From the patient record to the covariate path of one model, or the reason why the model does not apply.

Nothing is defaulted: a missing covariate makes the model ineligible. Creatinine is carried forward between measurements
(or backward, for conformance with programs that do so); age, weight and height are those of `at`.
"""

from datetime import datetime, timedelta
from typing import Literal

import numpy as np

from twin_engine.kernel.declare import Array, CovariatePath, Model
from twin_engine.outcome import CannotPredict
from twin_engine.patient.derived import age_years
from twin_engine.patient.record import PatientRecord

Carry = Literal["forward", "backward"]

SUPPORT_LINGERS = timedelta(days=7)
"""A renal replacement session this recent means that clearance between sessions is not that of the model either."""

IN_WORDS = {
    "female": "sex",
    "ihd": "haemodialysis",
    "crrt": "continuous renal replacement",
    "sled": "prolonged intermittent dialysis",
    "ecmo": "ECMO",
    "a": "years",
}


def hours(time: datetime, at: datetime) -> float:
    """Hours from `at` to `time` (negative in the past)."""
    return (time - at).total_seconds() / 3600.0


def covariate_path(
    model: Model, record: PatientRecord, at: datetime, carry: Carry = "forward"
) -> CovariatePath | CannotPredict:
    """Covariates of `model` for this patient, or why the patient is outside its population."""
    excluded = _excluded(model, record, at)
    if excluded:
        return CannotPredict(model.output, excluded)
    starts, creatinine = _creatinine(record, at, carry)
    values: dict[str, Array] = {}
    for covariate in model.covariates:
        value = creatinine if covariate.name == "creatinine" else _constant(covariate.name, record, at)
        if value is None or (isinstance(value, np.ndarray) and not len(value)):
            return CannotPredict(model.output, f"no {IN_WORDS.get(covariate.name, covariate.name)} is charted")
        newest = float(np.atleast_1d(value)[-1])
        low, high = covariate.studied
        if not low <= newest <= high:
            unit = IN_WORDS.get(covariate.unit, covariate.unit)
            return CannotPredict(
                model.output, f"{covariate.name} {newest:.3g} {unit} is outside the studied {low:g}-{high:g} {unit}"
            )
        values[covariate.name] = np.broadcast_to(np.asarray(value, float), (max(len(starts), 1),))
    return CovariatePath(starts if len(starts) else np.array([-np.inf]), values)


def _excluded(model: Model, record: PatientRecord, at: datetime) -> str | None:
    for condition in model.refused_conditions:
        if record.has_condition(condition):
            return f"{condition} was not studied"
    for procedure in record.procedures:
        if procedure.procedure not in model.refused_procedures or (procedure.start and procedure.start > at):
            continue
        if procedure.end is None or procedure.end > at - SUPPORT_LINGERS:
            if procedure.end is None and procedure.start is not None and procedure.start < at - 2 * SUPPORT_LINGERS:
                continue
            return f"{IN_WORDS[procedure.procedure]} changes clearance in a way the model does not describe"
    return None


def _creatinine(record: PatientRecord, at: datetime, carry: Carry) -> tuple[Array, Array]:
    known = [(hours(m.time, at), m.value) for m in record.of("creatinine") if m.value is not None and m.time <= at]
    if not known:
        return np.empty(0), np.empty(0)
    times = np.array([t for t, _ in known])
    values = np.array([v for _, v in known])
    starts = np.concatenate([[-np.inf], times[1:] if carry == "forward" else times[:-1]])
    changed = np.concatenate([[True], np.diff(values) != 0])
    return starts[changed], values[changed]


def _constant(name: str, record: PatientRecord, at: datetime) -> float | None:
    if name == "age":
        return None if record.birth_date is None else age_years(record.birth_date, at)
    if name == "female":
        return None if record.sex == "unknown" else float(record.sex == "female")
    if name == "haematological_malignancy":
        return float(record.has_condition(name))
    latest = record.latest(name, at)
    return None if latest is None else latest.value
