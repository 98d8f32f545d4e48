"""Burdet 2015: the printed clearance, volumes and variability, a fit by another program, and the printed target attainment."""

import numpy as np
import pytest

from tests.reference.patients import covariates, typical_of
from twin_engine.kernel.estimate import Levels, find_mode
from twin_engine.kernel.individual import individual
from twin_engine.kernel.linear import concentrations
from twin_engine.kernel.observe import predictor
from twin_engine.kernel.schedule import Dose
from twin_engine.models.drugs.amikacin_burdet_2015 import MODEL

MEDIAN = {"age": 61.5, "weight": 78.0, "creatinine_clearance": 82.0, "pao2_fio2": 169.0}


def test_typical_values_that_are_printed() -> None:
    typical = typical_of(MODEL, **MEDIAN)
    assert typical["CL"] == pytest.approx(4.3)
    assert typical["V1"] + typical["V2"] == pytest.approx(37.3)


def test_variability_as_the_abstract_prints_it() -> None:
    assert np.sqrt(np.diag(MODEL.omega())) == pytest.approx((0.31, 0.22, 0.27, 0.47), abs=0.025)


def test_posterior_mode_as_found_by_nlmixr() -> None:
    patient = individual(MODEL, covariates(**{**MEDIAN, "weight": 62.0, "creatinine_clearance": 50.0}))
    predict = predictor(patient, [Dose(0.0, 0.5, 1600.0)], np.array([1.0, 6.0]))
    mode, _, _ = find_mode(predict, Levels.measured(np.array([75.0, 32.0])), MODEL.residual, patient.omega)
    found = dict(zip(("CL", "V1", "Q", "V2"), patient.path(mode[:, None]).kinetics[0, :, 0], strict=True))
    assert found == pytest.approx({"CL": 2.62, "V1": 11.01, "Q": 11.96, "V2": 14.57}, rel=1e-3)


def test_target_attainment_that_is_printed() -> None:
    # Covariates spread about the printed medians within the printed ranges: their joint distribution is not published.
    rng = np.random.default_rng(1)
    an_hour_on: list[float] = []
    for _ in range(1500):
        weight = float(np.clip(rng.normal(78.0, 17.0), 45.0, 126.0))
        oxygenation = float(np.clip(169.0 * np.exp(0.4 * rng.standard_normal()), 50.0, 450.0))
        kidney = float(np.clip(82.0 * np.exp(0.8 * rng.standard_normal()), 4.0, 412.0))
        patient = individual(MODEL, covariates(age=61, weight=weight, creatinine_clearance=kidney, pao2_fio2=oxygenation))
        path = patient.path(np.linalg.cholesky(patient.omega) @ rng.standard_normal((4, 4)))
        an_hour_on.extend(concentrations(path, [Dose(0.0, 0.5, weight)], np.array([1.0]))[0])
    per_mg_kg = np.array(an_hour_on)
    printed = {(20, 2): 100, (20, 4): 80, (20, 8): 4, (25, 4): 96, (25, 8): 20, (40, 8): 80}
    found = {(dose, mic): 100.0 * (dose * per_mg_kg >= 10.0 * mic).mean() for dose, mic in printed}
    assert found == pytest.approx(printed, abs=8.0)


def test_worse_oxygenation_means_a_smaller_volume() -> None:
    assert typical_of(MODEL, **{**MEDIAN, "pao2_fio2": 338.0})["V1"] == pytest.approx(15.9 * 2**0.4)
