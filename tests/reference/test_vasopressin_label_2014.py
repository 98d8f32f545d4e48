"""The label of vasopressin: clearance, half-life and the range that most patients lie in."""

import numpy as np
import pytest

from tests.reference.patients import covariates, typical_of
from twin_engine.kernel.individual import individual
from twin_engine.kernel.linear import concentrations
from twin_engine.kernel.schedule import Dose
from twin_engine.models.drugs.vasopressin_label_2014 import MODEL


def test_half_life_is_at_most_the_ten_minutes_of_the_label() -> None:
    typical = typical_of(MODEL, age=60, weight=70)
    minutes = 60.0 * np.log(2.0) * typical["V"] / typical["CL"]
    assert minutes == pytest.approx(6.5, abs=0.05)
    assert minutes <= 10.0


def test_nine_patients_in_ten_clear_9_to_25_ml_per_min_per_kg() -> None:
    spread = np.exp(1.645 * np.sqrt(MODEL.omega()[0, 0]))
    assert 15.0 / spread == pytest.approx(9.0, abs=0.02)
    assert 15.0 * spread == pytest.approx(25.0, abs=0.05)


def test_the_plateau_of_0_03_units_a_minute_is_rate_over_clearance() -> None:
    """28.6 mU/L at 70 kg, reached within the hour."""
    patient = individual(MODEL, covariates(age=60, weight=70))
    level = concentrations(patient.path(np.zeros((2, 1))), [Dose(0.0, 1.0, 1.8)], np.array([1.0]))
    assert 1000.0 * level.item() == pytest.approx(0.03 / (0.015 * 70.0) * 1000.0, rel=0.01)
