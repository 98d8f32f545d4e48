"""Thomson 2009: typical values at the reference creatinine clearance of 66 mL/min, and the slope."""

import pytest

from tests.reference.patients import covariates
from twin_engine.models.drugs.vancomycin_thomson_2009 import MODEL


def typical(crcl: float) -> dict[str, float]:
    creatinine = (140 - 66) * 72 / (72 * crcl)
    path = MODEL.typical_path(covariates(age=66, weight=72, female=0, creatinine=creatinine))
    return {name: float(value[0]) for name, value in path.items()}


def test_typical_values_at_66_ml_per_min() -> None:
    assert typical(66) == pytest.approx({"CL": 2.99, "V1": 0.675 * 72, "Q": 2.28, "V2": 0.732 * 72})


def test_clearance_slope_and_floor() -> None:
    assert typical(76)["CL"] == pytest.approx(2.99 * 1.154)
    assert typical(0.9)["CL"] == pytest.approx(0.15)


def test_covariance_of_clearance_and_volume_is_kept() -> None:
    assert MODEL.omega()[0, 1] == pytest.approx(0.01)
