"""Estimation: censored levels, no levels, failures and the marginal likelihood."""

import numpy as np
import pytest
from scipy.stats import norm

from twin_engine.kernel.declare import ResidualError
from twin_engine.kernel.estimate import Levels, estimate, find_mode, minus_2_log_likelihood
from twin_engine.outcome import FitDidNotConverge

ERROR = ResidualError(1.0, 0.0, "variance", "test")


def identity(eta: np.ndarray) -> np.ndarray:
    return 10.0 + eta


def test_linear_normal_case_has_its_textbook_posterior() -> None:
    omega = np.array([[4.0]])
    levels = Levels.measured(np.array([12.0]))
    found = estimate(identity, levels, ERROR, omega, 4000, np.random.default_rng(0))
    assert found.mode == pytest.approx([1.6], abs=1e-5)
    assert found.covariance == pytest.approx(np.array([[0.8]]), rel=1e-5)
    assert found.draws.mean() == pytest.approx(1.6, abs=0.05)
    assert found.draws.std() == pytest.approx(np.sqrt(0.8), abs=0.05)
    exact = -2 * norm(10, np.sqrt(5)).logpdf(12.0) - np.log(2 * np.pi)
    assert found.minus_2_log_marginal == pytest.approx(exact, abs=0.02)


def test_a_level_below_the_limit_pulls_down_without_being_a_value() -> None:
    omega = np.array([[4.0]])
    below = Levels(np.array([8.0]), np.array([-1.0]), np.zeros(1))
    above = Levels(np.array([12.0]), np.array([1.0]), np.zeros(1))
    low, _, _ = find_mode(identity, below, ERROR, omega)
    high, _, _ = find_mode(identity, above, ERROR, omega)
    assert -2.5 < low[0] < -1.0
    assert high[0] == pytest.approx(-low[0], abs=1e-4)


def test_censored_likelihood_is_the_tail_probability() -> None:
    below = Levels(np.array([8.0]), np.array([-1.0]), np.zeros(1))
    value = minus_2_log_likelihood(np.array([[10.0]]), below, ERROR)
    assert value == pytest.approx([-2 * norm.logcdf(-2.0) - np.log(2 * np.pi)])


def test_without_levels_the_draws_are_the_population() -> None:
    omega = np.array([[0.09, 0.02], [0.02, 0.04]])
    none = Levels.measured(np.empty(0))
    found = estimate(lambda eta: eta, none, ERROR, omega, 20_000, np.random.default_rng(2))
    assert np.cov(found.draws) == pytest.approx(omega, abs=0.003)
    assert found.ess == 20_000


def test_a_hopeless_objective_is_reported_not_hidden() -> None:
    def broken(eta: np.ndarray) -> np.ndarray:
        return np.where(eta == 0.0, 1.0, np.nan)

    with pytest.raises(FitDidNotConverge):
        find_mode(broken, Levels.measured(np.array([1.0])), ERROR, np.array([[1.0]]))


def test_same_seed_same_draws() -> None:
    levels = Levels.measured(np.array([12.0]))
    one, two = (estimate(identity, levels, ERROR, np.array([[4.0]]), 64, np.random.default_rng(7)) for _ in range(2))
    assert one.draws.tolist() == two.draws.tolist()


@pytest.mark.parametrize(
    "levels", [Levels.measured(np.empty(0)), Levels.measured(np.array([12.0]))], ids=["prior", "posterior"]
)
def test_any_run_of_copies_is_a_fair_sample_along_the_asked_direction(levels: Levels) -> None:
    omega, along = np.diag([4.0, 9.0]), np.array([1.0, -1.0])

    def both(eta: np.ndarray) -> np.ndarray:
        return 10.0 + eta[:1]

    found = estimate(both, levels, ERROR, omega, 512, np.random.default_rng(3), along)
    values = along @ found.draws
    for start, count in ((0, 512), (0, 100), (137, 64), (400, 112)):
        part = values[start : start + count]
        assert abs(part.mean() - values.mean()) < 0.6 * values.std() / np.sqrt(count)
    # Sorted in the wrong order, neighbours would be alike.
    assert abs(np.corrcoef(values[:-1], values[1:])[0, 1]) < 0.2


def test_the_prior_of_every_effect_is_spread_evenly() -> None:
    none = Levels.measured(np.empty(0))
    found = estimate(identity, none, ERROR, np.diag([4.0, 9.0]), 512, np.random.default_rng(4))
    for draws, sd in zip(found.draws, (2.0, 3.0), strict=True):
        assert np.quantile(draws, (0.05, 0.5, 0.95)) == pytest.approx(norm(0, sd).ppf((0.05, 0.5, 0.95)), abs=0.03 * sd)
