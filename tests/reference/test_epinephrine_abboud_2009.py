"""Abboud 2009: the equation of clearance printed in the abstract, and the plateau of an infusion."""

import numpy as np
import pytest

from tests.reference.patients import covariates
from twin_engine.kernel.individual import individual
from twin_engine.kernel.linear import concentrations
from twin_engine.kernel.schedule import Dose
from twin_engine.models.drugs.epinephrine_abboud_2009 import MODEL, UG_PER_NMOL


@pytest.mark.parametrize(("weight", "saps_ii"), [(70, 50), (50, 80), (90, 30)])
def test_clearance_printed_in_the_abstract(weight: float, saps_ii: float) -> None:
    typical = MODEL.typical_path(covariates(age=64, weight=weight, saps_ii=saps_ii))
    assert float(typical["CL"][0]) == pytest.approx(127 * (weight / 70) ** 0.60 * (saps_ii / 50) ** -0.67)
    assert float(typical["V"][0]) == pytest.approx(7.9)


def test_one_mg_is_5460_nmol() -> None:
    assert pytest.approx(5460, abs=2) == 1000.0 / UG_PER_NMOL


def test_the_plateau_is_rate_over_clearance() -> None:
    patient = individual(MODEL, covariates(age=64, weight=70, saps_ii=50))
    level = concentrations(patient.path(np.zeros((1, 1))), [Dose(0, 3, 3 * 2000.0)], np.array([3.0]))
    assert level.item() / UG_PER_NMOL == pytest.approx(2.0 * 5460 / 127, rel=1e-3)


def test_a_worked_infusion() -> None:
    """0.5 ug/kg/min, 70 kg, SAPS II 50: 90.6 nmol/L with the 43.5 nmol/h that the body makes, which the model leaves out."""
    clearance = float(MODEL.typical_path(covariates(age=64, weight=70, saps_ii=50))["CL"][0])
    assert (0.5 * 70.0 * 60.0 / UG_PER_NMOL + 43.5) / clearance == pytest.approx(90.6, abs=0.05)
