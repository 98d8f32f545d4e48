"""Smuszkiewicz 2017: the typical values printed in the abstract, and its clearance per kg."""

import pytest

from tests.reference.patients import covariates
from twin_engine.models.drugs.dexmedetomidine_smuszkiewicz_2017 import MODEL


def typical(age: float, weight: float) -> dict[str, float]:
    return {name: float(value[0]) for name, value in MODEL.typical_path(covariates(age=age, weight=weight)).items()}


def test_typical_values_printed_in_the_abstract() -> None:
    assert typical(59.5, 75) == pytest.approx({"CL": 38.5, "V1": 27.0, "Q": 46.4, "V2": 87.6})


def test_clearance_per_kg_printed_in_the_abstract() -> None:
    # 9.2 mL/min/kg for a 70 kg patient.
    assert typical(59.5, 70)["CL"] * 1000 / 60 / 70 == pytest.approx(9.2, abs=0.05)


def test_no_covariate_matters() -> None:
    assert typical(25, 50) == typical(80, 95)
