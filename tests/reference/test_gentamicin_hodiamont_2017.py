"""Hodiamont 2017: clearances and volumes that the paper prints for single covariate values, at 70 kg ideal weight."""

import numpy as np
import pytest

from tests.reference.patients import typical_of
from twin_engine.models.drugs.gentamicin_hodiamont_2017 import MODEL

AT_70_KG = {"age": 61.0, "height": 152.4 + 20.0 / 0.91, "female": 0.0}


@pytest.mark.parametrize(("crcl", "printed"), [(80.0, 1.90), (15.0, 0.92)])
def test_clearance_that_is_printed(crcl: float, printed: float) -> None:
    typical = typical_of(MODEL, **AT_70_KG, albumin=22.0, creatinine_clearance=crcl)
    assert typical["CL"] == pytest.approx(printed, abs=0.005)


@pytest.mark.parametrize(("albumin", "printed"), [(30.0, 16.3), (15.0, 29.2)])
def test_central_volume_that_is_printed(albumin: float, printed: float) -> None:
    typical = typical_of(MODEL, **AT_70_KG, albumin=albumin, creatinine_clearance=30.0)
    assert typical["V1"] == pytest.approx(printed, abs=0.08)


def test_variability_that_is_printed() -> None:
    cv = np.sqrt(np.exp(np.diag(MODEL.omega())) - 1.0)
    assert cv == pytest.approx((0.425, 0.172), abs=5e-4)
    assert MODEL.omega()[0, 1] / np.sqrt(0.1660 * 0.0292) == pytest.approx(0.54, abs=5e-3)
