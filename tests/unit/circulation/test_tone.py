"""The filter of the pressure: the same as conditioning a normal distribution, and what it does with odd values."""

import numpy as np
import pytest

from twin_engine.circulation.tone import TONE, expected, filtered, loading

HOURS = np.array([-3.0, -2.0, -0.5, -0.1])
VALUES = np.array([70.0, 66.0, 68.0, 71.0])
CUFF = np.array([1.0, 0.0, 0.0, 1.0])
LOAD = np.array([0.0, 5.0, 5.0, 9.0])


def conditioned(hour: float, load: float) -> tuple[float, float]:
    """Mean and SD of a charted pressure, from the covariance of everything at once."""
    times, loads, cuff = np.append(HOURS, hour), np.append(LOAD, load), np.append(CUFF, 0.0)
    rows = loading(TONE.effect(loads), cuff)
    apart = np.abs(times[:, None] - times[None, :])
    covariance = sum(
        np.outer(rows[:, i], rows[:, i]) * TONE.sd[i] ** 2 * np.exp(-apart / TONE.tau_h[i]) for i in range(len(TONE.sd))
    ) + np.diag(TONE.noise(cuff) ** 2)
    mean = rows @ TONE.mean
    weights = np.linalg.solve(covariance[:4, :4], covariance[:4, 4])
    return float(mean[4] + weights @ (VALUES - mean[:4])), float(np.sqrt(covariance[4, 4] - weights @ covariance[:4, 4]))


@pytest.mark.parametrize(("hour", "load"), [(0.2, 9.0), (1.0, 20.0), (0.5, 0.0)])
def test_it_equals_conditioning_on_all_values_at_once(hour: float, load: float) -> None:
    state = filtered(HOURS, VALUES, CUFF, LOAD)
    median, spread = expected(state, np.array(hour), np.array(load), np.array(0.0))
    mean, sd = conditioned(hour, load)
    assert float(median) == pytest.approx(mean, rel=1e-9)
    assert float(spread / state.width / TONE.width) == pytest.approx(sd, rel=1e-9)


def test_several_charts_at_once_are_those_one_by_one() -> None:
    gap = np.array([np.nan, 66.0, 68.0, np.nan])
    both = filtered(np.stack([HOURS, HOURS]), np.stack([VALUES, gap]), np.stack([CUFF, CUFF]), np.stack([LOAD, LOAD]))
    alone = filtered(HOURS[1:3], gap[1:3], CUFF[1:3], LOAD[1:3])
    assert both.mean[1] == pytest.approx(alone.mean)
    assert both.covariance[1] == pytest.approx(alone.covariance)
    assert both.hour.tolist() == [-0.1, -0.5]


def test_a_value_far_off_moves_the_forecast_less_than_it_would_and_widens_it() -> None:
    usual, odd = VALUES.copy(), VALUES.copy()
    odd[-1] = 130.0
    at = np.array(0.25), np.array(9.0), np.array(0.0)
    (near, narrow), (moved, wide) = (expected(filtered(HOURS, v, CUFF, LOAD), *at) for v in (usual, odd))
    assert moved - near < 0.5 * (130.0 - 71.0)
    assert wide > 1.2 * narrow


def test_without_values_the_forecast_is_that_of_the_charts() -> None:
    state = filtered(np.empty(0), np.empty(0), np.empty(0), np.empty(0))
    assert state.mean == pytest.approx(TONE.mean)
    assert np.diagonal(state.covariance) == pytest.approx(TONE.sd**2)


def test_the_forecast_reverts_to_the_level_within_hours() -> None:
    high = filtered(HOURS, VALUES + 25.0, CUFF * 0, LOAD * 0)
    later = [float(expected(high, np.array(h), np.array(0.0), np.array(0.0))[0]) for h in (0.0, 1.0, 4.0, 24.0)]
    assert later == sorted(later, reverse=True)
    assert later[0] - later[-1] > 5.0
