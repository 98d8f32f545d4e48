"""Artefacts of arterial lines, data whose absence blocks something, and values in the wrong unit."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.golden.predictions import AT, CHART, ago, measured
from twin_engine.patient.artefact import is_artefact, remarks
from twin_engine.patient.blocking import blocking
from twin_engine.patient.clash import other_unit
from twin_engine.patient.record import Administration, Measurement, PatientRecord
from twin_engine.registry import needs


@pytest.mark.parametrize(
    ("sbp", "dbp", "mean", "artefact"),
    [
        (120, 70, 87, False),
        (120, 106, 110, True),
        (90, 81, 84, True),
        (90, 79, 83, False),
        (160, 131, 140, True),
        (210, 165, 180, True),
        (210, 120, 150, False),
        (80, 80, 80, True),
        (240, 130, 167, False),
    ],
)
def test_an_artefact_is_a_pulse_too_small_for_its_pressure(sbp: float, dbp: float, mean: float, artefact: bool) -> None:
    assert is_artefact(sbp, dbp, mean) is artefact


def pressures(sbp: float, dbp: float, mean: float, **more: str) -> PatientRecord:
    rows = (("sbp", sbp), ("dbp", dbp), ("map", mean))
    return PatientRecord(None, "unknown", tuple(Measurement(v, x, "mm[Hg]", ago(0.1), **more) for v, x in rows))  # type: ignore[arg-type]


def test_only_lines_are_judged_and_only_now() -> None:
    assert [q.variable for q in remarks(pressures(120, 112, 115), AT)] == ["map"]
    assert not list(remarks(pressures(120, 112, 115, site="noninvasive"), AT))
    assert not list(remarks(pressures(120, 112, 115), AT + timedelta(hours=2)))
    assert not list(remarks(pressures(120, 70, 87), AT))


def course(values: list[float], source: str = "device") -> PatientRecord:
    rows = [Measurement("map", v, "mm[Hg]", AT - timedelta(minutes=5 * i), source=source) for i, v in enumerate(values)]  # type: ignore[arg-type]
    return PatientRecord(None, "unknown", tuple(reversed(rows)))


@pytest.mark.parametrize(
    ("record", "flat"),
    [
        (course([72.0] * 7), True),
        (course([72.0] * 6 + [74.0]), False),
        (course([72.0] * 5), False),
        (course([72.0] * 7, "nurse_validated"), False),
    ],
    ids=["half an hour", "it moved", "too short", "charted by hand"],
)
def test_a_line_that_does_not_move_is_said(record: PatientRecord, flat: bool) -> None:
    assert bool(list(remarks(record, AT))) is flat


def blocked(record: PatientRecord) -> dict[str, str]:
    return {b.variable: b.blocks for b in blocking(record, AT, needs)}


def given(drug: str, **more: object) -> PatientRecord:
    infusion = Administration(drug, ago(5), "ug/h", rate=400.0, last_charted=ago(0.5))
    return replace(CHART, administrations=(replace(infusion, **more),))  # type: ignore[arg-type]


def test_nothing_is_asked_for_that_blocks_nothing() -> None:
    assert blocked(CHART) == {}
    assert blocked(PatientRecord(None, "unknown")) == {}
    assert blocked(replace(CHART, measurements=())) == {
        "creatinine": "the forecast of vancomycin",
        "height": "the forecast of vancomycin",
        "weight": "the forecast of vancomycin",
    }


def test_a_running_treatment_asks_for_what_it_is_judged_by() -> None:
    pressor = given("norepinephrine")
    assert blocked(pressor)["map"] == "the effect of the vasoactive infusion"
    fresh = replace(pressor, measurements=(*pressor.measurements, measured("map", 70, "mm[Hg]", 0.2)))
    assert "map" not in blocked(fresh)
    assert "map" not in blocked(given("norepinephrine", last_charted=ago(4.5)))
    assert {"glucose", "potassium"} <= blocked(given("insulin")).keys()


def test_an_old_creatinine_blocks_and_an_old_weight_does_not() -> None:
    old = tuple(replace(m, time=m.time - timedelta(hours=100)) for m in CHART.measurements)
    assert blocked(replace(CHART, measurements=old)).keys() == {"creatinine"}


@pytest.mark.parametrize(
    ("variable", "value", "unit"),
    [
        ("creatinine", 88.0, "umol/L"),
        ("glucose", 140.0, "mg/dL"),
        ("temperature", 98.6, "[degF]"),
        ("hemoglobin", 110.0, "g/L"),
        ("pao2", 9.6, "kPa"),
        ("paco2", 5.9, "kPa"),
        ("creatinine", 1.2, None),
        ("creatinine", 90000.0, None),
        ("heart_rate", 900.0, None),
    ],
)
def test_a_clash_of_units_is_named_and_never_corrected(variable: str, value: float, unit: str | None) -> None:
    assert other_unit(variable, value) == unit
