"""Conditions, organ support, nutrition and limits of treatment."""

from datetime import UTC, datetime
from typing import Any

import pytest

from fhir_mapping.record import map_chart

AT = datetime(2026, 1, 3, 8, tzinfo=UTC)
SNOMED = "http://snomed.info/sct"


def mapped(*resources: dict[str, Any]):
    return map_chart(resources, at=AT)


def condition(code: str, **other: Any) -> dict[str, Any]:
    coding = {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": code}]}
    return {"resourceType": "Condition", "id": "c", "subject": {"reference": "Patient/1"}, "code": coding, **other}


def procedure(code: str, **other: Any) -> dict[str, Any]:
    coding = {"coding": [{"system": SNOMED, "code": code}]}
    return {"resourceType": "Procedure", "id": "p", "subject": {"reference": "Patient/1"}, "code": coding, **other}


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("C92.00", "haematological_malignancy"),
        ("O09.90", "pregnancy"),
        ("E10.10", "dka"),
        ("Z66", "limitation_of_treatment"),
        ("Z51.5", "limitation_of_treatment"),
        ("N18.6", "kidney_failure"),
        ("J93.11", "pneumothorax"),
        ("S27.0XXA", "pneumothorax"),
    ],
)
def test_conditions_by_their_prefix(code: str, name: str) -> None:
    assert mapped(condition(code)).record.has_condition(name)


def test_what_is_refuted_or_resolved_is_absent() -> None:
    refuted = condition("C92.00", verificationStatus={"coding": [{"code": "refuted"}]})
    resolved = condition("C92.00", id="d", clinicalStatus={"coding": [{"code": "resolved"}]})
    found = mapped(refuted, resolved)
    assert found.record.conditions == ()
    assert [i.code for i in found.issues] == ["not_final", "not_final"]


def test_a_condition_that_ended_is_absent() -> None:
    found = mapped(condition("O09.90", abatementDateTime="2020-01-01"))
    assert found.record.conditions == ()
    assert [i.code for i in found.issues] == ["not_final"]


@pytest.mark.parametrize("code", ["E10.10", "E1010"])
def test_one_code_may_stand_for_two_conditions_with_or_without_its_dot(code: str) -> None:
    assert {c.condition for c in mapped(condition(code)).record.conditions} == {"dka", "type_1_diabetes"}


