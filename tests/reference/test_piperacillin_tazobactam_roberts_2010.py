"""Roberts 2010: a patient with four days of levels, fitted by Monolix with the same days (published with posologyr)."""

import numpy as np
import pytest

from tests.reference.patients import covariates, typical_of
from twin_engine.kernel.estimate import Levels, find_mode
from twin_engine.kernel.individual import Occasions, individual
from twin_engine.kernel.observe import predictor
from twin_engine.kernel.schedule import Dose
from twin_engine.models.drugs.piperacillin_tazobactam_roberts_2010 import MODEL

STARTS = np.array([0.0, 48.0, 72.0, 96.0])
DAYS = Occasions(STARTS, np.append(STARTS[1:], 121.0), 121.0)
LEVELS_H, LEVELS = np.array([47.9, 71.9, 95.9, 120.0]), np.array([63.0, 19.7, 31.0, 16.0])


def test_clearance_of_each_day_as_found_by_monolix() -> None:
    patient = individual(MODEL, covariates(age=50.0, weight=92.0, creatinine=1.0), occasions=DAYS)
    predict = predictor(patient, [Dose(8.0 * i, 8.0, 4000.0) for i in range(16)], LEVELS_H)
    mode, _, _ = find_mode(predict, Levels.measured(LEVELS), MODEL.residual, patient.omega)
    path = patient.path(mode[:, None])
    by_day = [float(path.at(h)[0, 0]) for h in (1.0, 49.0, 73.0, 97.0)]
    assert by_day == pytest.approx([10.58, 24.0, 18.4, 26.3], rel=1e-3)
    assert path.kinetics[0, 1:, 0] == pytest.approx([7.2, 52.0, 17.8], rel=1e-3)


def test_clearance_grows_with_weight() -> None:
    assert typical_of(MODEL, age=50.0, weight=105.0, creatinine=1.0)["CL"] == pytest.approx(17.1 * 1.5)
