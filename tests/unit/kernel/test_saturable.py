"""Elimination that saturates: against a general differential equation solver and against what is known of its limits."""

from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from twin_engine.kernel import saturable
from twin_engine.kernel.linear import Path, concentrations, state_at
from twin_engine.kernel.schedule import Dose

DOSES = (Dose(0, 1, 1300), Dose(4, 0, 300), Dose(12, 1.5, 200), Dose(12.5, 3, 60))
TIMES = np.array([20.0, 0.5, 3.0, 4.5, 8.0, 13.0, 48.0])


def path_of(vmax: float = 17.0, km: float = 5.0, volume: float = 45.0) -> Path:
    typical = np.array([vmax, km, volume])[None, :, None]
    kinetics = typical * np.exp(np.random.default_rng(4).normal(0, 0.4, (3, 3, 4)))
    return Path(np.array([-np.inf, 5.0, 11.0]), kinetics)


def solved(path: Path, draw: int) -> list[float]:
    """Concentration at each time, by a general solver."""
    amount, found = 0.0, {}
    marks = sorted({0.0, 5.0, 11.0, *TIMES, *(d.start_h for d in DOSES), *(d.end_h for d in DOSES)})
    for begin, end in pairwise(marks):
        amount += sum(d.amount for d in DOSES if d.duration_h == 0 and d.start_h == begin)
        rate = sum(d.rate for d in DOSES if d.start_h <= begin < d.end_h)
        vmax, km, volume = path.at(begin)[:, draw]

        def slope(_: float, y: np.ndarray, r: float = rate, half: float = km * volume, top: float = vmax) -> np.ndarray:
            return r - top * y / (half + y)

        amount = solve_ivp(slope, (begin, end), [amount], rtol=1e-11, atol=1e-11).y[0, -1]
        found[end] = amount / path.at(end - 1e-9)[2, draw]
    return [found[t] for t in TIMES]


def test_concentrations_equal_the_solved_equations_across_parameter_changes() -> None:
    path = path_of()
    found = concentrations(path, DOSES, TIMES)
    for draw in range(path.draws):
        assert found[:, draw] == pytest.approx(solved(path, draw), rel=1e-5)


def test_far_below_km_elimination_is_linear() -> None:
    high = path_of(vmax=4e6, km=1e6)
    linear = replace(high, kinetics=np.stack([high.kinetics[:, 0] / high.kinetics[:, 1], high.kinetics[:, 2]], axis=1))
    assert concentrations(high, DOSES, TIMES) == pytest.approx(concentrations(linear, DOSES, TIMES), rel=1e-4)


def test_far_above_km_the_same_amount_goes_every_hour() -> None:
    path = path_of(km=1e-4)
    vmax, _, volume = path.kinetics[0]
    fall = np.diff(concentrations(path, [Dose(0, 0, 900)], np.array([1.0, 4.0])), axis=0)[0]
    assert fall == pytest.approx(-3.0 * vmax / volume, rel=1e-4)


def test_an_infusion_at_vmax_has_no_steady_state_and_no_singularity() -> None:
    path = Path(np.array([-np.inf]), np.array([[[10.0, 10.0, 10.0], [5.0, 5.0, 5.0], [40.0, 40.0, 40.0]]]))
    near = replace(path, kinetics=path.kinetics * np.array([[[1.0, 1.0 + 1e-12, 1.0 - 1e-9]] + [[1.0] * 3] * 2]))
    found = concentrations(near, [Dose(0, 240, 2400)], np.array([120.0, 240.0]))
    assert found.std(axis=1) == pytest.approx(0.0, abs=1e-6)
    # At R = VMAX dC/dt = VMAX KM / (V (KM + C)), so (KM + C)^2 rises in proportion to time.
    assert (5.0 + found[:, 0]) ** 2 == pytest.approx(25.0 + 2.0 * 10.0 * 5.0 / 40.0 * np.array([120.0, 240.0]), rel=1e-6)


def test_a_state_carries_everything_needed_to_go_on() -> None:
    path = replace(path_of(), lag_h=0.3)
    halfway = state_at(path, DOSES, 13.0)
    rest = [part for d in DOSES if (part := d.after(13.0))]
    later = np.array([13.5, 24.0])
    assert concentrations(path, rest, later, halfway) == pytest.approx(concentrations(path, DOSES, later), rel=1e-5)


def test_nothing_given_is_nothing_there() -> None:
    path = path_of()
    assert concentrations(path, (), np.array([1.0, 5.0])).max() == 0.0
    assert state_at(path, (), 4.0).total().tolist() == [0.0] * path.draws


def test_an_absurd_input_costs_no_more_than_a_usual_one(monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[float] = []
    step = saturable._stepped

    def counted(amount: np.ndarray, rate: float, *rest: Any) -> np.ndarray:
        taken.append(rate)
        return step(amount, rate, *rest)

    monkeypatch.setattr(saturable, "_stepped", counted)
    path = path_of()
    found = {r: concentrations(path, [Dose(0, 24, 24.0 * r)], np.array([24.0])) for r in (20.0, 2e4, 1e8)}
    vmax, _, volume = path.at(20.0)
    assert found[1e8][0] == pytest.approx(24e8 / volume, rel=1e-5)
    assert ((found[2e4][0] < 24 * 2e4 / volume) & (found[2e4][0] > 24 * (2e4 - 4 * vmax) / volume)).all()
    assert len(taken) < 1000
    assert max(taken.count(2e4), taken.count(1e8)) < 2 * taken.count(20.0) + 60
