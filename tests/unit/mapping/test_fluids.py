"""Crystalloids from FHIR: what is isotonic counts in mL over its time, what may not be is named and not counted."""

from typing import Any

import pytest

from fhir_mapping.codes import site
from fhir_mapping.record import map_chart
from tests.unit.mapping.test_medications import AT, time
from tests.unit.mapping.test_orders import read as draft_of
from tests.unit.mapping.test_orders import request
from twin_engine.blood.intake import given as intake
from twin_engine.blood.intake import ordered
from twin_engine.outcome import CannotPredict

RXNORM, ATC, SNOMED = "http://www.nlm.nih.gov/research/umls/rxnorm", "http://www.whocc.no/atc", "http://snomed.info/sct"
MIMIC = "http://mimic.mit.edu/fhir/mimic/CodeSystem/"
SALINE = {"coding": [{"system": RXNORM, "code": "313002"}]}
RINGER = {"coding": [{"system": RXNORM, "code": "847630"}]}
Resource = dict[str, Any]


def named(display: str, code: str = "0") -> Resource:
    return {"coding": [{"system": RXNORM, "code": code, "display": display}]}


def ml(value: Any, unit: str = "mL") -> Resource:
    return {"value": value, "unit": unit, "system": "http://unitsofmeasure.org", "code": unit}


def bolus(concept: Resource | None = None, begin: float = -3.0, end: float | None = -2.0, **other: Any) -> Resource:
    return {
        "resourceType": "MedicationAdministration",
        "id": "f1",
        "status": "completed",
        "subject": {"reference": "Patient/1"},
        "medicationCodeableConcept": concept or SALINE,
        "effectivePeriod": {"start": time(begin), **({} if end is None else {"end": time(end)})},
        "dosage": {"dose": ml(500)},
        **other,
    }


def product(strength: Resource | None, **other: Any) -> Resource:
    return {
        "resourceType": "Medication",
        "id": "m1",
        "ingredient": [
            {
                "itemCodeableConcept": {"coding": [{"system": SNOMED, "code": "387390002"}]},
                **({} if strength is None else {"strength": strength}),
            }
        ],
        **other,
    }


@pytest.mark.parametrize(
    ("concept", "name"),
    [
        (SALINE, "sodium_chloride"),
        (RINGER, "ringer_lactate"),
        (named("1000 ML sodium chloride 9 MG/ML Injection"), "sodium_chloride"),
        (
            named(
                "calcium chloride 0.0014 MEQ/ML / potassium chloride 0.004 MEQ/ML / sodium chloride 0.103 MEQ/ML / "
                "sodium lactate 0.028 MEQ/ML Injectable Solution"
            ),
            "ringer_lactate",
        ),
        (
            named(
                "magnesium chloride 0.3 MG/ML / potassium chloride 0.37 MG/ML / sodium acetate 3.68 MG/ML / "
                "sodium chloride 5.26 MG/ML / sodium gluconate 5.02 MG/ML Injectable Solution"
            ),
            "balanced_crystalloid",
        ),
    ],
    ids=["saline", "ringer", "a bag", "ringer in mEq", "balanced"],
)
def test_a_bolus_is_a_crystalloid_over_its_time(concept: Resource, name: str) -> None:
    record = map_chart([bolus(concept)], at=AT).record
    [row] = record.administrations
    assert (row.drug, row.amount, row.unit) == (name, 500.0, "mL")
    told = intake(record, AT)
    assert not isinstance(told, CannotPredict)
    [dose] = told[0].doses
    assert (told[0].kind, dose.start_h, dose.duration_h, dose.amount) == ("crystalloid", -3.0, 1.0, pytest.approx(500.0))


@pytest.mark.parametrize(
    "concept",
    [
        named("sodium chloride 4.5 MG/ML Injectable Solution"),
        named("sodium chloride 30 MG/ML Injectable Solution"),
        named("sodium chloride 9 MG/ML Irrigation Solution"),
        named("10 ML sodium chloride 9 MG/ML Prefilled Syringe"),
        named("glucose 50 MG/ML / sodium chloride 9 MG/ML Injectable Solution"),
    ],
    ids=["half", "3 %", "irrigation", "a flush", "with glucose"],
)
def test_another_product_counts_nothing(concept: Resource) -> None:
    found = map_chart([bolus(concept)], at=AT)
    assert found.record.administrations == ()
    assert [i.code for i in found.issues] == ["unknown_code"]


