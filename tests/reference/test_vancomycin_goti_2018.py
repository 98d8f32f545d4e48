"""Goti 2018: published typical values, and a complete worked fit computed with an independent implementation."""

from dataclasses import replace

import numpy as np
import pytest

from tests.reference.patients import covariates
from twin_engine.kernel.declare import Model, ResidualError
from twin_engine.kernel.estimate import Levels, Posterior, estimate, find_mode
from twin_engine.kernel.individual import individual
from twin_engine.kernel.linear import concentrations
from twin_engine.kernel.schedule import Dose
from twin_engine.models.drugs.vancomycin_goti_2018 import MODEL

PATIENT = covariates(age=58, weight=84, female=0, creatinine=1.3)
DOSES = (Dose(0, 2, 2000), Dose(12, 1.25, 1250), Dose(24, 1.25, 1250))
TIMES = np.array([11.5, 26.5, 35.5])
LEVELS = Levels.measured(np.array([13.2, 31.0, 17.5]))


def fit(model: Model = MODEL) -> tuple[np.ndarray, float]:
    patient = individual(model, PATIENT)
    mode, _, objective = find_mode(
        lambda eta: concentrations(patient.path(eta), DOSES, TIMES), LEVELS, model.residual, patient.omega
    )
    return mode, objective


def posterior(draws: int, seed: int) -> tuple[Posterior, np.ndarray]:
    patient = individual(MODEL, PATIENT)
    found = estimate(
        lambda eta: concentrations(patient.path(eta), DOSES, TIMES),
        LEVELS,
        MODEL.residual,
        patient.omega,
        draws,
        np.random.default_rng(seed),
    )
    return found, patient.path(found.draws).kinetics[0, 0]


def probabilities(clearance: np.ndarray) -> np.ndarray:
    rows = []
    for daily in (2000.0, 2500.0, 1500.0):
        auc = daily / clearance
        rows.append([((auc >= 400) & (auc <= 600)).mean(), (auc > 600).mean()])
    return np.array(rows)


EXPECTED = np.array([[0.403, 0.572], [0.140, 0.859], [0.512, 0.225]])


def test_typical_values_at_the_reference_patient() -> None:
    # 70 kg, CrCL 120 mL/min: (140 - 40) 70 / (72 * 0.81019) = 120.
    typical = MODEL.typical_path(covariates(age=40, weight=70, female=0, creatinine=7000 / 72 / 120))
    assert {k: float(v[0]) for k, v in typical.items()} == pytest.approx({"CL": 4.5, "V1": 58.4, "Q": 6.5, "V2": 38.4})


def test_creatinine_floor_and_clearance_cap() -> None:
    old = MODEL.typical_path(covariates(age=80, weight=70, female=1, creatinine=0.4))
    floored = MODEL.typical_path(covariates(age=80, weight=70, female=1, creatinine=1.0))
    assert old["CL"] == floored["CL"]
    young = MODEL.typical_path(covariates(age=20, weight=100, female=0, creatinine=0.5))
    assert float(young["CL"][0]) == pytest.approx(4.5 * (150 / 120) ** 0.8)


def test_posterior_mode_of_the_worked_case() -> None:
    mode, objective = fit()
    assert mode == pytest.approx([0.102655, -0.049245, 0.049720], abs=1e-4)
    assert objective == pytest.approx(10.573854, abs=1e-3)
    kinetics = individual(MODEL, PATIENT).path(mode[:, None]).kinetics[0, :, 0]
    assert kinetics[[0, 1, 3]] == pytest.approx([3.372126, 66.71251, 40.35750], rel=1e-4)


@pytest.mark.parametrize(
    ("wrong", "eta"),
    [
        (replace(MODEL, residual=ResidualError(3.4, 0.227, "sd", "wrong")), (0.08706, 0.01959, 0.05431)),
        (
            replace(
                MODEL,
                random_effects=tuple(
                    replace(r, omega2=cv**2) for r, cv in zip(MODEL.random_effects, (0.398, 0.816, 0.571), strict=True)
                ),
            ),
            (0.10786, -0.06100, 0.05540),
        ),
    ],
    ids=["errors added as standard deviations", "omega squared taken as CV squared"],
)
def test_the_two_usual_wrong_choices_are_noticed(wrong: Model, eta: tuple[float, ...]) -> None:
    mode, _ = fit(wrong)
    assert mode == pytest.approx(eta, abs=2e-4)
    assert np.abs(mode - [0.102655, -0.049245, 0.049720]).max() > 1e-3


def test_posterior_probabilities_with_many_draws() -> None:
    found, clearance = posterior(20_000, seed=1)
    assert found.ess > 0.3 * 80_000
    assert np.quantile(clearance, (0.05, 0.5, 0.95)) == pytest.approx([1.825, 3.167, 4.703], rel=0.01)
    assert probabilities(clearance) == pytest.approx(EXPECTED, abs=0.02)


def test_posterior_probabilities_with_the_usual_draws_are_unbiased() -> None:
    mean = np.mean([probabilities(posterior(512, seed)[1]) for seed in range(20)], axis=0)
    assert mean == pytest.approx(EXPECTED, abs=0.02)
