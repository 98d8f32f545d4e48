"""Taubert 2016: table S3, and the area under the curve that the paper reports for its patients."""

import numpy as np
import pytest

from tests.reference.patients import typical_of
from twin_engine.models.drugs.linezolid_taubert_2016 import MODEL

MEDIAN = {"age": 58.0, "weight": 76.0, "lactate": 1.91, "ards": 0.0, "peritonitis": 0.0}


def test_typical_values_at_the_median_patient() -> None:
    typical = typical_of(MODEL, **MEDIAN)
    assert tuple(typical[k] for k in ("CL", "V1", "Q", "V2")) == pytest.approx((7.92, 15.0, 65.59, 26.55))


def test_covariates_act_as_in_the_equations() -> None:
    assert typical_of(MODEL, **{**MEDIAN, "ards": 1.0})["CL"] == pytest.approx(7.92 * 1.82)
    assert typical_of(MODEL, **{**MEDIAN, "lactate": 3.82})["CL"] == pytest.approx(7.92 * 2**-0.21)
    assert typical_of(MODEL, **{**MEDIAN, "peritonitis": 1.0})["V1"] == pytest.approx(15.0 * 1.53)


def test_area_that_the_paper_reports() -> None:
    # Of 12 h on day 4, median 74.6 and quartiles 48.8 and 115.1 mg.h/L. 29 % with ARDS, lactate with the printed quartiles.
    rng = np.random.default_rng(1)
    found: list[float] = []
    for _ in range(2000):
        lactate = 1.91 * np.exp(np.log(2.87 / 1.35) / 1.349 * rng.standard_normal())
        ards = float(rng.random() < 0.29)
        typical = typical_of(MODEL, **{**MEDIAN, "lactate": lactate, "ards": ards})["CL"]
        found.append(600.0 / (typical * np.exp(np.sqrt(MODEL.omega()[0, 0]) * rng.standard_normal())))
    assert np.quantile(found, (0.25, 0.5, 0.75)) == pytest.approx((48.8, 74.6, 115.1), rel=0.2)
