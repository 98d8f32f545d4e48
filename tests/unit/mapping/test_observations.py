"""Observations: units, components, comparators, statuses, times, duplicates, encounters."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from fhir_mapping.record import MappedChart, map_chart

AT = datetime(2026, 1, 3, 8, tzinfo=UTC)
LOINC = "http://loinc.org"


def time(hours: float) -> str:
    return (AT + timedelta(hours=hours)).isoformat()


def observation(code: str, value: Any, unit: str | None, **other: Any) -> dict[str, Any]:
    quantity = {"value": value, **({} if unit is None else {"code": unit})}
    return {
        "resourceType": "Observation",
        "id": "o",
        "status": "final",
        "code": {"coding": [{"system": LOINC, "code": code}]},
        "subject": {"reference": "Patient/1"},
        "effectiveDateTime": time(-2),
        "valueQuantity": quantity,
        **other,
    }


def mapped(*resources: dict[str, Any], **other: Any) -> MappedChart:
    return map_chart(resources, at=AT, **other)


def values(*resources: dict[str, Any], **other: Any) -> list[tuple[str, float | None]]:
    return [(m.variable, m.value) for m in mapped(*resources, **other).record.measurements]


@pytest.mark.parametrize(
    ("code", "value", "unit", "variable", "expected"),
    [
        ("2160-0", 1.2, "mg/dL", "creatinine", 1.2),
        ("14682-9", 106.08, "umol/L", "creatinine", 1.2),
        ("20578-1", 14.0, "ug/mL", "vancomycin", 14.0),
        ("8310-5", 98.6, "[degF]", "temperature", 37.0),
        ("29463-7", 176.37, "[lb_av]", "weight", 80.0),
        ("2345-7", 180.16, "mg/dL", "glucose", 10.0),
        ("8478-0", 70, "mmHg", "map", 70.0),
    ],
)
def test_values_come_in_the_canonical_unit(code: str, value: float, unit: str, variable: str, expected: float) -> None:
    [(name, found)] = values(observation(code, value, unit))
    assert name == variable
    assert found == pytest.approx(expected, rel=2e-3)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"status": "entered-in-error"}, "not_final"),
        ({"status": "cancelled"}, "not_final"),
        ({"effectiveDateTime": "2026-01-03"}, "no_exact_time"),
        ({"effectiveDateTime": "2026-01-03T06:00:00"}, "no_exact_time"),
        ({"valueQuantity": None, "dataAbsentReason": {"coding": [{"code": "not-performed"}]}}, "no_value"),
        ({"valueQuantity": {"value": 1.2, "code": "furlong"}}, "unknown_unit"),
        ({"valueQuantity": {"value": 1.2}}, "unknown_unit"),
        ({"valueQuantity": {"value": 1200.0, "code": "mg/dL"}}, "no_value"),
    ],
)
def test_what_cannot_be_used_is_an_issue(change: dict[str, Any], code: str) -> None:
    found = mapped({**observation("2160-0", 1.2, "mg/dL"), **change})
    assert found.record.measurements == ()
    assert [(i.code, i.variable) for i in found.issues] == [(code, "creatinine")]


def test_comparators_stay() -> None:
    low = observation("20578-1", 3.0, "mg/L")
    low["valueQuantity"]["comparator"] = "<"
    [level] = mapped(low).record.of("vancomycin")
    assert (level.value, level.comparator) == (3.0, "<")


def test_blood_pressure_components_are_read_one_by_one() -> None:
    parts = [
        {"code": {"coding": [{"system": LOINC, "code": code}]}, "valueQuantity": {"value": v, "code": "mm[Hg]"}}
        for code, v in (("8480-6", 120), ("8462-4", 60))
    ]
    panel = observation("85354-9", None, None, component=parts)
    assert sorted(values(panel)) == [("dbp", 60.0), ("sbp", 120.0)]


def test_two_values_in_one_minute_leave_the_validated_one() -> None:
    device = observation("8867-4", 90, "/min", id="d", device={"reference": "Device/1"})
    nurse = observation("8867-4", 100, "/min", id="n", performer=[{"reference": "Practitioner/1"}])
    assert values(device, nurse) == [("heart_rate", 100.0)]
    assert [i.code for i in mapped(device, nurse).issues] == ["duplicate"]


def test_only_this_encounter_counts_but_for_what_outlives_it() -> None:
    other = {"encounter": {"reference": "Encounter/old"}}
    chart = [
        observation("8867-4", 90, "/min", id="1", **other),
        observation("29463-7", 80, "kg", id="2", **other),
        observation("2160-0", 1.0, "mg/dL", id="3", **other),
        observation("20578-1", 12.0, "mg/L", id="4", effectiveDateTime=time(-24 * 8), **other),
    ]
    assert sorted(name for name, _ in values(*chart, encounter_id="now")) == ["creatinine", "weight"]


def test_results_not_yet_available_are_not_known() -> None:
    assert values(observation("2160-0", 1.2, "mg/dL", issued=time(1))) == []


def test_the_owners_of_resources_are_told() -> None:
    stranger = observation("2160-0", 1.2, "mg/dL", subject={"reference": "https://host/fhir/Patient/2/_history/1"})
    assert mapped({"resourceType": "Patient", "id": "1"}, stranger).patient_ids == {"1", "2"}
