"""Simulation-based calibration of every model, and proof that the test notices a variance wrong by a factor two."""

import pytest

from twin_engine.kernel.declare import Model
from twin_engine.registry import MODELS
from validation.sbc import LEVEL_TIMES_H, calibrate

PATIENTS = 400
SEED = 3

every_model = pytest.mark.parametrize("model", MODELS.values(), ids=lambda m: m.id)


@every_model
@pytest.mark.parametrize("n_levels", LEVEL_TIMES_H)
def test_intervals_are_calibrated(model: Model, n_levels: int) -> None:
    found = calibrate(model, n_levels, PATIENTS, SEED)
    assert found.passed, found


@every_model
def test_a_doubled_omega_is_noticed(model: Model) -> None:
    assert not all(calibrate(model, n, PATIENTS, SEED, omega_factor=2.0).passed for n in LEVEL_TIMES_H)


@every_model
@pytest.mark.parametrize("n_levels", [n for n in LEVEL_TIMES_H if n])
def test_a_halved_sigma_is_noticed(model: Model, n_levels: int) -> None:
    assert not calibrate(model, n_levels, PATIENTS, SEED, sigma_factor=0.5).passed
