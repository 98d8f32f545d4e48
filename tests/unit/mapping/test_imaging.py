"""Findings of imaging from codes and numbers; nothing from free text, nothing that is not said to be there."""

from typing import Any

import pytest

from fhir_mapping.codes import LOINC, SNOMED, read_codes, standard
from fhir_mapping.record import map_chart
from tests.calls import AT, PATIENT, hours_ago
from twin_engine.patient.findings import KINDS, current, in_words, present
from twin_engine.patient.record import Finding, PatientRecord

PNEUMOTHORAX, EFFUSION, LEFT = "36118008", "60046008", "7771000"


def coded(code: str, system: str = SNOMED) -> dict[str, Any]:
    return {"coding": [{"system": system, "code": code}]}


def result(code: dict[str, Any], hours: float = 3, **members: Any) -> dict[str, Any]:
    return {
        "resourceType": "Observation",
        "id": "img-1",
        "status": "final",
        "code": code,
        "subject": {"reference": f"Patient/{PATIENT}"},
        "effectiveDateTime": hours_ago(hours),
        **members,
    }


def report(*codes: str, **members: Any) -> dict[str, Any]:
    return {
        "resourceType": "DiagnosticReport",
        "id": "rep-1",
        "status": "final",
        "code": coded("36643-5", LOINC),
        "subject": {"reference": f"Patient/{PATIENT}"},
        "effectiveDateTime": hours_ago(3),
        "conclusionCode": [coded(code) for code in codes],
        **members,
    }


def found(*resources: dict[str, Any], site: Any = None) -> tuple[Finding, ...]:
    return map_chart(resources, at=AT, site=site).record.findings


def named(*resources: dict[str, Any]) -> list[tuple[str, str | None, float | None]]:
    return [(f.finding, f.side, f.value) for f in found(*resources)]


def percent(value: float, unit: str = "%") -> dict[str, Any]:
    return {"value": value, "unit": unit, "system": "http://unitsofmeasure.org", "code": unit}


@pytest.mark.parametrize("code", ["10230-1", "18043-0", "8806-2", "8808-8", "8810-4", "8811-2"])
def test_ejection_fraction_is_a_number(code: str) -> None:
    assert named(result(coded(code, LOINC), valueQuantity=percent(35))) == [("lvef", None, 35.0)]


@pytest.mark.parametrize(
    "members",
    [
        {"valueString": "EF about 35 %"},
        {"valueQuantity": percent(35, "mL")},
        {"valueQuantity": percent(350)},
        {"valueQuantity": percent(35), "status": "entered-in-error"},
        {"valueQuantity": percent(35), "status": "preliminary"},
        {"valueQuantity": percent(35), "effectiveDateTime": "2026-01-03"},
        {"valueQuantity": percent(35), "effectiveDateTime": hours_ago(-3)},
    ],
    ids=["free text", "odd unit", "implausible", "in error", "preliminary", "a day only", "after now"],
)
def test_what_cannot_be_read_is_no_number(members: dict[str, Any]) -> None:
    assert named(result(coded("10230-1", LOINC), **members)) == []


@pytest.mark.parametrize(
    ("members", "there"),
    [
        ({"valueBoolean": True}, True),
        ({"valueBoolean": False}, False),
        ({"valueCodeableConcept": coded("LA9633-4", LOINC)}, True),
        ({"valueCodeableConcept": coded("2667000")}, False),
        ({"interpretation": [coded("POS", "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation")]}, True),
        ({}, False),
        ({"valueString": "small apical pneumothorax"}, False),
        ({"valueBoolean": True, "dataAbsentReason": coded("unknown")}, True),
    ],
)
def test_a_finding_is_there_only_where_it_is_said_to_be(members: dict[str, Any], there: bool) -> None:
    assert named(result(coded(PNEUMOTHORAX), **members)) == ([("pneumothorax", None, None)] if there else [])


def test_sides_come_from_the_body_site_or_the_study() -> None:
    assert named(result(coded(EFFUSION), valueBoolean=True, bodySite=coded(LEFT))) == [("pleural_effusion", "left", None)]
    series = [{"laterality": {"system": SNOMED, "code": "24028007"}}]
    study = {"resourceType": "ImagingStudy", "id": "s1", "started": hours_ago(5), "series": series}
    rested = result(coded(EFFUSION), valueBoolean=True, derivedFrom=[{"reference": "ImagingStudy/s1"}])
    (one,) = found(study, rested)
    assert (one.side, (AT - one.time).total_seconds()) == ("right", 5 * 3600.0), "the image tells the time, not the report"


def test_reports_speak_by_their_conclusion_codes_and_panels_by_their_parts() -> None:
    assert named(report(PNEUMOTHORAX, EFFUSION, "1234567", conclusion="bilateral infiltrates")) == [
        ("pneumothorax", None, None),
        ("pleural_effusion", None, None),
    ]
    parts = [
        {"code": coded("10230-1", LOINC), "valueQuantity": percent(40)},
        {"code": coded(EFFUSION), "valueBoolean": True, "bodySite": coded("3341006")},
    ]
    assert named(result(coded("34552-0", LOINC), component=parts)) == [
        ("lvef", None, 40.0),
        ("pleural_effusion", "right", None),
    ]
    assert named(result(coded("36643-5", LOINC), valueCodeableConcept=coded("409609008"))) == [("infiltrate", None, None)]


def test_a_site_names_what_has_no_public_code() -> None:
    table = ["kind,system,code,name,display,specimen,site,unit,source", "finding,urn:site,77,infiltrate_quadrants,,,,1,site"]
    (one,) = found(result(coded("77", "urn:site"), valueInteger=3), site=read_codes(table))
    assert (one.finding, one.value) == ("infiltrate_quadrants", 3.0)
    assert found(result(coded("77", "urn:site"), valueInteger=5), site=read_codes(table)) == ()


def test_every_code_has_a_kind_and_imaging_feeds_no_variable() -> None:
    assert {meaning.name for meaning in standard().findings.values()} <= set(KINDS)
    assert not set(standard().findings) & set(standard().variables)


def test_old_findings_do_not_count_and_the_newest_of_a_side_does() -> None:
    record = map_chart(
        [
            result(coded("10230-1", LOINC), 30, valueQuantity=percent(55), id="a"),
            result(coded("10230-1", LOINC), 2, valueQuantity=percent(30), id="b"),
            result(coded(PNEUMOTHORAX), 25, valueBoolean=True, id="c"),
        ],
        at=AT,
    ).record
    assert in_words(record, AT) == ("LVEF 30 %, 2 h old",)
    assert not present(record, "pneumothorax", AT)
    assert current(PatientRecord(None, "unknown"), AT) == ()
