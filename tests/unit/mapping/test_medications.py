"""What was given: amounts from doses, rates, volumes and strengths; duplicates; what is no amount."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from fhir_mapping.record import MappedChart, map_chart

AT = datetime(2026, 1, 3, 8, tzinfo=UTC)
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
VANCOMYCIN = {"coding": [{"system": RXNORM, "code": "11124"}]}


def time(hours: float) -> str:
    return (AT + timedelta(hours=hours)).isoformat()


def quantity(value: Any, unit: str) -> dict[str, Any]:
    return {"value": value, "unit": unit, "code": unit}


def given(dosage: dict[str, Any], **other: Any) -> dict[str, Any]:
    return {
        "resourceType": "MedicationAdministration",
        "id": "a",
        "status": "completed",
        "subject": {"reference": "Patient/1"},
        "medicationCodeableConcept": VANCOMYCIN,
        "effectivePeriod": {"start": time(-5), "end": time(-4)},
        "dosage": dosage,
        **other,
    }


def mapped(*resources: dict[str, Any]) -> MappedChart:
    return map_chart(resources, at=AT)


def amounts(*resources: dict[str, Any]) -> list[float | None]:
    return [a.amount for a in mapped(*resources).record.given("vancomycin")]


@pytest.mark.parametrize(
    ("dosage", "amount"),
    [
        ({"dose": quantity(1000, "mg")}, 1000.0),
        ({"dose": quantity(1.25, "g")}, 1250.0),
        ({"dose": {"value": 750, "unit": "mg"}}, 750.0),
        ({"dose": quantity("500", "mg")}, 500.0),
    ],
)
def test_a_dose_in_any_unit_of_mass(dosage: dict[str, Any], amount: float) -> None:
    assert amounts(given(dosage)) == [pytest.approx(amount)]


def test_a_volume_counts_by_the_strength_of_its_ingredient() -> None:
    strength = {"numerator": quantity(1, "g"), "denominator": quantity(200, "mL")}
    mixture = {
        "resourceType": "Medication",
        "id": "m",
        "ingredient": [{"itemCodeableConcept": VANCOMYCIN, "strength": strength}],
    }
    row = given({"dose": quantity(200, "mL")}, contained=[mixture], medicationReference={"reference": "#m"})
    del row["medicationCodeableConcept"]
    assert amounts(row) == [pytest.approx(1000.0)]
    elsewhere = {**row, "contained": [], "medicationReference": {"reference": "Medication/m"}}
    assert amounts(elsewhere, mixture) == [pytest.approx(1000.0)]


def test_a_running_infusion_is_a_rate_without_an_end() -> None:
    row = given({"rateQuantity": quantity(80, "mg/h")}, status="in-progress", effectivePeriod={"start": time(-5)})
    found = mapped(row).record.given("vancomycin")
    assert [(a.rate, a.unit, a.end) for a in found] == [(80.0, "mg/h", None)]


@pytest.mark.parametrize(
    ("dosage", "code"),
    [
        ({"dose": quantity(1, "dose")}, "no_amount"),
        ({"dose": quantity(200, "mL")}, "no_amount"),
        ({"dose": {"value": 1000}}, "no_amount"),
        ({"dose": quantity(float("nan"), "mg")}, "no_amount"),
        ({}, "no_amount"),
    ],
)
def test_what_is_no_amount_is_an_issue_and_a_hole_in_the_history(dosage: dict[str, Any], code: str) -> None:
    found = mapped(given(dosage))
    assert found.record.administrations == ()
    assert [(i.code, i.variable) for i in found.issues] == [(code, "vancomycin")]


@pytest.mark.parametrize("status", ["not-done", "entered-in-error", "unknown"])
def test_what_was_not_given_does_not_count(status: str) -> None:
    assert amounts(given({"dose": quantity(1000, "mg")}, status=status)) == []


def test_the_oral_drug_is_another_matter() -> None:
    assert amounts(given({"dose": quantity(125, "mg"), "route": {"text": "oral"}})) == []


def test_two_systems_charting_one_dose_count_once() -> None:
    pump = given({"dose": quantity(1000, "mg")}, id="pump")
    record = given({"dose": quantity(1000, "mg")}, id="emar", effectiveDateTime=time(-5.5))
    del record["effectivePeriod"]
    counted = given({"dose": quantity(1, "dose")}, id="flowsheet", effectiveDateTime=time(-6))
    del counted["effectivePeriod"]
    found = mapped(pump, record, counted)
    assert [a.id for a in found.record.given("vancomycin")] == ["pump"]
    assert [i.code for i in found.issues] == ["duplicate", "duplicate"]


def test_two_doses_close_together_are_two_doses() -> None:
    first = given({"dose": quantity(1000, "mg")}, id="a")
    second = given({"dose": quantity(1000, "mg")}, id="b", effectivePeriod={"start": time(-4), "end": time(-3)})
    assert amounts(first, second) == [1000.0, 1000.0]


def test_nothing_from_after_the_call_is_used() -> None:
    assert amounts(given({"dose": quantity(1000, "mg")}, effectivePeriod={"start": time(1), "end": time(2)})) == []
