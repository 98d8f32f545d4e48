"""Prefetch templates within the limits of real clients, and prefetch values of every shape."""

import re

import pytest

from fhir_mapping.bundles import resources
from fhir_mapping.codes import LOINC, standard
from fhir_mapping.prefetch import MOST_CHARACTERS, MOST_CODES, MOST_KEYS, required_keys, templates
from twin_engine.patient.variables import VARIABLES

TOKEN = re.compile(r"\{\{(.*?)\}\}")


@pytest.mark.parametrize("hook", ["patient-view", "order-select", "order-sign"])
def test_templates_stay_within_what_clients_resolve(hook: str) -> None:
    found = templates(["vancomycin"], [v for v in VARIABLES if VARIABLES[v].kind == "measured"], hook)
    assert len(found) <= MOST_KEYS
    for template in found.values():
        assert len(template) <= MOST_CHARACTERS
        assert template.count("|") <= MOST_CODES
        assert set(TOKEN.findall(template)) <= {"context.patientId"}


@pytest.mark.parametrize("hook", ["patient-view", "order-select", "order-sign"])
def test_every_code_of_what_the_models_read_is_asked_for(hook: str) -> None:
    wanted = {v for v in VARIABLES if VARIABLES[v].kind in {"measured", "setting"}}
    asked = ",".join(templates(["vancomycin"], wanted, hook).values())
    codes = [c for (system, c), m in standard().variables.items() if system == LOINC and m.name in {*wanted, "vancomycin"}]
    assert len(codes) > 70
    assert [c for c in codes if f"{LOINC}|{c}," not in asked.replace("&", ",")] == []


def test_what_cannot_be_asked_for_is_an_error_and_not_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fhir_mapping.prefetch.MOST_CODES", 5)
    with pytest.raises(ValueError, match="clients resolve 5"):
        templates(["vancomycin"], ["creatinine"], "patient-view")


def test_blood_pressure_is_asked_for_as_a_whole_too() -> None:
    assert "85354-9" in templates([], ["map"], "order-sign")["vitals"]


def test_required_keys_are_always_offered() -> None:
    for needs in (["creatinine", "weight"], [v for v in VARIABLES if VARIABLES[v].kind in {"measured", "setting"}]):
        found = templates(["vancomycin"], needs, "order-sign")
        assert {"patient", "laboratory", "levels", "administrations"} <= found.keys() & required_keys("order-sign")
        assert "29463-7" in found.get("body", found["levels"])


def test_a_dosing_hook_asks_for_what_its_models_read() -> None:
    found = templates(["vancomycin"], ["creatinine", "weight", "height", "vancomycin"], "order-sign")
    assert "2160-0" in found["laboratory"]
    assert "20578-1" in found["levels"]
    assert required_keys("order-sign") <= found.keys()


PATIENT = {"resourceType": "Patient", "id": "1"}


@pytest.mark.parametrize(
    ("value", "state", "n"),
    [
        (None, "null", 0),
        ({}, "null", 0),
        (PATIENT, "present", 1),
        ({"response": {"status": "200 OK"}, "resource": PATIENT}, "present", 1),
        ({"resourceType": "Bundle", "entry": [{"resource": PATIENT}, {}]}, "present", 1),
        ({"resourceType": "Bundle"}, "present", 0),
        ({"resourceType": "OperationOutcome"}, "failed", 0),
        ({"resourceType": "Bundle", "entry": [{"resource": {"resourceType": "OperationOutcome"}}]}, "failed", 0),
        ("nonsense", "failed", 0),
    ],
)
def test_every_shape_of_a_prefetch_value(value: object, state: str, n: int) -> None:
    found = resources(value)
    assert (found.state, len(found.resources)) == (state, n)


def test_a_bundle_with_more_pages_is_cut() -> None:
    found = resources({"resourceType": "Bundle", "entry": [], "link": [{"relation": "next", "url": "https://x/p2"}]})
    assert found.cut
    assert found.next_url == "https://x/p2"
    assert resources({"resourceType": "Bundle", "total": 5, "entry": [{"resource": PATIENT}]}).cut


@pytest.mark.parametrize(("asked", "cut"), [(1, True), (2, False)])
def test_a_bundle_as_long_as_was_asked_for_may_be_cut(asked: int, cut: bool) -> None:
    link = [{"relation": "self", "url": f"https://x/Observation?patient=1&_count={asked}&_sort=-date"}]
    document = {"resourceType": "Bundle", "entry": [{"resource": PATIENT}], "link": link}
    assert resources(document).cut is cut
    assert not resources({**document, "total": 1}).cut
