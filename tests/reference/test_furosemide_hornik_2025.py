"""Hornik 2025: the values of table 1 at the median creatinine clearance, and the exponent of clearance."""

import pytest

from tests.reference.patients import covariates
from twin_engine.models.drugs.furosemide_hornik_2025 import MODEL


def typical(crcl: float, weight: float = 70) -> dict[str, float]:
    creatinine = (140 - 69) * weight / (72 * crcl)
    found = MODEL.typical_path(covariates(age=69, weight=weight, female=0, creatinine=creatinine))
    return {name: float(value[0]) for name, value in found.items()}


def test_values_of_table_1() -> None:
    assert typical(86) == pytest.approx({"CL": 6.51, "V1": 5.37, "Q": 3.74, "V2": 5.95})


def test_clearance_follows_the_kidney() -> None:
    assert typical(60)["CL"] / typical(86)["CL"] == pytest.approx((60 / 86) ** 0.74)
