"""Roles and units come from codes and references, never from names; several roles are none."""

from typing import Any

import pytest

from fhir_mapping.staff import PRACTITIONER_ROLE, codes, role, unit


def person(*held: str, ident: str = "r1", system: str = PRACTITIONER_ROLE, **members: Any) -> dict[str, Any]:
    coded = [{"coding": [{"system": system, "code": code}]} for code in held]
    who = {"practitioner": {"reference": "Practitioner/p1"}}
    return {"resourceType": "PractitionerRole", "id": ident, "code": coded, **who, **members}


@pytest.mark.parametrize(
    ("resource", "expected"),
    [
        (person("nurse"), "nurse"),
        (person("doctor"), "prescriber"),
        (person("pharmacist"), "pharmacist"),
        (person("nurse", "doctor"), None),
        (person("teacher"), None),
        (person("nurse", active=False), None),
        (person("nurse", ident="r2"), None),
        (person("nurse", system="urn:elsewhere"), None),
        (person(display="nurse"), None),
        ({"resourceType": "PractitionerRole", "id": "r1", "code": 7}, None),
    ],
)
def test_the_role_of_the_user(resource: dict[str, Any], expected: str | None) -> None:
    assert role(codes([resource], "PractitionerRole/r1"), {}) == expected


def test_a_practitioner_is_found_by_reference_and_a_site_has_codes_of_its_own() -> None:
    held = codes([person("77", system="urn:site")], "Practitioner/p1")
    assert role(held, {"urn:site|77": "nurse"}) == "nurse"
    assert role(held, {}) is None
    assert codes([person("nurse")], "Practitioner/other") == frozenset()


def stay(*places: dict[str, Any]) -> dict[str, Any]:
    return {"resourceType": "Encounter", "id": "e1", "location": list(places)}


def place(name: str, **members: Any) -> dict[str, Any]:
    return {"location": {"reference": f"Location/{name}"}, **members}


def test_the_unit_is_where_the_patient_lies_now() -> None:
    moved = stay(place("ward", status="completed"), place("icu-3", status="active"))
    assert unit([moved], "e1") == "icu-3"
    assert unit([stay(place("icu-1", period={"start": "2026-01-01"}))], "e1") == "icu-1"
    assert unit([stay(place("icu-1", period={"end": "2026-01-01"}))], "e1") is None
    assert unit([moved], "e2") is None
    assert unit([moved], None) is None
