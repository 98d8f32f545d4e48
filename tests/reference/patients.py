"""Shared shorthand of the reference tests: covariate paths and records written as plain numbers."""

from datetime import UTC, date, datetime, timedelta

import numpy as np

from twin_engine.kernel.declare import CovariatePath, Model
from twin_engine.patient.record import Administration, Condition, Measurement, PatientRecord

AT = datetime(2026, 1, 3, 8, 0, tzinfo=UTC)


def covariates(**values: float) -> CovariatePath:
    """One regime of covariates."""
    return CovariatePath(np.array([-np.inf]), {name: np.array([float(v)]) for name, v in values.items()})


def creatinine_of(crcl: float, age: float, weight: float) -> float:
    """The creatinine, mg/dL, at which Cockcroft-Gault gives a man this clearance, mL/min."""
    return (140.0 - age) * weight / (72.0 * crcl)


def typical_of(model: Model, **values: float) -> dict[str, float]:
    """Typical parameters of a model at covariates that do not change."""
    return {name: float(value[0]) for name, value in model.typical_path(covariates(**values)).items()}


def record(
    *,
    age: float = 58.0,
    sex: str = "male",
    weight: float | None = 84.0,
    height: float | None = 175.0,
    creatinine: list[tuple[float, float]] | None = None,
    doses: list[tuple[float, float, float]] | None = None,
    levels: list[tuple[float, float]] | None = None,
    conditions: tuple[str, ...] = (),
    at: datetime = AT,
) -> PatientRecord:
    """A vancomycin patient; times are hours relative to `at`, doses are (start, hours, mg)."""

    def when(hour: float) -> datetime:
        return at + timedelta(hours=hour)

    rows = [Measurement("creatinine", v, "mg/dL", when(t)) for t, v in (creatinine or [])]
    rows += [Measurement("vancomycin", v, "mg/L", when(t)) for t, v in (levels or [])]
    if weight is not None:
        rows.append(Measurement("weight", weight, "kg", when(-12.0)))
    if height is not None:
        rows.append(Measurement("height", height, "cm", when(-12.0)))
    given = tuple(
        Administration("vancomycin", when(t), "mg", amount=mg, end=when(t + length)) for t, length, mg in (doses or [])
    )
    born = at - timedelta(days=round(age * 365.25))
    return PatientRecord(
        birth_date=date(born.year, born.month, born.day),
        sex=sex,  # type: ignore[arg-type]
        measurements=tuple(sorted(rows, key=lambda m: m.time)),
        administrations=given,
        conditions=tuple(Condition(c) for c in conditions),
    )
