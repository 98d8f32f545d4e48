"""Hennig 2013: the thetas where every covariate factor is one, and peak and trough after the dose that the paper advises."""

import numpy as np
import pytest

from tests.reference.patients import covariates, typical_of
from twin_engine.kernel.individual import individual
from twin_engine.kernel.linear import concentrations
from twin_engine.kernel.schedule import Dose
from twin_engine.models.drugs.tobramycin_hennig_2013 import MODEL

UMOL = 1.0 / 88.4


def at_70_kg_fat_free(female: float) -> dict[str, float]:
    """Weight and height of an adult with a fat-free mass of 70 kg (body mass index 25)."""
    weight = 70.0 * ((8780.0 + 244.0 * 25.0) if female else (6680.0 + 216.0 * 25.0)) / 9270.0
    return {"weight": weight, "height": 100.0 * (weight / 25.0) ** 0.5, "female": female}


@pytest.mark.parametrize(("female", "creatinine", "cl", "v1"), [(0.0, 84.0, 9.4, 25.1), (1.0, 69.5, 8.1, 20.1)])
def test_thetas(female: float, creatinine: float, cl: float, v1: float) -> None:
    typical = typical_of(MODEL, age=18.0, creatinine=creatinine * UMOL, **at_70_kg_fat_free(female))
    assert tuple(typical[k] for k in ("CL", "V1", "Q", "V2")) == pytest.approx((cl, v1, 1.5, 10.0))


def test_clearance_falls_by_one_percent_of_the_young_a_year() -> None:
    man = at_70_kg_fat_free(0.0)
    assert typical_of(MODEL, age=38.0, creatinine=84.0 * UMOL, **man)["CL"] == pytest.approx(9.4 * 0.8)


def test_creatinine_acts_by_its_power_and_has_a_floor() -> None:
    man = at_70_kg_fat_free(0.0)
    twice, low, floor = (typical_of(MODEL, age=18.0, creatinine=c * UMOL, **man)["CL"] for c in (168.0, 40.0, 60.0))
    assert twice == pytest.approx(9.4 * 0.5**0.222)
    assert low == pytest.approx(floor)


def test_peak_and_trough_of_the_advised_dose() -> None:
    # 11 mg/kg once a day for an adult with cystic fibrosis of median size aims at 20 mg/L an hour on and less than 1 before.
    patient = individual(MODEL, covariates(age=24, weight=53.9, height=166.5, female=0, creatinine=71 * UMOL))
    doses = [Dose(24.0 * i, 0.5, 11 * 53.9) for i in range(5)]
    an_hour_on, before = concentrations(patient.path(np.zeros((4, 1))), doses, np.array([97.5, 119.99]))[:, 0]
    assert an_hour_on == pytest.approx(20.0, abs=3.0)
    assert before < 1.0
