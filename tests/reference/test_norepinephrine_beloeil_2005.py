"""Beloeil 2005: clearance and half-life at the two severity scores that the abstract prints."""

import numpy as np
import pytest

from tests.reference.patients import covariates
from twin_engine.models.drugs.norepinephrine_beloeil_2005 import MODEL


@pytest.mark.parametrize(("saps_ii", "clearance", "half_life"), [(20, 3.0, 2.0), (60, 0.9, 6.8)])
def test_clearance_and_half_life_printed_in_the_abstract(saps_ii: float, clearance: float, half_life: float) -> None:
    typical = MODEL.typical_path(covariates(age=50, saps_ii=saps_ii))
    per_minute = float(typical["CL"][0]) / 60.0
    assert per_minute == pytest.approx(clearance, abs=0.05)
    assert np.log(2.0) * float(typical["V"][0]) / per_minute == pytest.approx(half_life, abs=0.05)
