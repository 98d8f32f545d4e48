"""Kleijn 2011: the values printed in table 4, and a patient worked out by an independent transcription."""

import pytest

from tests.reference.patients import covariates
from twin_engine.models.drugs.rocuronium_kleijn_2011 import MODEL

NAMES = ("CL", "V1", "Q", "V2", "KE0")


def typical(age: float, weight: float, female: bool, crcl: float) -> list[float]:
    """Flows in L/min, volumes in L, ke0 in 1/min."""
    creatinine = (140 - age) * weight / (72 * crcl) * (0.85 if female else 1.0)
    found = MODEL.typical_path(covariates(age=age, weight=weight, female=float(female), creatinine=creatinine))
    return [float(found[n][0]) / (1.0 if n.startswith("V") else 60.0) for n in NAMES]


def test_values_printed_in_table_4() -> None:
    assert typical(43, 70, False, 119) == pytest.approx([0.269, 4.73, 0.279, 6.76, 0.134])


def test_a_patient_worked_out_by_anasim() -> None:
    # anasim-simulator 1.7, patient.pk_models.RocuroniumPK, with its creatinine clearance of 102.6 mL/min.
    expected = [0.263064, 5.533987, 0.308388, 8.574256, 0.129601]
    assert typical(60, 80, True, 102.6) == pytest.approx(expected, rel=1e-4)


def test_clearance_falls_with_age_and_volume_grows_where_kidneys_fail() -> None:
    assert typical(80, 70, False, 119)[0] < typical(43, 70, False, 119)[0]
    assert typical(43, 70, False, 30)[1] > typical(43, 70, False, 119)[1]
