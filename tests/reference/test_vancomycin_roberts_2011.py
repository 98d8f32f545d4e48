"""Roberts 2011: 4.58 L/h at 100 mL/min/1.73 m2 and 1.53 L/kg; the steady state of a continuous infusion."""

import numpy as np
import pytest

from tests.reference.patients import covariates
from twin_engine.kernel.individual import individual
from twin_engine.kernel.linear import concentrations
from twin_engine.kernel.schedule import Dose
from twin_engine.models.drugs.vancomycin_roberts_2011 import MODEL
from twin_engine.patient.derived import body_surface_area


def patient(crcl_per_173: float = 100.0):
    area = body_surface_area(74.8, 171.0)
    creatinine = (140 - 58.1) * 74.8 / (72 * crcl_per_173 * area / 1.73)
    return covariates(age=58.1, weight=74.8, height=171.0, female=0, creatinine=creatinine)


def test_typical_values() -> None:
    typical = MODEL.typical_path(patient())
    assert float(typical["CL"][0]) == pytest.approx(4.58)
    assert float(typical["V"][0]) == pytest.approx(1.53 * 74.8)


def test_continuous_infusion_settles_at_rate_over_clearance() -> None:
    path = individual(MODEL, patient()).path(np.zeros((2, 1)))
    level = concentrations(path, [Dose(0, 400, 400 * 91.6)], np.array([400.0]))
    assert level.item() == pytest.approx(20.0, rel=1e-4)
