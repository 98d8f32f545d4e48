"""Covariates over time: carried forward as at the bedside; renal replacement counts for a week."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from tests.reference.patients import AT, record
from twin_engine.covariates import covariate_path
from twin_engine.kernel.declare import CovariatePath
from twin_engine.patient.record import Procedure
from twin_engine.registry import MODELS

GOTI = MODELS["vancomycin_goti_2018"]
PATIENT = record(creatinine=[(-48.0, 1.0), (-24.0, 1.0), (-12.0, 1.5)])


def path() -> CovariatePath:
    found = covariate_path(GOTI, PATIENT, AT)
    assert isinstance(found, CovariatePath)
    return found


def test_creatinine_holds_from_its_measurement_until_the_next() -> None:
    assert path().starts_h.tolist() == [-np.inf, -12.0]
    assert path()["creatinine"].tolist() == [1.0, 1.5]


def test_age_is_that_of_the_prediction() -> None:
    assert path()["age"][0] == pytest.approx(58.0, abs=0.01)


def test_dialysis_two_weeks_ago_no_longer_refuses() -> None:
    past = Procedure("ihd", AT - timedelta(days=15), AT - timedelta(days=15))
    recent = Procedure("ihd", AT - timedelta(days=3), AT - timedelta(days=3))
    assert isinstance(covariate_path(GOTI, replace(PATIENT, procedures=(past,)), AT), CovariatePath)
    assert not isinstance(covariate_path(GOTI, replace(PATIENT, procedures=(recent,)), AT), CovariatePath)
