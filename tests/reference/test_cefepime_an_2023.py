"""An 2023: the equations of its one transcription, and their direction."""

import pytest

from tests.reference.patients import typical_of
from twin_engine.models.drugs.cefepime_an_2023 import MODEL, lean_body_weight

MAN = {"age": 60.0, "weight": 90.0, "height": 178.0, "female": 0.0, "creatinine": 1.0}


def test_lean_body_weight_as_in_the_transcription() -> None:
    assert lean_body_weight(90.0, 178.0, female=False) == pytest.approx(1.1 * 90.0 - 0.0128 * 90.0**2 / 1.78**2)
    assert lean_body_weight(90.0, 165.0, female=True) == pytest.approx(1.07 * 90.0 - 0.0148 * 90.0**2 / 1.65**2)
    assert lean_body_weight(31.0, 165.0, female=True) == 30.0


def test_typical_values_at_the_reference_patient() -> None:
    lean = lean_body_weight(90.0, 178.0, female=False)
    at_54 = typical_of(MODEL, **{**MAN, "creatinine": 80.0 * lean / (72.0 * 54.0)})
    assert tuple(at_54[k] for k in ("CL", "V1", "Q", "V2")) == pytest.approx((2.526, 13.4, 12.0, 7.52))


def test_failing_kidneys_leave_the_other_clearance() -> None:
    assert 0.526 < typical_of(MODEL, **{**MAN, "creatinine": 5.0})["CL"] < typical_of(MODEL, **MAN)["CL"]
