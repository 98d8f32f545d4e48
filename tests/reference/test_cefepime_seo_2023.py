"""Seo 2023: table 2 as two readers carried it over."""

import pytest

from tests.reference.patients import creatinine_of, typical_of
from twin_engine.models.drugs.cefepime_seo_2023 import MODEL


def man(crcl: float) -> dict[str, float]:
    return {"age": 67.0, "weight": 60.0, "female": 0.0, "creatinine": creatinine_of(crcl, 67.0, 60.0)}


def test_typical_values_at_the_reference_clearance() -> None:
    typical = typical_of(MODEL, **man(77.21))
    assert tuple(typical[k] for k in ("CL", "V1", "Q", "V2")) == pytest.approx((6.60, 13.3, 16.5, 13.0))


def test_the_reference_of_the_second_transcription_is_the_same_clearance() -> None:
    # It divides by 4.63 L/h.
    assert typical_of(MODEL, **man(4.63 / 0.06))["CL"] == pytest.approx(6.6, rel=1e-3)


def test_the_kidney_acts_by_its_power() -> None:
    assert typical_of(MODEL, **man(38.605))["CL"] == pytest.approx(6.6 * 0.5**0.656)


def test_variability_as_in_the_second_transcription() -> None:
    assert MODEL.omega().diagonal() == pytest.approx((0.113569, 0.116281, 0.258064, 0.160801))
