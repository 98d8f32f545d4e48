"""Propofol and remifentanil on the index: published numbers worked out by hand, and what a wrong surface would give."""

import numpy as np
import pytest

from twin_engine.covariates import CovariatePath
from twin_engine.kernel.individual import individual
from twin_engine.kernel.observe import respond
from twin_engine.sedation.surface import ADDITIVE, INERT, POTENCY, REMIFENTANIL

BODY = {"age": 35.0, "weight": 70.0, "height": 170.0, "female": 0.0, "opioid": 1.0}
MAN = CovariatePath(np.array([-np.inf]), {name: np.array([value]) for name, value in BODY.items()})


def bis(model: object, propofol: float, remifentanil: float) -> float:
    """The index of the typical man of 35 years."""
    patient = individual(model, MAN)  # type: ignore[arg-type]
    path = patient.path(np.zeros((len(patient.omega), 1)))
    own, other = np.array([[propofol]]), np.array([[remifentanil]])
    return float(respond(model.response, path, np.zeros(1), own, other)[0, 0])  # type: ignore[attr-defined]


def test_the_ratio_of_potencies_is_that_of_the_two_c50() -> None:
    assert ADDITIVE.theta[POTENCY] == pytest.approx(4.47 / 19.3)
    # CV 88.8 %
    assert np.sqrt(np.expm1(next(r.omega2 for r in ADDITIVE.random_effects if r.parameter == POTENCY))) == pytest.approx(0.888)


@pytest.mark.parametrize(
    ("propofol", "remifentanil", "expected"),
    [
        (2.0, 0.0, 64.49),  # 93 / (1 + (2 / 3.08)^1.89)
        (2.0, 3.0, 52.34),  # 2 + 3 x 4.47 / 19.3 = 2.6948
        (0.0, 4.0, 84.29),  # 0.9264 mg/L of propofol
        (3.0, 6.0, 34.66),  # 4.3896, slope 1.47 above Ce50
    ],
)
def test_the_additive_surface(propofol: float, remifentanil: float, expected: float) -> None:
    assert bis(ADDITIVE, propofol, remifentanil) == pytest.approx(expected, abs=0.02)


def test_the_inert_surface_does_not_see_the_opioid() -> None:
    assert bis(INERT, 2.0, 6.0) == bis(INERT, 2.0, 0.0) == pytest.approx(64.49, abs=0.02)


def test_doses_of_equal_effect_lie_on_a_straight_line() -> None:
    mixed = [bis(ADDITIVE, 3.0 * (1.0 - part), 3.0 * part * 19.3 / 4.47) for part in (0.0, 0.25, 0.5, 1.0)]
    assert mixed == pytest.approx([mixed[0]] * 4)


@pytest.mark.parametrize(("age", "per_minute"), [(35.0, 1.09), (65.0, 0.4580), (80.0, 0.2969)])
def test_the_effect_site_of_remifentanil_slows_with_age(age: float, per_minute: float) -> None:
    covariates = CovariatePath(MAN.starts_h, {**MAN.values, "age": np.array([age])})
    found = REMIFENTANIL.typical(REMIFENTANIL.theta, covariates)["KE0"]
    assert float(found) / 60.0 == pytest.approx(per_minute, rel=1e-3)
