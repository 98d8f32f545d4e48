"""Simulation-based calibration of every model, and proof that the test notices a variance wrong by a factor two.

A few patients per model here, for mistakes: a true coverage of 86 % passes nineteen times in twenty. `make sbc` simulates a
thousand and holds them to four points of 90 %; its page must have a row for every model, and every row must hold. Over all
models some 550 quantities are tested here, so that once in a while one of them is off by chance: then a thousand other
patients decide.
"""

import pytest

from tests.unit.kernel.models import made_up, with_effect
from twin_engine.kernel.declare import Model, RandomEffect, ResidualError
from twin_engine.registry import MODELS
from validation.sbc import LEVELS, calibrate

PATIENTS = 400
FEW_PATIENTS, MANY_PATIENTS = 300, 1000
SEED = 3

every_model = pytest.mark.parametrize("model", MODELS.values(), ids=lambda m: m.id)
some_models = pytest.mark.parametrize("model", [m for m in MODELS.values() if m.drug == "vancomycin"], ids=lambda m: m.id)

made_up_models = pytest.mark.parametrize(
    "model",
    [
        made_up(residual=ResidualError(0.0, 0.2, "log", "test")),
        made_up(occasions=(RandomEffect("CL", 0.06, "reported_variance", "test"),)),
        made_up(lag_h=0.5),
        with_effect(),
        made_up(("VMAX", "KM", "V"), saturable=True),
    ],
    ids=["logarithmic error", "days that differ", "lag", "effect site and response", "saturable elimination"],
)


@made_up_models
@pytest.mark.parametrize("n_levels", LEVELS)
def test_every_part_of_the_declaration_is_calibrated(model: Model, n_levels: int) -> None:
    found = calibrate(model, n_levels, PATIENTS, SEED)
    assert found.passed, found


@every_model
@pytest.mark.parametrize("n_levels", LEVELS)
def test_intervals_are_calibrated(model: Model, n_levels: int) -> None:
    found = calibrate(model, n_levels, PATIENTS if model.drug == "vancomycin" else FEW_PATIENTS, SEED)
    if not found.passed:
        found = calibrate(model, n_levels, MANY_PATIENTS, SEED + 1)
    assert found.passed, found


@some_models
def test_a_doubled_omega_is_noticed(model: Model) -> None:
    assert not all(calibrate(model, n, FEW_PATIENTS, SEED, omega_factor=2.0).passed for n in LEVELS)


@some_models
@pytest.mark.parametrize("n_levels", [n for n in LEVELS if n])
def test_a_halved_sigma_is_noticed(model: Model, n_levels: int) -> None:
    assert not calibrate(model, n_levels, FEW_PATIENTS, SEED, sigma_factor=0.5).passed
