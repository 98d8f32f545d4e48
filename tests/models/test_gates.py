"""Gates that every registered model passes, whatever the drug."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.reference.patients import AT, record
from twin_engine.covariates import covariate_path
from twin_engine.kernel.declare import CovariatePath, Model
from twin_engine.kernel.estimate import Levels, find_mode
from twin_engine.kernel.individual import Individual, individual
from twin_engine.kernel.linear import concentrations
from twin_engine.kernel.schedule import Dose
from twin_engine.outcome import CannotPredict, ModelError
from twin_engine.patient.record import Condition, PatientRecord, Procedure
from twin_engine.registry import MODELS

ROOT = Path(__file__).parents[2]
USUAL = {
    "age": 58.0,
    "weight": 80.0,
    "height": 175.0,
    "female": 0.0,
    "creatinine": 1.0,
    "haematological_malignancy": 0.0,
}
TIMES = np.array([1.0, 6.0, 11.5, 13.0, 23.5, 30.0])
DOSES = (Dose(0, 1, 1500), Dose(12, 1, 1000), Dose(24, 1, 1000))

every_model = pytest.mark.parametrize("model", MODELS.values(), ids=lambda m: m.id)


def patient_of(model: Model) -> Individual:
    values = {c.name: np.array([USUAL[c.name]]) for c in model.covariates}
    return individual(model, CovariatePath(np.array([-np.inf]), values))


def complete_record() -> PatientRecord:
    return record(creatinine=[(-6.0, 1.0)])


@every_model
def test_responds_to_a_dose_and_stays_finite_and_non_negative(model: Model) -> None:
    patient = patient_of(model)
    draws = np.random.default_rng(1).standard_normal((len(patient.omega), 200))
    path = patient.path(np.linalg.cholesky(patient.omega) @ draws)
    curve = concentrations(path, DOSES, TIMES)
    assert np.isfinite(curve).all()
    assert (curve > 0).all()
    doubled = concentrations(path, [replace(d, amount=2 * d.amount) for d in DOSES], TIMES)
    assert doubled == pytest.approx(2 * curve, rel=1e-9)


@every_model
def test_only_elapsed_time_matters(model: Model) -> None:
    path = patient_of(model).path(np.zeros((len(model.eta_names), 1)))
    later = [replace(d, start_h=d.start_h + 1000.0) for d in DOSES]
    assert concentrations(path, later, TIMES + 1000.0) == pytest.approx(concentrations(path, DOSES, TIMES), rel=1e-9)


@every_model
def test_the_mode_recovers_a_simulated_patient(model: Model) -> None:
    patient = patient_of(model)
    truth = 0.5 * np.sqrt(np.diag(patient.omega))[:, None]
    hours = np.linspace(1.0, 35.0, 40)
    levels = Levels.measured(concentrations(patient.path(truth), DOSES, hours)[:, 0])
    exact = replace(model.residual, additive=0.01, proportional=0.001)
    mode, _, _ = find_mode(lambda eta: concentrations(patient.path(eta), DOSES, hours), levels, exact, patient.omega)
    assert patient.path(mode[:, None]).kinetics[0, 0, 0] == pytest.approx(patient.path(truth).kinetics[0, 0, 0], rel=0.02)


@every_model
def test_omega_is_a_covariance_and_the_error_is_positive(model: Model) -> None:
    assert (np.linalg.eigvalsh(model.omega()) > 0).all()
    assert (model.residual.variance(np.array([0.0, 10.0])) > 0).all()


@every_model
def test_refuses_what_was_not_studied(model: Model) -> None:
    assert not isinstance(covariate_path(model, complete_record(), AT), CannotPredict)
    outside = [
        record(creatinine=[(-6.0, 1.0)], age=10.0),
        record(creatinine=[(-6.0, 1.0)], weight=400.0),
        record(creatinine=[(-6.0, 1.0)], weight=None),
        record(creatinine=[]),
        record(creatinine=[(-6.0, 40.0)]),
        replace(complete_record(), birth_date=None),
        replace(complete_record(), conditions=(Condition("pregnancy"),)),
        replace(complete_record(), procedures=(Procedure("crrt", AT),)),
        replace(complete_record(), procedures=(Procedure("ecmo", None),)),
    ]
    for patient in outside:
        refused = covariate_path(model, patient, AT)
        assert isinstance(refused, CannotPredict)
        assert len(refused.reason) > 10


@every_model
def test_every_number_says_where_it_stands(model: Model) -> None:
    assert model.source.doi
    assert model.population
    assert all(p.where and p.unit for p in model.parameters)
    assert all(r.where for r in model.random_effects)
    assert model.residual.where
    assert all(c.where and c.studied[0] < c.studied[1] for c in model.covariates)
    assert model.prior_weight > 0
    if model.status == "verified":
        assert model.source.confirmed_by


@every_model
def test_has_a_reference_test(model: Model) -> None:
    assert (ROOT / "tests" / "reference" / f"test_{model.id}.py").is_file()


def test_a_model_whose_equations_leave_the_positive_reals_is_a_bug() -> None:
    model = MODELS["vancomycin_goti_2018"]
    broken = replace(model, typical=lambda theta, c: {**model.typical(theta, c), "CL": np.array([-1.0])})
    with pytest.raises(ModelError, match="CL is not positive"):
        patient_of(broken)