@pytest.mark.parametrize(
    "concept",
    [
        {"coding": [{"system": RXNORM, "code": "9863"}]},
        {"coding": [{"system": SNOMED, "code": "387390002"}]},
        {"coding": [{"system": ATC, "code": "B05BB01"}]},
        {"coding": [{"system": RXNORM, "code": "313002"}, {"system": RXNORM, "code": "847630"}]},
    ],
    ids=["ingredient", "substance", "class", "two at once"],
)
def test_an_open_tonicity_is_named_and_not_counted(concept: Resource) -> None:
    found = map_chart([bolus(concept)], at=AT)
    assert found.record.administrations == ()
    assert [(i.code, i.variable) for i in found.issues] == [("unknown_code", "hemoglobin")]
    assert draft_of(request({"doseAndRate": [{"doseQuantity": ml(500)}]}, medicationCodeableConcept=concept)).drug is None


@pytest.mark.parametrize(
    ("medication", "drugs"),
    [
        (product({"numerator": ml(4.5, "g"), "denominator": ml(500)}), ["sodium_chloride"]),
        (product({"numerator": ml(15, "g"), "denominator": ml(500)}), []),
        (product(None), []),
        (product({"numerator": ml(4.5, "g"), "denominator": ml(1, "1")}), []),
        (product({"numerator": ml(4.5, "g"), "denominator": ml(500)}, form={"text": "irrigation solution"}), []),
    ],
    ids=["0.9 %", "3 %", "no strength", "no volume", "for irrigation"],
)
def test_an_ingredient_counts_by_its_strength(medication: Resource, drugs: list[str]) -> None:
    row = bolus(medicationReference={"reference": "Medication/m1"})
    del row["medicationCodeableConcept"]
    found = map_chart([medication, row], at=AT)
    assert [a.drug for a in found.record.administrations] == drugs
    assert drugs or found.issues


def test_the_bag_of_a_drug_is_the_drug() -> None:
    medication = product({"numerator": ml(9, "mg"), "denominator": ml(1)}, code=SALINE)
    medication["ingredient"].append(
        {
            "itemCodeableConcept": {"coding": [{"system": RXNORM, "code": "7512"}]},
            "strength": {"numerator": ml(4, "mg"), "denominator": ml(250)},
        }
    )
    row = bolus(medicationReference={"reference": "Medication/m1"}, dosage={"rateQuantity": ml(10, "mL/h")})
    del row["medicationCodeableConcept"]
    assert [a.drug for a in map_chart([medication, row], at=AT).record.administrations] == ["norepinephrine"]


@pytest.mark.parametrize(
    ("dosage", "amount", "rate"),
    [
        ({"dose": ml(0.5, "L")}, 500.0, None),
        ({"rateQuantity": ml(125, "mL/h")}, None, 125.0),
        ({"rateRatio": {"numerator": ml(1, "L"), "denominator": ml(8, "h")}}, None, 125.0),
    ],
    ids=["litres", "a pace", "a bag in 8 h"],
)
def test_volumes_and_paces_count(dosage: Resource, amount: float | None, rate: float | None) -> None:
    [row] = map_chart([bolus(dosage=dosage)], at=AT).record.administrations
    assert (row.amount and pytest.approx(row.amount), row.rate and pytest.approx(row.rate)) == (amount, rate)


@pytest.mark.parametrize(
    "dosage",
    [{"text": "a bolus"}, {"dose": ml(500, "mg")}, {"dose": {"value": 1, "unit": "bag"}}, {"dose": ml(30, "mL/kg")}],
    ids=["words", "a mass", "a bag", "per weight"],
)
def test_without_a_volume_it_is_a_hole_until_a_day_before_the_sample(dosage: Resource) -> None:
    found = map_chart([bolus(dosage=dosage)], at=AT)
    assert isinstance(intake(found.record, AT), CannotPredict)
    assert [i.code for i in found.issues] == ["no_amount"]
    old = map_chart([bolus(dosage=dosage, begin=-30.0, end=-29.0)], at=AT).record
    assert intake(old, AT) == ()
    assert isinstance(intake(old, AT, -6.0), CannotPredict)


