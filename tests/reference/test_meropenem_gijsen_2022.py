"""Gijsen 2022: table 2 and the control stream as two readers carried them over."""

import numpy as np
import pytest

from tests.reference.patients import creatinine_of, typical_of
from twin_engine.models.drugs.meropenem_gijsen_2022 import MODEL


def man(crcl: float) -> dict[str, float]:
    return {"age": 63.0, "weight": 70.0, "female": 0.0, "creatinine": creatinine_of(crcl, 63.0, 70.0)}


def test_typical_values_at_the_reference_clearance() -> None:
    typical = typical_of(MODEL, **man(111.7))
    assert tuple(typical[k] for k in ("CL", "V1", "Q", "V2")) == pytest.approx((13.7, 25.5, 8.13, 12.4))
    assert typical["Q"] == pytest.approx(8.1, abs=0.05)


def test_the_kidney_acts_by_its_power() -> None:
    assert typical_of(MODEL, **man(223.4))["CL"] == pytest.approx(13.7 * 2**0.64, rel=0.005)


def test_variability_as_in_the_second_transcription() -> None:
    expected = np.array([[0.2882449, 0.185, 0.0], [0.185, 0.2813370, 0.0], [0.0, 0.0, 0.4405336]])
    assert MODEL.omega() == pytest.approx(expected, abs=5e-4)


def test_variability_as_table_2_prints_it() -> None:
    cv = np.sqrt(np.exp(np.diag(MODEL.omega())) - 1.0)
    assert cv == pytest.approx((0.578, 0.570, 0.744), abs=1e-3)
