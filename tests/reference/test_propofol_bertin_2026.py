"""Bertin 2026: the values printed in the abstract, and clearance at 100 kg printed in the results."""

import pytest

from tests.reference.patients import covariates
from twin_engine.models.drugs.propofol_bertin_2026 import MODEL


def typical(weight: float) -> dict[str, float]:
    return {name: float(value[0]) for name, value in MODEL.typical_path(covariates(age=57, weight=weight)).items()}


def test_values_printed_in_the_abstract() -> None:
    found = typical(70)
    assert found["CL"] == pytest.approx(68.0)
    assert found["Q"] == pytest.approx(26.0)
    assert found["V1"] / 70 == pytest.approx(1.2, abs=0.05)
    assert found["V2"] / 70 == pytest.approx(1.4, abs=0.05)


def test_clearance_printed_at_100_kg() -> None:
    # 87 L/h; that of 70 kg is 22 % lower.
    assert typical(100)["CL"] == pytest.approx(87.0, abs=0.5)
    assert 1.0 - typical(70)["CL"] / typical(100)["CL"] == pytest.approx(0.22, abs=0.005)