def test_another_edition_of_the_icd_is_not_read_as_the_american_one() -> None:
    coding = {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10", "code": "E11.00"}]}
    assert mapped(condition("E11.00")).record.has_condition("hhs")
    assert mapped({**condition("E11.00"), "code": coding}).record.conditions == ()


@pytest.mark.parametrize(
    ("system", "code"),
    [
        ("http://hl7.org/fhir/sid/icd-10-cm", "Z99.2"),
        ("http://hl7.org/fhir/sid/icd-10", "N18.5"),
        ("http://hl7.org/fhir/sid/icd-10", "Z99.2"),
        ("http://fhir.de/CodeSystem/bfarm/icd-10-gm", "N18.5"),
        ("http://fhir.de/CodeSystem/bfarm/icd-10-gm", "Z99.2"),
        ("http://hl7.org/fhir/sid/icd-9-cm", "585.6"),
        ("http://hl7.org/fhir/sid/icd-9-cm", "V4511"),
        (SNOMED, "105502003"),
    ],
)
def test_chronic_dialysis_in_every_code_system(system: str, code: str) -> None:
    coding = {"coding": [{"system": system, "code": code}]}
    assert mapped({**condition("x"), "code": coding}).record.has_condition("kidney_failure")


@pytest.mark.parametrize(
    ("system", "code", "name"),
    [
        (SNOMED, "77386006", "pregnancy"),
        ("http://hl7.org/fhir/sid/icd-10", "O26.9", "pregnancy"),
        ("http://hl7.org/fhir/sid/icd-10", "Z35.9", "pregnancy"),
        ("http://fhir.de/CodeSystem/bfarm/icd-10-gm", "O14.1", "pregnancy"),
        ("http://fhir.de/CodeSystem/bfarm/icd-10-gm", "Z33", "pregnancy"),
        ("http://hl7.org/fhir/sid/icd-10", "C92.0", "haematological_malignancy"),
        ("http://fhir.de/CodeSystem/bfarm/icd-10-gm", "K74.6", "cirrhosis"),
    ],
)
def test_what_a_model_refuses_or_reads_is_known_outside_the_american_edition(system: str, code: str, name: str) -> None:
    coding = {"coding": [{"system": system, "code": code}]}
    assert mapped({**condition("x"), "code": coding}).record.has_condition(name)


def test_stage_5_of_the_american_edition_is_not_its_end_stage() -> None:
    assert mapped(condition("N18.5")).record.conditions == ()


def test_chronic_hypercapnia() -> None:
    for code in ("J96.12", "J96.22", "E66.2"):
        assert mapped(condition(code)).record.has_condition("chronic_hypercapnia")
    assert not mapped(condition("J96.02")).record.has_condition("chronic_hypercapnia")


def test_chronic_obstructive_pulmonary_disease_is_read_from_three_systems() -> None:
    who = {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10", "code": "J44.1"}]}
    snomed = {"coding": [{"system": SNOMED, "code": "13645005"}]}
    for found in (condition("J44.9"), {**condition("J44.1"), "code": who}, {**condition("J44.9"), "code": snomed}):
        record = mapped(found).record
        assert record.has_condition("copd")
        assert not record.has_condition("chronic_hypercapnia"), "not everybody with it retains carbon dioxide"
    assert not mapped(condition("J45.9")).record.has_condition("copd")


def test_renal_replacement_runs_from_its_period() -> None:
    span = {"start": "2026-01-02T08:00:00Z"}
    [crrt] = mapped(procedure("714749008", status="in-progress", performedPeriod=span)).record.procedures
    assert (crrt.procedure, crrt.end) == ("crrt", None)
    [over] = mapped(procedure("302497006", status="completed", performedDateTime="2026-01-02T08:00:00Z")).record.procedures
    assert (over.procedure, over.end) == ("ihd", over.start)
    assert mapped(procedure("302497006", status="not-done")).record.procedures == ()


def test_a_flag_limits_treatment() -> None:
    flag = {"resourceType": "Flag", "status": "active", "code": {"coding": [{"system": SNOMED, "code": "304253006"}]}}
    assert mapped(flag).record.has_condition("limitation_of_treatment")
    assert not mapped({**flag, "status": "inactive"}).record.has_condition("limitation_of_treatment")


def test_comfort_measures_limit_treatment_while_they_are_in_progress() -> None:
    assert mapped(procedure("133918004", status="in-progress")).record.has_condition("limitation_of_treatment")
    for status in ("not-done", "completed", "entered-in-error"):
        assert mapped(procedure("133918004", status=status)).record.conditions == ()


def test_who_has_died_is_known_with_or_without_a_date() -> None:
    patient = {"resourceType": "Patient", "id": "1", "birthDate": "1960-01-01"}
    assert mapped({**patient, "deceasedBoolean": True}).record.has_condition("deceased")
    assert mapped({**patient, "deceasedDateTime": "2026-01-03"}).record.has_condition("deceased")
    assert mapped({**patient, "deceasedDateTime": "2026"}).record.has_condition("deceased")
    assert not mapped({**patient, "deceasedBoolean": False}).record.has_condition("deceased")


def test_a_chart_read_as_it_stood_before_a_death_is_of_somebody_alive() -> None:
    patient = {"resourceType": "Patient", "id": "1", "birthDate": "1960-01-01"}
    for died in ("2026-02-01", "2026-02-01T07:00:00+01:00"):
        assert not mapped({**patient, "deceasedDateTime": died}).record.has_condition("deceased")


def test_nutrition_is_carbohydrate_per_day_or_an_issue() -> None:
    diet = {
        "resourceType": "NutritionOrder",
        "id": "n",
        "status": "active",
        "patient": {"reference": "Patient/1"},
        "dateTime": "2026-01-02T08:00:00Z",
        "oralDiet": {"nutrient": [{"modifier": {"coding": [{"code": "2331003"}]}, "amount": {"value": 200, "code": "g"}}]},
    }
    [order] = mapped(diet).record.current_orders
    assert order.carbohydrate_g_per_day == 200.0
    plain = {**diet, "oralDiet": {"type": [{"text": "pureed"}]}}
    assert mapped(plain).record.current_orders == ()
    assert [i.code for i in mapped(plain).issues] == ["no_amount"]
