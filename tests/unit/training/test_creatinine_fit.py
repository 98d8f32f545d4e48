"""The estimation of the creatinine filter: series that the filter's own model made, and the condition on a halved GFR."""

from dataclasses import replace

import numpy as np

from training.creatinine_fit import Series, estimated, halving_missed, joined, log_likelihood
from twin_engine.covariates.balance import turnovers
from twin_engine.covariates.creatinine_filter import LIVELINESS, advanced, stayed, wandered


def made(charts: int, seed: int) -> Series:
    """Five values a day apart of each chart and the next, made by the numbers in use."""
    rng, days = np.random.default_rng(seed), 6
    female = rng.random(charts) < 0.4
    turnover = turnovers(rng.uniform(30.0, 90.0, charts), female)
    restless = np.sqrt(LIVELINESS.freedom / rng.chisquare(LIVELINESS.freedom, charts))
    level = np.where(female, LIVELINESS.level[1], LIVELINESS.level[0]) + LIVELINESS.level_sd * rng.standard_normal(charts)
    log_s = level
    log_a = level + LIVELINESS.unsettled * restless * rng.standard_normal(charts)
    seen = np.empty((charts, days))
    for day in range(days):
        seen[:, day] = log_s + LIVELINESS.measured * rng.standard_normal(charts)
        later = level + (log_a - level) * stayed(24.0, LIVELINESS)
        later = later + restless * wandered(24.0, LIVELINESS) * rng.standard_normal(charts)
        log_s, log_a = advanced(log_s, (log_a + later) / 2.0, turnover, 24.0), later
    hours = np.tile(np.arange(-96.0, 1.0, 24.0), (charts, 1))
    return Series(hours, seen[:, :-1], turnover, female, np.full(charts, 24.0), seen[:, -1])


def test_numbers_far_off_are_found_to_be_less_likely() -> None:
    series = made(400, 1)
    now = log_likelihood(series, LIVELINESS).mean()
    for wrong in ({"walk": 0.5}, {"measured": 0.2}, {"freedom": 60.0}):
        assert log_likelihood(series, replace(LIVELINESS, **wrong)).mean() < now - 0.02, wrong


def test_estimation_comes_nearer() -> None:
    series, start = made(150, 2), replace(LIVELINESS, measured=0.15)
    found = estimated(series, start, evaluations=20)
    assert log_likelihood(series, found).mean() > log_likelihood(series, start).mean() + 0.02


def test_a_slow_filter_misses_a_halved_gfr() -> None:
    assert halving_missed(replace(LIVELINESS, walk=0.03)) > 0.15
    assert halving_missed(LIVELINESS) < 0.1


def test_charts_of_different_length_are_joined() -> None:
    short, long = made(3, 3), made(4, 4)
    short = replace(short, hours_h=short.hours_h[:, 2:], logs=short.logs[:, 2:])
    both = joined(short, long)
    assert both.logs.shape == (7, 5)
    expected = np.concatenate([log_likelihood(s, LIVELINESS) for s in (short, long)])
    np.testing.assert_allclose(log_likelihood(both, LIVELINESS), expected, rtol=1e-9)
