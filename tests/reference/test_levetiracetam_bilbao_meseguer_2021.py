"""Bilbao-Meseguer 2021: printed clearances, and printed shares of patients with troughs above 6, 12 and 46 mg/L."""

import numpy as np
import pytest
from scipy.stats import norm

from tests.reference.patients import covariates, typical_of
from twin_engine.kernel.individual import individual
from twin_engine.kernel.mammillary import modes
from twin_engine.kernel.superpose import settled
from twin_engine.models.drugs.levetiracetam_bilbao_meseguer_2021 import MODEL

PRINTED = {
    # (interval h, CrCL mL/min, dose mg): tables 4 and 5
    (12, 80, 1000): (93, 60, 0),
    (12, 80, 2000): (100, 94, 14),
    (12, 120, 500): (43, 6, 0),
    (12, 120, 1500): (95, 72, 2),
    (12, 200, 2000): (80, 42, 0),
    (8, 120, 1000): (99, 84, 2),
    (8, 160, 1500): (99, 89, 5),
    (8, 240, 2000): (89, 59, 1),
}


@pytest.mark.parametrize(("crcl", "printed"), [(100.0, 4.1), (120.0, 4.5), (240.0, 9.2)])
def test_clearance_that_is_printed(crcl: float, printed: float) -> None:
    assert typical_of(MODEL, age=60.0, weight=80.0, creatinine_clearance=crcl)["CL"] == pytest.approx(printed, abs=0.05)


@pytest.mark.parametrize("regimen", PRINTED, ids=str)
def test_target_attainment_that_is_printed(regimen: tuple[int, int, int]) -> None:
    every, crcl, dose = regimen
    patient = individual(MODEL, covariates(age=60.0, weight=80.0, creatinine_clearance=crcl))
    levels = norm.ppf((np.arange(40) + 0.5) / 40)
    both = np.stack(np.meshgrid(levels, levels)).reshape(2, -1)
    path = patient.path(np.sqrt(patient.omega.diagonal())[:, None] * both)
    troughs = settled(modes(path.kinetics[0]), float(dose), float(every), 0.5, np.array([float(every)]))[0]
    found = tuple(100.0 * float((troughs > bound).mean()) for bound in (6.0, 12.0, 46.0))
    assert found == pytest.approx(PRINTED[regimen], abs=5.0)
