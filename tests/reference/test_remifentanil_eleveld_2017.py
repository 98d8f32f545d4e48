"""Eleveld 2017: the reference values printed in the abstract, and patients worked out by an independent transcription."""

import pytest

from tests.reference.patients import covariates
from twin_engine.models.drugs.remifentanil_eleveld_2017 import MODEL

NAMES = ("V1", "V2", "V3", "CL", "Q", "Q3")


def typical(age: float, weight: float, height: float, female: float) -> list[float]:
    """Volumes in L and flows in L/min, in the order of the paper."""
    found = MODEL.typical_path(covariates(age=age, weight=weight, height=height, female=female))
    return [float(found[n][0]) / (1.0 if n.startswith("V") else 60.0) for n in NAMES]


def test_reference_values_printed_in_the_abstract() -> None:
    assert typical(35, 70, 170, 0) == pytest.approx([5.81, 8.82, 5.03, 2.58, 1.72, 0.124])


@pytest.mark.parametrize(
    ("patient", "expected"),
    [
        ((60, 80, 165, 1), [4.357439, 7.498291, 1.520021, 2.277635, 1.420009, 0.044003]),
        ((25, 55, 160, 1), [4.191836, 9.026585, 6.948865, 2.901869, 2.684199, 0.167009]),
        ((80, 95, 180, 0), [5.624695, 9.457026, 0.790418, 2.622365, 1.412451, 0.02412]),
    ],
)
def test_patients_worked_out_by_pytci(patient: tuple[float, float, float, float], expected: list[float]) -> None:
    # PyTCI 1.2.0, models.remifentanil.Eleveld; it rounds the constants of the fat-free mass.
    assert typical(*patient) == pytest.approx(expected, rel=1e-3)


def test_clearance_falls_with_age_and_grows_with_size() -> None:
    assert typical(80, 70, 170, 0)[3] < typical(35, 70, 170, 0)[3] < typical(35, 90, 175, 0)[3]