@pytest.mark.parametrize("status", ["not-done", "entered-in-error"])
def test_what_was_not_given_is_none(status: str) -> None:
    found = map_chart([bolus(status=status)], at=AT)
    assert found.record.administrations == ()
    assert [i.code for i in found.issues] == ["not_final"]


@pytest.mark.parametrize(("heading", "counts"), [("01-Drips", 0), ("08-Antibiotics (IV)", 0), ("03-IV Fluid Bolus", 1)])
def test_a_fluid_that_carries_a_drug_is_not_counted(heading: str, counts: int) -> None:
    row = bolus(
        {"coding": [{"system": f"{MIMIC}mimic-medication-icu", "code": "225158"}]},
        category={"coding": [{"system": f"{MIMIC}mimic-medadmin-category-icu", "code": heading}]},
    )
    found = map_chart([row], at=AT, site=site("mimic_iv_demo"))
    assert len(found.record.administrations) == counts


def order(*dosages: Resource, concept: Resource = SALINE, **other: Any) -> Resource:
    whole = request(None, medicationCodeableConcept=concept, **other)
    return {**whole, "dosageInstruction": list(dosages)}


def test_a_bolus_over_a_time_is_given_once() -> None:
    fifteen = {"repeat": {"duration": 15, "durationUnit": "min"}}
    found = draft_of(order({"timing": fifteen, "doseAndRate": [{"doseQuantity": ml(500)}]}))
    [one] = found.orders
    assert found.drug == "sodium_chloride"
    assert not found.problems
    assert (one.amount, one.unit, one.infusion_h, one.interval_h) == (500.0, "mL", 0.25, None)
    told = ordered(one, one.start or AT, 1.0)
    assert told is not None
    assert (told.kind, told.doses[0].amount, told.doses[0].duration_h) == ("crystalloid", 500.0, 0.25)


def test_a_rate_runs_and_a_stop_stops() -> None:
    rate = {"doseAndRate": [{"rateQuantity": ml(125, "mL/h")}]}
    [runs] = draft_of(order(rate)).orders
    assert (runs.rate, runs.unit) == (125.0, "mL/h")
    [stops] = draft_of(order(rate, status="stopped")).orders
    assert stops.stop
    told, ended = ordered(runs, AT, 2.0), ordered(stops, AT, 2.0)
    assert told is not None
    assert ended is not None
    assert sum(d.amount for d in told.doses) == pytest.approx(250.0)
    assert (ended.name, ended.kind, ended.doses) == (told.name, told.kind, ())


def test_a_bolus_without_a_time_is_not_forecast() -> None:
    found = draft_of(order({"doseAndRate": [{"doseQuantity": ml(500)}]}))
    assert [p.code for p in found.problems] == ["assumed"]


def test_a_flush_is_none_of_ours() -> None:
    assert draft_of(order({"asNeededBoolean": True, "doseAndRate": [{"doseQuantity": ml(10)}]})).drug is None


def test_an_active_order_is_in_the_record() -> None:
    active = order({"doseAndRate": [{"rateQuantity": ml(125, "mL/h")}]}, concept=RINGER, status="active")
    [one] = map_chart([active], at=AT).record.current_orders
    assert (one.drug, one.rate, one.unit) == ("ringer_lactate", 125.0, "mL/h")


def test_what_went_in_a_day_before_the_sample_counts_no_more() -> None:
    """Else an old bag would need an arterial pressure for a haemoglobin that it moves no more."""
    old = map_chart([bolus(begin=-30.0, end=-29.0)], at=AT).record
    assert intake(old, AT) == ()
    counted = intake(old, AT, -6.0)
    assert not isinstance(counted, CannotPredict)
    assert [d.amount for one in counted for d in one.doses] == [pytest.approx(500.0)]
