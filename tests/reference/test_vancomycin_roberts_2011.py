"""Roberts 2011: typical values, and the areas under the curve that the paper prints for its dosing simulations.

The areas stand on page 2706 (figures 2-4), as quoted in the article Roberts_2011_vancomycin of nlmixr2lib; loads of 5 and 15
mg/kg run 1 h, 20 mg/kg 1.5 h, 25 mg/kg 2 h, larger ones 3 h. The paper does not print the weight: 70 kg reproduces the
areas best. It prints two values for the same regimen (542 and 532 mg.h/L for 35 mg/kg a day at 100 mL/min/1.73 m2), so it is
exact to about 2 %.
"""

import numpy as np
import pytest

from tests.reference.patients import covariates
from twin_engine.kernel.declare import CovariatePath
from twin_engine.kernel.individual import individual
from twin_engine.kernel.linear import concentrations
from twin_engine.kernel.schedule import Dose
from twin_engine.models.drugs.vancomycin_roberts_2011 import MODEL
from twin_engine.patient.derived import body_surface_area

WEIGHT = 70.0
LOAD_H = {5: 1.0, 15: 1.0, 20: 1.5, 25: 2.0, 30: 3.0, 35: 3.0, 40: 3.0}


def patient(crcl_per_173: float = 100.0) -> CovariatePath:
    area = body_surface_area(WEIGHT, 171.0)
    creatinine = (140 - 58.1) * WEIGHT / (72 * crcl_per_173 * area / 1.73)
    return covariates(age=58.1, weight=WEIGHT, height=171.0, female=0, creatinine=creatinine)


def area_under_the_curve(load: int, daily: float, crcl: float, first_h: float) -> float:
    """24 h from `first_h`: a load in mg/kg, then mg/kg a day without end."""
    begin = LOAD_H[load]
    doses = [Dose(0.0, begin, load * WEIGHT), Dose(begin, 48.0, 2 * daily * WEIGHT)]
    times = np.linspace(first_h, first_h + 24.0, 2401)
    path = individual(MODEL, patient(crcl)).path(np.zeros((2, 1)))
    return float(np.trapezoid(concentrations(path, doses, times)[:, 0], times))


def test_typical_values() -> None:
    typical = MODEL.typical_path(patient())
    assert float(typical["CL"][0]) == pytest.approx(4.58)
    assert float(typical["V"][0]) == pytest.approx(1.53 * WEIGHT)


@pytest.mark.parametrize(("daily", "printed"), [(20, 362), (25, 419), (30, 475), (35, 532), (40, 589)])
def test_second_day_of_each_daily_dose(daily: float, printed: float) -> None:
    assert area_under_the_curve(35, daily, 100.0, 24.0) == pytest.approx(printed, rel=0.01)


@pytest.mark.parametrize(("crcl", "printed"), [(50, 811), (100, 542), (150, 387), (200, 293), (250, 232)])
def test_second_day_at_each_creatinine_clearance(crcl: float, printed: float) -> None:
    assert area_under_the_curve(35, 35.0, crcl, 24.0) == pytest.approx(printed, rel=0.04)


@pytest.mark.parametrize(("load", "printed"), [(5, 245), (15, 330), (20, 370), (25, 409), (30, 442), (35, 485), (40, 532)])
def test_first_day_of_each_load(load: int, printed: float) -> None:
    assert area_under_the_curve(load, 35.0, 100.0, 0.0) == pytest.approx(printed, rel=0.045)


def test_a_wrong_volume_or_clearance_would_be_noticed() -> None:
    usual = area_under_the_curve(35, 35.0, 100.0, 24.0)
    assert area_under_the_curve(35, 35.0, 110.0, 24.0) < 0.95 * usual
    path = individual(MODEL, patient()).path(np.array([[0.0], [np.log(1.5)]]))
    doses = [Dose(0.0, 3.0, 35 * WEIGHT), Dose(3.0, 48.0, 70 * WEIGHT)]
    times = np.linspace(0.0, 24.0, 2401)
    assert np.trapezoid(concentrations(path, doses, times)[:, 0], times) < 0.9 * 485


def test_continuous_infusion_settles_at_rate_over_clearance() -> None:
    path = individual(MODEL, patient()).path(np.zeros((2, 1)))
    level = concentrations(path, [Dose(0, 400, 400 * 91.6)], np.array([400.0]))
    assert level.item() == pytest.approx(20.0, rel=1e-4)
