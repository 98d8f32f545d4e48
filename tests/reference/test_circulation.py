"""Worked values of the circulation: the pressor load, and the update of level and gain by two charted pressures."""

from math import log1p

import numpy as np
import pytest

from twin_engine.circulation.pressors import CLEARANCE_L_PER_H, VASOPRESSIN_UG_PER_KG, load
from twin_engine.circulation.tone import GAIN, LEVEL, Tone, expected, filtered
from twin_engine.kernel.schedule import Dose

KG = 70.0


def steady(ug_per_kg_min: float) -> float:
    return ug_per_kg_min * KG * 60.0 / CLEARANCE_L_PER_H


TWO_STATES = Tone(
    mean=np.array([58.0, 0.0, 0.0, 15.0, 0.0]),
    sd=np.array([5.0, 0.0, 0.0, 8.0, 0.0]),
    tau_h=np.array([np.inf, 1.0, 1.0, np.inf, np.inf]),
    half=5.0,
    noise_arterial=4.0,
    noise_cuff=4.0,
    width=1.0,
)


def test_two_pressures_move_level_and_gain_as_bayes_says() -> None:
    """70 kg, 1.64 L/min, prior 58 +- 5 and 15 +- 8, error 4: 63 at 0.10 and 69 at 0.20 ug/kg/min."""
    loads = np.array([steady(0.10), steady(0.20)])
    state = filtered(np.array([-1.0, 0.0]), np.array([63.0, 69.0]), np.zeros(2), loads, TWO_STATES)
    sd = np.sqrt(np.diagonal(state.covariance))
    assert state.mean[[LEVEL, GAIN]] == pytest.approx([56.37, 12.58], abs=0.005)
    assert sd[[LEVEL, GAIN]] == pytest.approx([3.93, 5.01], abs=0.005)
    median, spread = expected(state, np.array(0.5), np.array(steady(0.30)), np.array(0.0), TWO_STATES)
    assert float(median) == pytest.approx(72.4, abs=0.05)
    observed = float(spread / state.width)
    assert observed == pytest.approx(5.7, abs=0.05)
    assert (observed**2 - TWO_STATES.noise_arterial**2) ** 0.5 == pytest.approx(4.1, abs=0.05)


def test_the_load_rises_and_falls_with_the_half_life_of_beloeil() -> None:
    """8.84 L and 1.64 L/min: a half-life of 3.74 min; 0.2 ug/kg/min of 70 kg comes to 8.54 ug/L."""
    half_life_h = np.log(2.0) * 8.84 / 1.64 / 60.0
    assert half_life_h * 60.0 == pytest.approx(3.74, abs=0.005)
    infusion = Dose(0.0, 2.0, 0.2 * KG * 120.0)
    found = load([infusion], np.array([half_life_h, 1.9, 2.0 + half_life_h]))
    assert found == pytest.approx([steady(0.2) / 2, steady(0.2), steady(0.2) / 2], rel=1e-3)
    assert steady(0.2) == pytest.approx(8.54, abs=0.005)


def test_vasopressin_equals_a_tenth_of_a_microgram_at_its_usual_rate() -> None:
    """0.04 U/min count as 0.1 ug/kg/min: Goradia S et al. J Crit Care 2021;61:233-40."""
    assert pytest.approx(0.1) == VASOPRESSIN_UG_PER_KG * 0.04


def test_the_published_gain_of_a_step() -> None:
    """0.15 to 0.25 ug/kg/min of 70 kg: 15 (ln(1 + 10.67/5) - ln(1 + 6.40/5)) = 4.76 mmHg."""
    assert 15.0 * (log1p(steady(0.25) / 5.0) - log1p(steady(0.15) / 5.0)) == pytest.approx(4.76, abs=0.01)
