"""Eleveld 2018: patients and bispectral indices worked out by an independent transcription of the authors' control stream."""

import numpy as np
import pytest

from tests.reference.patients import covariates
from twin_engine.kernel.individual import individual
from twin_engine.kernel.observe import responses
from twin_engine.kernel.schedule import Dose
from twin_engine.models.drugs.propofol_eleveld_2018 import MODEL, bispectral_index

NAMES = ("V1", "V2", "V3", "CL", "Q", "Q3", "KE0")
REFERENCE = {"age": 35.0, "weight": 70.0, "height": 170.0, "female": 0.0, "opioid": 0.0}


def typical(age: float, weight: float, height: float, female: float, opioid: float) -> list[float]:
    """Volumes in L, flows in L/min and ke0 in 1/min, in the order of the paper."""
    found = MODEL.typical_path(covariates(age=age, weight=weight, height=height, female=female, opioid=opioid))
    return [float(found[n][0]) / (1.0 if n.startswith("V") else 60.0) for n in NAMES]


@pytest.mark.parametrize(
    ("patient", "expected"),
    [
        ((35, 70, 170, 0, 0), [6.283078, 25.501315, 272.816662, 1.789584, 1.830921, 1.108542, 0.14637]),
        ((35, 70, 170, 0, 1), [6.283078, 25.501315, 168.210976, 1.619285, 1.830921, 0.771329, 0.14637]),
        ((60, 80, 165, 1, 0), [6.548299, 19.716116, 235.089156, 2.321449, 1.482771, 1.006112, 0.141564]),
        ((60, 80, 165, 1, 1), [6.548299, 19.716116, 102.613431, 1.955735, 1.482771, 0.540288, 0.141564]),
    ],
)
def test_patients_worked_out_by_anasim(patient: tuple[float, ...], expected: list[float]) -> None:
    # anasim-simulator 1.7, patient.pk_models.PropofolPKEleveld; its ke0 has more digits than the printed 0.146.
    assert typical(*patient) == pytest.approx(expected, rel=3e-3)


@pytest.mark.parametrize(
    ("age", "expected"),
    [
        (35, {0.5: 90.1018, 1.0: 83.1078, 2.0: 64.5007, 4.0: 37.6412, 6.0: 25.3203}),
        (60, {0.5: 89.1335, 1.0: 80.1241, 2.0: 58.2449, 4.0: 32.5385, 6.0: 21.2466}),
    ],
)
def test_bispectral_index_worked_out_by_anasim(age: float, expected: dict[float, float]) -> None:
    # anasim-simulator 1.7, patient.pd.anesthesia.BISModel; it has the unrounded 92.98 and 3.0794.
    half = MODEL.typical_path(covariates(**{**REFERENCE, "age": age}))["CE50"]
    for ce, index in expected.items():
        assert float(bispectral_index({"CE50": half}, np.array([ce]))[0]) == pytest.approx(index, abs=0.1)


def test_half_of_the_index_is_lost_at_ce50_and_all_of_it_far_above() -> None:
    half = np.array([3.08])
    assert float(bispectral_index({"CE50": half}, half)[0]) == pytest.approx(46.5)
    assert float(bispectral_index({"CE50": half}, np.array([0.0]))[0]) == pytest.approx(93.0)
    assert float(bispectral_index({"CE50": half}, np.array([1e4]))[0]) < 0.01


def test_an_opioid_and_age_lower_clearance() -> None:
    assert typical(60, 70, 170, 0, 1)[3] < typical(60, 70, 170, 0, 0)[3]
    assert typical(80, 70, 170, 0, 1)[3] < typical(40, 70, 170, 0, 1)[3]


def test_the_index_falls_to_the_effect_of_the_steady_concentration() -> None:
    patient = individual(MODEL, covariates(**REFERENCE))
    path = patient.path(np.zeros((len(patient.omega), 1)))
    settled = responses(MODEL.response, path, [Dose(0.0, 2000.0, 2000.0 * 60.0 * 1.78958 * 3.08)], np.array([1999.0]))
    assert float(settled[0, 0]) == pytest.approx(46.5, abs=0.2)
