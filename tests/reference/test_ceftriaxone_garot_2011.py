"""Garot 2011: the mean clearance that the results print, and what table 3 says of volumes and variability."""

import numpy as np
import pytest

from tests.reference.patients import typical_of
from twin_engine.models.drugs.ceftriaxone_garot_2011 import MODEL


def test_mean_clearance_that_is_printed() -> None:
    assert typical_of(MODEL, age=68.0, creatinine_clearance=71.0)["CL"] == pytest.approx(0.88)


def test_volumes() -> None:
    typical = typical_of(MODEL, age=68.0, creatinine_clearance=71.0)
    assert tuple(typical[k] for k in ("V1", "Q", "V2")) == pytest.approx((10.3, 5.28, 7.35))


def test_variability_in_percent_as_table_3_puts_it() -> None:
    assert 100.0 * np.sqrt(MODEL.omega().diagonal()) == pytest.approx((49.0, 48.0, 65.0), abs=0.5)
