"""Forms of the residual error against the densities that they stand for."""

import numpy as np
import pytest
from scipy.stats import lognorm, norm

from twin_engine.kernel.estimate import Levels, minus_2_log_likelihood
from twin_engine.kernel.residual import ResidualError, TwoOutputs, even_normals

LOG = ResidualError(0.0, 0.2, "log", "test")
SD = ResidualError(1.0, 0.1, "sd", "test")
VARIANCE = ResidualError(1.0, 0.1, "variance", "test")
OBSERVED, PREDICTED = np.array([3.0, 14.0]), np.array([[4.0, 2.0], [11.0, 15.0]])
CONSTANT = 2 * np.log(2 * np.pi)


def density(error: ResidualError, y: np.ndarray, f: np.ndarray) -> np.ndarray:
    if error.combination == "log":
        return lognorm(s=0.2, scale=f).logpdf(y)
    sd = 1.0 + 0.1 * f if error.combination == "sd" else np.sqrt(1.0 + 0.01 * f**2)
    return norm(f, sd).logpdf(y)


@pytest.mark.parametrize("error", [LOG, SD, VARIANCE], ids=lambda e: e.combination)
def test_likelihoods_are_densities_of_the_measured_value_whatever_the_form(error: ResidualError) -> None:
    found = minus_2_log_likelihood(PREDICTED, Levels.measured(OBSERVED), error)
    expected = [-2 * density(error, OBSERVED, PREDICTED[:, k]).sum() - CONSTANT for k in (0, 1)]
    assert found == pytest.approx(expected)


def test_a_censored_level_under_a_logarithmic_error_is_its_tail() -> None:
    below = Levels(np.array([3.0]), np.array([-1.0]), np.zeros(1))
    found = minus_2_log_likelihood(np.array([[4.0]]), below, LOG)
    assert found == pytest.approx([-2 * lognorm(s=0.2, scale=4.0).logcdf(3.0) - np.log(2 * np.pi)])


def test_two_outputs_keep_their_own_errors() -> None:
    both = TwoOutputs(1, LOG, SD)
    found = minus_2_log_likelihood(PREDICTED, Levels.measured(OBSERVED), both)
    expected = [
        -2 * (density(LOG, OBSERVED[:1], PREDICTED[:1, k]) + density(SD, OBSERVED[1:], PREDICTED[1:, k])).sum() - CONSTANT
        for k in (0, 1)
    ]
    assert found == pytest.approx(expected)


@pytest.mark.parametrize("error", [LOG, SD, VARIANCE], ids=lambda e: e.combination)
def test_noise_has_the_declared_spread(error: ResidualError) -> None:
    values = error.noisy(np.full(200_000, 20.0), np.random.default_rng(0).standard_normal(200_000))
    scaled = error.transform(values) - error.transform(np.array([20.0]))
    assert scaled.std() == pytest.approx(np.sqrt(error.variance(np.array([20.0])))[0], rel=0.01)
    assert np.median(values) == pytest.approx(20.0, rel=0.01)


def test_even_normals_fill_the_distribution_in_every_row_and_every_run() -> None:
    found = even_normals(512, 8)
    assert np.quantile(found, [0.05, 0.5, 0.95]) == pytest.approx(norm.ppf([0.05, 0.5, 0.95]), abs=0.003)
    assert found.mean() == pytest.approx(0.0, abs=1e-3)
    assert found.std() == pytest.approx(1.0, abs=3e-3)
    assert np.quantile(even_normals(64)[16:48], [0.25, 0.75]) == pytest.approx(norm.ppf([0.25, 0.75]), abs=0.06)
