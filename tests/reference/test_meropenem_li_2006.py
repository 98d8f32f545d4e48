"""Li 2006: table II as three readers carried it over."""

import numpy as np
import pytest

from tests.reference.patients import creatinine_of, typical_of
from twin_engine.models.drugs.meropenem_li_2006 import MODEL


def man(crcl: float = 83.0, age: float = 35.0, weight: float = 70.0) -> dict[str, float]:
    """A man of 70 kg ideal weight."""
    creatinine = creatinine_of(crcl, age, 70.0)
    return {"age": age, "weight": weight, "height": 152.4 + 20.0 / 0.91, "female": 0.0, "creatinine": creatinine}


def test_typical_values_at_the_reference_patient() -> None:
    typical = typical_of(MODEL, **man())
    assert tuple(typical[k] for k in ("CL", "V1", "Q", "V2")) == pytest.approx((14.6, 10.8, 18.6, 12.6))


def test_kidney_age_and_weight_act_by_their_powers() -> None:
    assert typical_of(MODEL, **man(crcl=41.5))["CL"] == pytest.approx(14.6 * 0.5**0.62)
    assert typical_of(MODEL, **man(age=70.0))["CL"] == pytest.approx(14.6 * 2**-0.34)
    assert typical_of(MODEL, **man(weight=105.0))["V1"] == pytest.approx(10.8 * 1.5**0.99)


def test_variability_as_standard_deviations_of_the_second_transcription() -> None:
    assert np.sqrt(MODEL.omega().diagonal()) == pytest.approx((0.343, 0.378, 0.539, 0.319), abs=1e-3)


def test_error_as_variances_of_the_third_transcription() -> None:
    assert MODEL.residual.additive**2 == pytest.approx(0.220, abs=5e-4)
    assert MODEL.residual.proportional**2 == pytest.approx(0.0352, abs=2e-4)
