"""Superposition against stepping from event to event, and steady state against giving the same dose for long."""

import numpy as np
import pytest

from twin_engine.kernel.linear import Path, arriving, concentrations, state_at
from twin_engine.kernel.mammillary import modes
from twin_engine.kernel.schedule import Dose
from twin_engine.kernel.superpose import settled, superposed, window_areas

ONE = np.array([[4.0, 6.0], [30.0, 20.0]])
TWO = np.vstack([ONE, [[5.0, 3.0], [40.0, 25.0]]])
THREE = np.vstack([TWO, [[1.0, 0.8], [60.0, 90.0]]])
every_size = pytest.mark.parametrize("kinetics", [ONE, TWO, THREE], ids=["1", "2", "3"])


def stepped(kinetics: np.ndarray, doses: list[Dose], times: np.ndarray) -> np.ndarray:
    return concentrations(Path(np.array([-np.inf]), kinetics[None]), doses, times)


@every_size
def test_superposition_is_stepping(kinetics: np.ndarray) -> None:
    schedules = [
        [Dose(0.0, 0.5, 100.0), Dose(8.0, 0.5, 100.0), Dose(16.0, 3.0, 200.0)],
        [Dose(1.25, 0.0, 80.0)],
        [Dose(2.0, 22.0, 500.0)],
        [],
    ]
    times = np.array([0.0, 0.25, 1.25, 1.3, 8.5, 16.0, 24.0])
    found = superposed(modes(kinetics), schedules, [times] * 4)
    for schedule, curve in zip(schedules[:3], found, strict=False):
        assert curve == pytest.approx(stepped(kinetics, schedule, times), rel=1e-9, abs=1e-12)
    assert (found[3] == 0).all()


@every_size
@pytest.mark.parametrize("times", [[13.0], [13.0, 13.1, 14.0, 20.25, 40.0, 75.0], [15.0, 60.0]], ids=["now", "on", "later"])
def test_what_is_in_the_body_comes_on_top(kinetics: np.ndarray, times: list[float]) -> None:
    path, hours = Path(np.array([-np.inf]), kinetics[None]), np.array(times)
    start = state_at(path, [Dose(0.0, 2.0, 2000.0), Dose(12.5, 0.0, 300.0)], 13.0)
    schedules = [[], [Dose(14.0, 1.0, 500.0), Dose(26.0, 1.0, 500.0)], [Dose(14.0, 1.0, 750.0), Dose(14.0, 0.0, 40.0)]]
    found = superposed(modes(kinetics), schedules, [hours] * 3, start)
    for schedule, curve in zip(schedules, found, strict=True):
        assert curve == pytest.approx(concentrations(path, schedule, hours, start), rel=1e-9)


@every_size
@pytest.mark.parametrize("infusion_h", [0.0, 0.5, 4.0, 8.0])
def test_steady_state_is_what_many_doses_come_to(kinetics: np.ndarray, infusion_h: float) -> None:
    times = np.array([0.25, 0.5, 2.0, 6.0, 8.0])
    doses = [Dose(8.0 * i, infusion_h, 100.0) for i in range(400)]
    expected = stepped(kinetics, doses, times + 8.0 * 399)
    assert settled(modes(kinetics), 100.0, 8.0, infusion_h, times) == pytest.approx(expected, rel=1e-6)


@every_size
@pytest.mark.parametrize("lag_h", [0.0, 0.8])
def test_window_areas_equal_a_fine_grid(kinetics: np.ndarray, lag_h: float) -> None:
    path = Path(np.array([-np.inf]), kinetics[None], None, lag_h)
    start = state_at(path, [Dose(0.0, 2.0, 2000.0), Dose(12.5, 0.0, 300.0)], 13.0)
    schedules = [
        [Dose(15.0, 0.0, 500.0), Dose(20.0, 2.0, 800.0), Dose(38.0, 4.0, 100.0)],
        [Dose(14.0, 24.0, 900.0), Dose(14.0, 24.0, 300.0), Dose(50.0, 1.0, 900.0)],
        [],
    ]
    acting = [arriving(schedule, lag_h, start) for schedule in schedules]
    areas = window_areas(modes(kinetics), kinetics[0], start, acting, (16.0, 40.0))
    hours = np.linspace(16.0, 40.0, 24_001)
    for row, schedule in zip(areas, schedules, strict=True):
        curve = concentrations(path, schedule, hours, start)
        assert row == pytest.approx(np.trapezoid(curve, hours, axis=0), rel=1e-5)
