"""Shekar 2014: table 2 and its equation as two readers carried them over."""

import pytest

from tests.reference.patients import creatinine_of, typical_of
from twin_engine.models.drugs.meropenem_shekar_2014 import MODEL


def man(crcl: float, on_crrt: float) -> dict[str, float]:
    return {"age": 45.0, "weight": 70.0, "female": 0.0, "creatinine": creatinine_of(crcl, 45.0, 70.0), "on_crrt": on_crrt}


def test_clearance_without_replacement_as_a_second_reader_prints_it() -> None:
    assert typical_of(MODEL, **man(100.0, 0.0))["CL"] == pytest.approx(11.3, abs=0.05)


@pytest.mark.parametrize("crcl", [20.0, 100.0])
def test_clearance_on_replacement_does_not_follow_creatinine(crcl: float) -> None:
    typical = typical_of(MODEL, **man(crcl, 1.0))
    assert tuple(typical[k] for k in ("CL", "V1", "Q", "V2")) == pytest.approx((5.1, 18.7, 21.0, 13.2))


def test_variability_that_is_printed() -> None:
    omega = dict(zip(MODEL.eta_names, MODEL.omega().diagonal(), strict=True))
    assert omega == pytest.approx({"CL": 0.23560, "V1": 0.19073, "V2": 0.07916}, abs=5e-4)
