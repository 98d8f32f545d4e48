"""From the patient record to the covariate path of one model, or the reason why the model does not apply.

Nothing is defaulted: a missing covariate makes the model ineligible. Creatinine is carried forward between measurements or,
where it moves, read where it would settle; organ support is followed over time; everything else is as of `at`.
"""

from collections.abc import Iterable
from datetime import datetime

import numpy as np

from twin_engine.covariates import charted, kidney, support
from twin_engine.covariates.steps import Found, hours, joined_starts
from twin_engine.kernel.declare import Covariate, CovariatePath, Model
from twin_engine.outcome import CannotPredict
from twin_engine.patient.record import DataQuality, PatientRecord
from twin_engine.patient.variables import CONDITIONS, SUPPORT_IN_WORDS

__all__ = ["covariate_path", "hours", "read_from", "settled_creatinine"]

NOT_FROM_VARIABLES = frozenset({"age", "female", "on_crrt", "crrt_effluent", "on_ecmo", *charted.CO_MEDICATION, *CONDITIONS})
FROM_CREATININE = frozenset({"creatinine", "creatinine_clearance"})
UNIT_IN_WORDS = {"a": "years"}


def read_from(covariate: str) -> frozenset[str]:
    """The charted variables that this covariate is read from."""
    if covariate in NOT_FROM_VARIABLES:
        return frozenset()
    if covariate == "pao2_fio2":
        return frozenset({"pao2_fio2", "pao2", "fio2"})
    if covariate == "creatinine_clearance":
        return frozenset({"creatinine_clearance", "creatinine", "weight"})
    return frozenset({covariate})


def covariate_path(
    model: Model, record: PatientRecord, at: datetime, creatinine: Found | str | None = None
) -> CovariatePath | CannotPredict:
    """Covariates of `model` for this patient, or why the patient is outside its population. `creatinine`: over time, where
    it is not read as charted."""
    excluded = _excluded(model, record, at)
    if excluded:
        return CannotPredict(model.output, excluded)
    found: dict[str, Found] = {}
    for covariate in model.covariates:
        value = _read(covariate.name, record, at, creatinine)
        if isinstance(value, str):
            return CannotPredict(model.output, value)
        if outside := _outside(covariate, value):
            return CannotPredict(model.output, outside)
        found[covariate.name] = value
    unknown: list[DataQuality] = []
    for bound in model.bounds:
        value = _read(bound.name, record, at, creatinine)
        if isinstance(value, str):
            unknown.append(DataQuality(bound.name, "assumed", f"{value}: taken as within what was studied"))
        elif outside := _outside(bound, value):
            return CannotPredict(model.output, outside)
    starts = joined_starts(f.steps for f in found.values())
    remarks = tuple(dict.fromkeys([*(r for f in found.values() for r in f.remarks), *unknown]))
    uncertain = {name: f.log_sd for name, f in found.items() if f.log_sd}
    return CovariatePath(starts, {name: f.steps.at(starts) for name, f in found.items()}, remarks, uncertain)


def _outside(covariate: Covariate, value: Found) -> str | None:
    """In words that the newest value is outside what was studied."""
    newest = float(value.steps.at(np.zeros(1))[0])
    low, high = covariate.studied
    if low <= newest <= high:
        return None
    unit = UNIT_IN_WORDS.get(covariate.unit, covariate.unit)
    name = value.called or charted.in_words(covariate.name)
    if covariate.name in charted.CO_MEDICATION:
        outside = f"{name} is given, which was not studied"
    elif high == float("inf"):
        outside = f"{name} {newest:.3g} {unit} is below the studied {low:g} {unit}"
    else:
        outside = f"{name} {newest:.3g} {unit} is outside the studied {low:g}-{high:g} {unit}"
    return f"{outside}; {covariate.advice}" if covariate.advice else outside


def settled_creatinine(models: Iterable[Model], record: PatientRecord, at: datetime) -> Found | str | None:
    """Creatinine as charted, or where it would settle while it moves; None where no model reads it."""
    if not any(c.name in FROM_CREATININE for model in models for c in model.covariates):
        return None
    return kidney.settling(record, at, kidney.creatinine(record, at))


def _read(name: str, record: PatientRecord, at: datetime, course: Found | str | None) -> Found | str:
    if name in FROM_CREATININE:
        course = kidney.creatinine(record, at) if course is None else course
        return course if name == "creatinine" else kidney.clearance(record, at, course)
    if name == "pao2_fio2":
        return charted.pao2_fio2(record, at)
    if name == "age":
        return charted.age(record, at)
    if name == "female":
        return charted.female(record)
    if name == "crrt_effluent":
        return support.effluent(record, at)
    if name in {"on_crrt", "on_ecmo"}:
        return support.on(record, name.removeprefix("on_"), at)
    if name in charted.CO_MEDICATION:
        return charted.co_medication(name, record, at)
    if name in CONDITIONS:
        return charted.condition(name, record)
    return charted.latest(name, record, at)


def _excluded(model: Model, record: PatientRecord, at: datetime) -> str | None:
    for condition in model.refused_conditions:
        if record.has_condition(condition):
            return f"{condition} was not studied"
    refused = support.running(record, model.refused_procedures, at, support.SUPPORT_LINGERS) or support.unended(
        record, model.refused_procedures, at
    )
    if refused is not None:
        return f"{SUPPORT_IN_WORDS[refused]} changes clearance in a way the model does not describe"
    reads_creatinine = any(c.name == "creatinine" for c in model.covariates)
    now = support.running(record, support.RENAL_REPLACEMENT, at)
    if reads_creatinine and now is None and support.running(record, support.RENAL_REPLACEMENT, at, support.SUPPORT_LINGERS):
        return "creatinine does not show the kidneys in the week after renal replacement"
    return None
