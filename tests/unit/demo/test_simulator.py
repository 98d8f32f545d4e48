"""The hidden kinetics of the demo's patients."""

import math

import pytest

from demo.patient import Given, Truth, patients
from demo.simulator import concentrations, levels


def test_without_exchange_it_is_the_one_compartment_formula() -> None:
    truth = Truth(((48, 4.0), (0, 4.0)), v1_l=40.0, q_l_per_h=0.0, v2_l=1.0, error_cv=0.0)
    found = concentrations(truth, [Given(12, 1000, 1)], [11, 2])
    k = 4.0 / 40.0
    peak = 1000 / 4.0 * (1 - math.exp(-k))
    assert found == pytest.approx([peak, peak * math.exp(-k * 9)], rel=1e-6)


def test_half_the_clearance_keeps_more() -> None:
    fast = Truth(((48, 4.0), (0, 4.0)), 30, 5, 40, 0.0)
    falling = Truth(((48, 4.0), (0, 2.0)), 30, 5, 40, 0.0)
    doses = [Given(40, 1000, 1), Given(28, 1000, 1)]
    assert concentrations(falling, doses, [1])[0] > 1.2 * concentrations(fast, doses, [1])[0]


def test_times_come_back_in_the_order_asked() -> None:
    truth = Truth(((48, 4.0), (0, 4.0)), 30, 5, 40, 0.0)
    late, early = concentrations(truth, [Given(24, 1000, 1)], [2, 20])
    assert early > late > 0


def test_levels_are_the_same_every_time_and_differ_from_the_truth() -> None:
    with_levels = [p for p in patients() if p.levels_h]
    assert len(with_levels) >= 2
    for patient in with_levels:
        assert levels(patient) == levels(patient)
        true = concentrations(patient.truth, patient.doses, patient.levels_h)
        assert [c for _, c in levels(patient)] == pytest.approx(true, rel=0.3)
        assert [c for _, c in levels(patient)] != true
