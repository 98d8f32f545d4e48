"""The closed form against a general differential equation solver, and exact areas against a fine grid."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from twin_engine.kernel.linear import Path, concentrations, effect_site, empty_state, state_at
from twin_engine.kernel.schedule import Dose

DOSES = (Dose(0, 2, 2000), Dose(4, 0, 300), Dose(12, 1.5, 1000), Dose(12.5, 3, 400))
TIMES = np.array([20.0, 1.0, 3.0, 4.5, 8.0, 13.0, 24.0])


def three_regimes(compartments: int, draws: int = 3, lag_h: float = 0.0) -> Path:
    rng = np.random.default_rng(compartments)
    typical = np.array([4.0, 50.0, 6.0, 40.0, 1.0, 100.0])[: 2 * compartments]
    kinetics = np.exp(rng.normal(0, 0.3, (3, 2 * compartments, draws))) * typical[None, :, None]
    effect = np.exp(rng.normal(0, 0.5, (3, 1, draws))) * 0.4
    return Path(np.array([-np.inf, 5.0, 11.0]), kinetics, effect, lag_h)


def solved(path: Path, draw: int) -> dict[float, tuple[float, float]]:
    """Central and effect-site concentration at each mark, by a general solver."""

    def slope(hour: float, amounts: np.ndarray) -> np.ndarray:
        p = path.at(hour)[:, draw]
        central = amounts[0] / p[1]
        rate = sum(d.rate for d in DOSES if d.start_h <= hour < d.end_h)
        change = [rate - p[0] * central]
        for j, (flow, volume) in enumerate(zip(p[2:-1:2], p[3:-1:2], strict=True), start=1):
            exchange = flow * (central - amounts[j] / volume)
            change[0] -= exchange
            change.append(exchange)
        return np.array([*change, p[-1] * (central - amounts[-1])])

    amounts, found = np.zeros(path.kinetics.shape[1] // 2 + 1), {}
    marks = sorted({0.0, 5.0, 11.0, *TIMES, *(d.start_h for d in DOSES), *(d.end_h for d in DOSES)})
    for begin, end in pairwise(marks):
        amounts[0] += sum(d.amount for d in DOSES if d.duration_h == 0 and d.start_h == begin)

        def within(hour: float, y: np.ndarray, low: float = begin, high: float = end) -> np.ndarray:
            return slope(min(max(hour, low), high - 1e-9), y)

        amounts = solve_ivp(within, (begin, end), amounts, rtol=1e-10, atol=1e-10).y[:, -1]
        found[end] = (amounts[0] / path.at(end - 1e-9)[1, draw], amounts[-1])
    return found


@pytest.mark.parametrize("compartments", [1, 2, 3])
def test_concentrations_equal_the_solved_equations_across_parameter_changes(compartments: int) -> None:
    path = three_regimes(compartments)
    closed, felt = concentrations(path, DOSES, TIMES), effect_site(path, DOSES, TIMES)
    for draw in range(path.draws):
        reference = solved(path, draw)
        assert closed[:, draw] == pytest.approx([reference[t][0] for t in TIMES], rel=1e-7)
        assert felt[:, draw] == pytest.approx([reference[t][1] for t in TIMES], rel=1e-7)


@pytest.mark.parametrize("ratio", [1.0, 1.0 + 1e-9, 1.0 - 3e-7, 1.0 + 1e-4])
def test_an_effect_site_as_fast_as_elimination_stays_exact(ratio: float) -> None:
    kinetics, rate = np.array([[[4.0], [50.0]]]), 4.0 / 50.0
    path = Path(np.array([-np.inf]), kinetics, np.array([[[rate * ratio]]]))
    felt = effect_site(path, [Dose(0, 0, 1000)], TIMES)[:, 0]
    assert felt == pytest.approx(1000 / 50 * rate * TIMES * np.exp(-rate * TIMES), rel=1e-4 if ratio > 1.00001 else 1e-5)


@pytest.mark.parametrize("lag_h", [0.0, 0.8])
@pytest.mark.parametrize("compartments", [1, 2, 3])
def test_a_state_carries_everything_needed_to_go_on(compartments: int, lag_h: float) -> None:
    path = three_regimes(compartments, lag_h=lag_h)
    halfway = state_at(path, DOSES, 13.0)
    rest = [part for d in DOSES if (part := d.after(13.0))]
    later = np.array([13.5, 24.0])
    for course in (concentrations, effect_site):
        assert course(path, rest, later, halfway) == pytest.approx(course(path, DOSES, later), rel=1e-10)


def test_a_lag_delays_every_dose_and_nothing_else() -> None:
    path = three_regimes(2, lag_h=0.5)
    shifted = [replace(d, start_h=d.start_h + 0.5) for d in DOSES]
    assert (concentrations(path, DOSES, TIMES) == concentrations(replace(path, lag_h=0.0), shifted, TIMES)).all()
    assert concentrations(path, DOSES, np.array([0.4])).max() == 0.0


def test_mass_is_conserved_when_nothing_is_eliminated_yet() -> None:
    path = three_regimes(2)
    tiny = replace(path, kinetics=path.kinetics * np.array([1e-9, 1, 1, 1])[None, :, None])
    assert state_at(tiny, [Dose(0, 3, 900)], 12.0).total() == pytest.approx(np.full(3, 900.0), rel=1e-6)


def test_nothing_given_is_nothing_there() -> None:
    path = three_regimes(2)
    assert concentrations(path, (), np.array([1.0, 5.0])).max() == 0.0
    assert state_at(path, (), 4.0).total().tolist() == empty_state(path, 4.0).total().tolist()
