"""Öbrink-Hansen 2015: the typical values of the abstract, in unbound drug, and the direction of creatinine."""

import pytest

from tests.reference.patients import typical_of
from twin_engine.models.drugs.piperacillin_tazobactam_obrink_hansen_2015 import MODEL


def unbound(creatinine_umol: float) -> dict[str, float]:
    """Parameters of unbound piperacillin."""
    typical = typical_of(MODEL, age=66.0, creatinine=creatinine_umol / 88.4)
    return {name: value / MODEL.unbound for name, value in typical.items()}


def test_typical_values_of_the_abstract() -> None:
    assert unbound(170.0) == pytest.approx({"CL": 3.6, "V1": 7.3, "Q": 6.58, "V2": 3.9})


def test_creatinine_lowers_clearance_within_the_studied_range() -> None:
    assert unbound(270.0)["CL"] == pytest.approx(2.5)
    assert unbound(900.0)["CL"] == pytest.approx(unbound(446.0)["CL"])
