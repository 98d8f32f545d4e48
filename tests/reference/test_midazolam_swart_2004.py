"""Swart 2004: the covariate model of table 5 at its reference values and along its slopes."""

import numpy as np
import pytest

from tests.reference.patients import covariates
from twin_engine.kernel.individual import individual
from twin_engine.kernel.linear import concentrations
from twin_engine.kernel.schedule import Dose
from twin_engine.models.drugs.midazolam_swart_2004 import MODEL


def typical(age: float = 57, apache_ii: float = 26) -> dict[str, float]:
    found = MODEL.typical_path(covariates(age=age, weight=71, apache_ii=apache_ii))
    return {name: float(value[0]) for name, value in found.items()}


def test_reference_values_of_table_5() -> None:
    assert typical() == pytest.approx({"CL": 11.3, "V1": 7.15, "Q": 40.8, "V2": 423.85})


def test_slopes_of_table_5() -> None:
    assert typical(age=77)["CL"] == pytest.approx(11.3 - 20 * 0.145)
    assert typical(apache_ii=32)["Q"] == pytest.approx(40.8 - 6 * 2.75)


def test_the_mean_rate_of_the_study_settles_at_rate_over_clearance() -> None:
    # Table 2: 497 mg a day.
    patient = individual(MODEL, covariates(age=57, weight=71, apache_ii=26))
    level = concentrations(patient.path(np.zeros((4, 1))), [Dose(0, 2000, 2000 * 497e3 / 24)], np.array([2000.0]))
    assert level.item() == pytest.approx(497e3 / 24 / 11.3, rel=1e-3)
