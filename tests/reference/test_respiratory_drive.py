"""The drive to breathe under propofol and remifentanil: published points by hand, and the equations solved otherwise."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from twin_engine.sedation.drive import C50_PROPOFOL, SHARE_AT_REST, Controllers, controllers, course, depressed, settled

TYPICAL, AT_REST = (controllers(np.zeros((1, 4)), np.array([at_rest])) for at_rest in (False, True))


def resting_fall(each: Controllers, propofol: float, opioid: float) -> float:
    """Share of the ventilation that is lost once settled, by hand: V = D p^F with D p^(F + 1) = 1."""
    return 1.0 - drive(propofol, opioid) ** (1.0 / (float(each.gain[0]) + 1.0))


def drive(propofol: float, opioid: float) -> float:
    return float(depressed(TYPICAL, np.array([[propofol]]), np.array([[opioid]]))[0, 0])


def test_the_printed_depression_at_a_fixed_tension() -> None:
    assert pytest.approx(1.2010, abs=5e-4) == C50_PROPOFOL
    assert drive(1.0, 0.0) == pytest.approx(1.0 - 0.443)
    assert drive(0.0, 0.92) == pytest.approx(0.5)
    # 57.7 % (standard error 3.5) printed by another group for 1 ug/L.
    assert 1.0 - drive(0.0, 1.0) == pytest.approx(0.526, abs=1e-3)


def test_a_low_dose_of_propofol_lowers_the_c50_of_remifentanil_by_20_to_50_percent() -> None:
    """Half of the drive is left where the doses add up to one."""
    for propofol in (0.25, 0.5):
        left = 0.92 * (1.0 - propofol / C50_PROPOFOL)
        assert drive(propofol, left) == pytest.approx(0.5)
        assert 0.2 <= 1.0 - left / 0.92 <= 0.5


def test_carbon_dioxide_gives_back_most_of_the_ventilation_once_settled() -> None:
    tension = settled(TYPICAL, np.array([0.5]))
    assert tension[0] == pytest.approx(2.0 ** (1.0 / 5.3))
    assert 0.5 * tension[0] ** 4.3 == pytest.approx(0.8774, abs=1e-4)


def test_ventilation_at_rest_is_as_either_study_printed_it() -> None:
    """27.7 % (standard error 3.5) less at 1 ug/L of remifentanil, 12.6 % (3.3) at 1 mg/L of propofol, together at least their
    sum. The other study's gain gives half of the first: both are among the copies."""
    assert resting_fall(AT_REST, 0.0, 1.0) == pytest.approx(0.277)
    assert resting_fall(AT_REST, 1.0, 1.0) >= 0.277 + 0.126 - 0.005
    assert resting_fall(TYPICAL, 1.0, 0.0) == pytest.approx(0.126, abs=0.033)
    assert resting_fall(TYPICAL, 0.0, 1.0) == pytest.approx(0.131, abs=1e-3)


def test_the_interval_under_remifentanil_holds_the_printed_falls() -> None:
    rng = np.random.default_rng(5)
    each = controllers(rng.standard_normal((2000, 4)), rng.random(2000) < SHARE_AT_REST)
    for propofol, printed in ((0.0, 0.277), (1.0, 0.277 + 0.126)):
        left = depressed(each, np.full((1, 2000), propofol), np.ones((1, 2000)))[0]
        low, median, high = np.quantile(1.0 - left * settled(each, left) ** each.gain, (0.05, 0.5, 0.95))
        assert low < printed < high
        assert median == pytest.approx(printed, abs=0.1)


def test_without_breath_the_tension_rises_by_three_mmhg_a_minute() -> None:
    """0.08 x 42.4 mmHg: as in anaesthetised adults without breath after the first minute (3.4 mmHg/min)."""
    stopped = np.full((11, 1), 1e-9)
    stopped[0] = 1.0
    tension, _ = course(TYPICAL, stopped)
    assert (tension[-1] - tension[4])[0] * 42.4 / 3.0 == pytest.approx(3.39, rel=0.01)


@pytest.mark.parametrize("after", [0.9, 0.5, 0.2, 0.05])
def test_the_course_is_that_of_a_solver_of_differential_equations(after: float) -> None:
    """A drive that falls with a time constant of three minutes, as at an effect site."""

    def left(minute: np.ndarray | float) -> np.ndarray:
        return after + (0.95 - after) * np.exp(-np.asarray(minute) / 3.0)

    def slope(minute: float, state: np.ndarray) -> list[float]:
        pressure, felt = state
        return [0.08 * (1.0 - float(left(minute)) * felt**4.3 * pressure), 0.92 * (pressure - felt)]

    minutes = np.arange(121) / 2.0
    tension, breathed = course(TYPICAL, left(minutes)[:, None])
    start = 0.95 ** (-1.0 / 5.3)
    truth = solve_ivp(slope, (0.0, 60.0), [start, start], t_eval=minutes, rtol=1e-8, atol=1e-10).y
    assert tension[:, 0] == pytest.approx(truth[0], rel=0.002)
    assert breathed[:, 0] == pytest.approx(left(minutes) * truth[1] ** 4.3, rel=0.005)
