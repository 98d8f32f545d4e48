"""Xuan 2004: the means and the peak that the paper prints, and the variability as two readers carried it over."""

import numpy as np
import pytest

from tests.reference.patients import covariates, creatinine_of, typical_of
from twin_engine.kernel.individual import individual
from twin_engine.kernel.linear import concentrations
from twin_engine.kernel.schedule import Dose
from twin_engine.models.drugs.gentamicin_xuan_2004 import CL, K12, K21, MODEL, V1


def man(crcl: float = 92.0, weight: float = 70.0) -> dict[str, float]:
    return {"age": 50.0, "weight": weight, "female": 0.0, "creatinine": creatinine_of(crcl, 50.0, weight)}


def test_mean_clearance_and_central_volume_that_are_printed() -> None:
    typical = typical_of(MODEL, **man())
    assert typical["CL"] == pytest.approx(4.32, abs=0.01)
    assert typical["V1"] == pytest.approx(19.6)


def test_rate_constants_come_back_from_clearance_and_volumes() -> None:
    typical = typical_of(MODEL, **man())
    assert typical["Q"] / typical["V1"] == pytest.approx(0.092)
    assert typical["Q"] / typical["V2"] == pytest.approx(0.071)


def test_peak_after_7_mg_per_kg_that_is_printed() -> None:
    path = individual(MODEL, covariates(**man())).path(np.zeros((4, 1)))
    peak = concentrations(path, [Dose(0, 1, 490)], np.array([1.0]))
    assert float(peak[0, 0]) == pytest.approx(22.0, abs=1.0)


def test_variability_as_in_the_second_transcription() -> None:
    assert pytest.approx((0.084, 0.003, 0.398, 0.342), abs=5e-4) == (CL, V1, K12, K21)


def test_the_rate_constants_vary_as_published() -> None:
    omega = MODEL.omega()
    k12, k21 = np.array([0.0, -1.0, 1.0, 0.0]), np.array([0.0, 0.0, 1.0, -1.0])
    assert k12 @ omega @ k12 == pytest.approx(0.398)
    assert k21 @ omega @ k21 == pytest.approx(0.342)
    assert k12 @ omega @ k21 == pytest.approx(0.0, abs=1e-12)


def test_the_kidney_clears_it() -> None:
    assert typical_of(MODEL, **man(crcl=46.0))["CL"] == pytest.approx(2.162)
