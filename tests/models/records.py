"""Patient records that hold exactly what one model reads, usual or made unusual in one place."""

from dataclasses import replace
from datetime import date, timedelta

from tests.reference.patients import AT
from twin_engine.kernel.declare import Model
from twin_engine.patient.record import Condition, Measurement, PatientRecord, Procedure
from twin_engine.patient.variables import CONDITIONS, VARIABLES
from validation.patients import USUAL, usual_covariates


def usual_record(model: Model, **changed: float | None) -> PatientRecord:
    """A usual patient charted with the model's covariates; `changed` replaces some of them, None leaves one out."""
    values: dict[str, float | None] = {"age": USUAL["age"].value, "female": 0.0, **usual_covariates(model), **changed}
    age, female = values.pop("age"), values.pop("female")
    rows = [
        Measurement(name, value, VARIABLES[name].unit, AT - timedelta(hours=1))
        for name, value in values.items()
        if value is not None and name in VARIABLES
    ]
    effluent = values.get("crrt_effluent")
    replacement = (Procedure("crrt", AT - timedelta(days=1), effluent_ml_per_h=1000.0 * effluent),) if effluent else ()
    born = None if age is None else AT - timedelta(days=round(age * 365.25))
    return PatientRecord(
        birth_date=None if born is None else date(born.year, born.month, born.day),
        sex="unknown" if female is None else "female" if female else "male",
        measurements=tuple(rows),
        procedures=replacement,
        conditions=tuple(Condition(name) for name, value in values.items() if value and name in CONDITIONS),
    )


def unusual_records(model: Model) -> dict[str, PatientRecord]:
    """Patients of whom the model must say nothing: each covariate not charted, or beyond the studied range."""
    found: dict[str, PatientRecord] = {}
    for covariate in model.covariates:
        if covariate.name in {"age", "female"} or covariate.name in VARIABLES:
            found[f"no {covariate.name}"] = usual_record(model, **{covariate.name: None})
        if covariate.name == "age" or covariate.name in VARIABLES:
            low, high = covariate.studied
            found[f"high {covariate.name}"] = usual_record(model, **{covariate.name: high + 0.1 * (high - low) + 1.0})
            if low > 0:
                found[f"low {covariate.name}"] = usual_record(model, **{covariate.name: 0.5 * low})
    for condition in model.refused_conditions:
        found[condition] = replace(usual_record(model), conditions=(Condition(condition),))
    return found
