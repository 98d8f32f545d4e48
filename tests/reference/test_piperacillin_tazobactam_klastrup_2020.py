"""Klastrup 2020: table 2 as two readers carried it over, in unbound drug."""

import pytest

from tests.reference.patients import creatinine_of, typical_of
from twin_engine.models.drugs.piperacillin_tazobactam_klastrup_2020 import MODEL


def unbound(crcl: float) -> dict[str, float]:
    """Clearance and volume of unbound piperacillin of a man with this creatinine clearance."""
    typical = typical_of(MODEL, age=62.0, weight=80.0, female=0.0, creatinine=creatinine_of(crcl, 62.0, 80.0))
    return {name: value / MODEL.unbound for name, value in typical.items()}


@pytest.mark.parametrize("crcl", [20.0, 80.0, 160.0])
def test_clearance_as_in_the_equation(crcl: float) -> None:
    assert unbound(crcl)["CL"] == pytest.approx(2.25 + 0.119 * crcl)


def test_volume() -> None:
    assert unbound(80.0)["V"] == pytest.approx(35.8)


def test_variability_as_in_the_second_transcription() -> None:
    assert MODEL.omega()[0, 0] == pytest.approx(0.3295)


def test_no_patient_falls_below_the_breakpoint_on_the_mean_dose_for_mean_kidneys() -> None:
    # The abstract: all patients exceeded 16 mg/L unbound on 8, 12 or 16 g a day by creatinine clearance.
    assert 12000.0 / 24.0 / unbound(80.0)["CL"] > 16.0
