"""Gates that every registered model passes, whatever the drug."""

from dataclasses import replace
from pathlib import Path as File

import numpy as np
import pytest

from tests.models.records import unusual_records, usual_record
from tests.reference.patients import AT
from twin_engine.covariates import covariate_path
from twin_engine.kernel.declare import Model
from twin_engine.kernel.estimate import Levels, find_mode
from twin_engine.kernel.individual import Individual, individual
from twin_engine.kernel.linear import Path, concentrations, effect_site
from twin_engine.kernel.observe import predictor, responses
from twin_engine.kernel.schedule import Dose
from twin_engine.outcome import CannotPredict, ModelError
from twin_engine.patient.record import Procedure
from twin_engine.patient.variables import DRUGS
from twin_engine.registry import MODELS
from validation.patients import one_regime, regimen, twelfths, usual_covariates

ROOT = File(__file__).parents[2]
TIMES = np.array([1.0, 6.0, 11.5, 13.0, 23.5, 30.0])
"""In twelfths of the usual interval between doses, as are all times below."""

every_model = pytest.mark.parametrize("model", MODELS.values(), ids=lambda m: m.id)


def patient_of(model: Model) -> Individual:
    return individual(model, one_regime(usual_covariates(model)))


def doses_of(model: Model) -> tuple[Dose, ...]:
    return regimen(model, usual_covariates(model), doses=3)


def twice(doses: tuple[Dose, ...]) -> list[Dose]:
    return [replace(d, amount=2 * d.amount) for d in doses]


def clearance(path: Path, level: float) -> float:
    """L/h of the only copy at a concentration. Where elimination saturates VMAX and KM are hard to tell apart by levels far
    above KM, and their prior decides; what they come to at the levels is not."""
    vmax_or_clearance = float(path.kinetics[0, 0, 0])
    return vmax_or_clearance / (float(path.kinetics[0, 1, 0]) + level) if path.saturable else vmax_or_clearance


@every_model
def test_responds_to_a_dose_and_stays_finite_and_non_negative(model: Model) -> None:
    patient, doses, times = patient_of(model), doses_of(model), twelfths(model, TIMES)
    draws = np.random.default_rng(1).standard_normal((len(patient.omega), 200))
    path = patient.path(np.linalg.cholesky(patient.omega) @ draws)
    for course in (concentrations, effect_site) if model.effect_site else (concentrations,):
        curve = course(path, doses, times)
        assert np.isfinite(curve).all()
        assert (curve > 0).all()
        doubled = course(path, twice(doses), times)
        if model.saturable:
            # Superposition does not hold: twice the dose gives more than twice the level (mass balance: tests/property).
            assert (doubled > 2 * curve).all()
        else:
            assert doubled == pytest.approx(2 * curve, rel=1e-9)
    if model.response is not None:
        felt = responses(model.response, path, doses, times)
        assert np.isfinite(felt).all()
        assert (responses(model.response, path, twice(doses), times) != felt).all()


@every_model
def test_only_elapsed_time_matters(model: Model) -> None:
    path, doses, times = patient_of(model).path(np.zeros((len(model.eta_names), 1))), doses_of(model), twelfths(model, TIMES)
    later = [replace(d, start_h=d.start_h + 1000.0) for d in doses]
    assert concentrations(path, later, times + 1000.0) == pytest.approx(concentrations(path, doses, times), rel=1e-9)


@every_model
def test_the_mode_recovers_a_simulated_patient(model: Model) -> None:
    patient, hours = patient_of(model), twelfths(model, np.linspace(1.0, 35.0, 40))
    truth = 0.5 * np.sqrt(np.diag(patient.omega))[:, None]
    predict = predictor(patient, doses_of(model), hours)
    true_levels = predict(truth)[:, 0]
    exact = replace(model.residual, proportional=0.001)
    if exact.combination != "log":
        exact = replace(exact, additive=0.0005 * float(true_levels.max()))
    mode, _, _ = find_mode(predict, Levels.measured(true_levels), exact, patient.omega)
    level = float(true_levels.mean())
    found, true = (clearance(patient.path(e), level) for e in (mode[:, None], truth))
    assert found == pytest.approx(true, rel=0.02)


@every_model
def test_omega_is_a_covariance_and_the_error_is_positive(model: Model) -> None:
    assert (np.linalg.eigvalsh(model.omega()) > 0).all()
    assert (model.residual.variance(np.array([0.0, 10.0])) > 0).all()


@every_model
def test_refuses_what_was_not_studied(model: Model) -> None:
    usual = usual_record(model)
    assert not isinstance(covariate_path(model, usual, AT), CannotPredict)
    strangers = unusual_records(model)
    for procedure in model.refused_procedures:
        strangers[procedure] = replace(usual, procedures=(Procedure(procedure, AT),))
    assert len(strangers) >= 3
    for what, patient in strangers.items():
        refused = covariate_path(model, patient, AT)
        assert isinstance(refused, CannotPredict), what
        assert len(refused.reason) > 10


@every_model
def test_is_about_adults(model: Model) -> None:
    assert isinstance(covariate_path(model, usual_record(model, age=10.0), AT), CannotPredict)
    assert "pregnancy" in model.refused_conditions


@every_model
def test_declares_a_drug_that_is_known_in_its_unit(model: Model) -> None:
    drug = DRUGS[model.drug]
    assert model.unit == drug.level_unit
    assert model.unit == f"{drug.amount_unit}/L"


@every_model
def test_every_number_says_where_it_stands(model: Model) -> None:
    assert model.source.doi
    assert model.population
    assert all(p.where and p.unit for p in model.parameters)
    assert all(r.where for r in (*model.random_effects, *model.occasions))
    assert model.residual.where
    assert all(c.where and c.studied[0] < c.studied[1] for c in model.covariates)
    assert model.response is None or model.response.residual.where
    assert model.studied_regimen is not None
    assert model.studied_regimen.where
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
