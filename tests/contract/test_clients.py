"""Requests in the shapes that real clients send: the reference sandbox, the CDS Hooks documentation, Da Vinci, Epic."""

import json
from typing import Any

import pytest

from tests.calls import LOINC, PATIENT, ROUTE, URL, VANCOMYCIN, order, prefetch, request, service, without
from tests.schemas import faults

WHO = {"userId": "Practitioner/doc-1", "patientId": PATIENT}


def drafts(*resources: dict[str, Any], **members: Any) -> dict[str, Any]:
    return {"resourceType": "Bundle", "entry": [{"resource": r} for r in resources], **members}


SANDBOX_TABLET = {
    "resourceType": "MedicationRequest",
    "id": "request-123",
    "status": "draft",
    "subject": {"reference": f"Patient/{PATIENT}"},
    "intent": "order",
    "category": {"coding": [{"code": "community"}]},
    "authoredOn": "2026-01-03",
    "dosageInstruction": [
        {
            "timing": {"repeat": {"frequency": 1, "period": 1, "periodUnit": "d"}},
            "doseAndRate": [{"doseQuantity": {"value": 2, "code": "{pill}"}}],
        }
    ],
    "medicationCodeableConcept": {"text": "Vancomycin 125 MG Oral Capsule", "coding": [{"code": "313570"}]},
}
SANDBOX_EMPTY = without(without(SANDBOX_TABLET, "medicationCodeableConcept"), "intent")
WRAPPED_2018 = {key: {"response": {"status": "200 OK"}, "resource": value} for key, value in prefetch().items() if value}
CONTAINED = {
    **without(order(), "medicationCodeableConcept"),
    "contained": [{"resourceType": "Medication", "id": "m", "code": VANCOMYCIN}],
    "medicationReference": {"reference": "#m"},
}
CASES: dict[str, tuple[dict[str, Any], int | None]] = {
    "sandbox: tablet, category an object, Bundle without type": (request("order-sign", SANDBOX_TABLET), 0),
    "sandbox: neither medication nor intent": (request("order-sign", SANDBOX_EMPTY), 0),
    "sandbox: no encounter, prefetch of keys that are not ours": (
        {**request("patient-view"), "prefetch": {**prefetch(), "meds": {"resourceType": "Bundle", "entry": []}}},
        0,
    ),
    "sandbox: no encounter, a key that is not ours and none for the weight": (
        {
            **request("patient-view"),
            "prefetch": {**without(prefetch(), "body"), "meds": {"resourceType": "Bundle", "entry": []}},
        },
        1,
    ),
    "documentation: Patient/ before the id": (request(patientId=f"Patient/{PATIENT}"), 1),
    "documentation: types before all ids, null for keys that are not ours": (
        {
            **request(patientId=f"Patient/{PATIENT}", encounterId="Encounter/e-1"),
            "prefetch": {**prefetch(), "item2": None, "item3": None},
        },
        1,
    ),
    "documentation: an order for an outpatient of a drug that is not ours": (
        request("order-sign", {**order(), "medicationCodeableConcept": {"text": "oxycodone 10 MG Oral Tablet"}}),
        0,
    ),
    "documentation: prefetch wrapped as in 2018": ({**request(), "prefetch": WRAPPED_2018}, 1),
    "documentation: dose at its place of STU3, no Bundle type": (
        request(
            "order-sign",
            {
                **order(),
                "dosageInstruction": [
                    {
                        "route": ROUTE,
                        "timing": {
                            "repeat": {"frequency": 2, "period": 1, "periodUnit": "d", "duration": 1, "durationUnit": "h"}
                        },
                        "doseQuantity": {"value": 1000, "unit": "mg"},
                    }
                ],
            },
        ),
        1,
    ),
    "Da Vinci: authorization without token": (
        {**request(), "fhirServer": "https://ehr.example/fhir", "fhirAuthorization": {"token_type": "Bearer", "scope": "x"}},
        1,
    ),
    "Epic: contained medication and an extension object": (
        {**request("order-sign", CONTAINED), "extension": {"com.epic.cdshooks.request.bpa-trigger-action": "23"}},
        1,
    ),
    "signed again: status active": (request("order-sign", {**order(), "status": "active"}), 1),
    "members that no version knows": ({**request(), "somethingNew": {"deep": [1, 2]}}, 1),
    "an empty prefetch object and no server": ({**request(), "prefetch": {}}, None),
    "no prefetch at all and no server": (without(request(), "prefetch"), None),
}


@pytest.mark.parametrize("case", CASES)
async def test_the_shape_is_understood(case: str) -> None:
    document, cards = CASES[case]
    async with service() as client:
        answer = await client.post(URL, content=json.dumps(document))
    if cards is None:
        assert answer.status_code == 412
        return
    assert answer.status_code == 200, answer.text
    assert faults("response", answer.json()) == []
    assert len(answer.json()["cards"]) == cards


async def test_a_constant_hook_instance_gives_every_body_its_own_answer() -> None:
    async with service() as client:
        one = await client.post(URL, content=json.dumps(request("order-sign", order(1000))))
        other = await client.post(URL, content=json.dumps(request("order-sign", order(2000))))
    assert one.json()["cards"][0]["uuid"] != other.json()["cards"][0]["uuid"]
    assert one.json()["cards"][0]["summary"] != other.json()["cards"][0]["summary"]


async def test_a_suggestion_carries_the_whole_draft_with_every_number_as_it_was_written() -> None:
    draft = {
        **order(2000),
        "extension": [{"url": "https://ehr.example/price", "valueDecimal": 7.4}],
        "dispenseRequest": {"quantity": {"value": 2.5}},
    }
    body = json.dumps(request("order-sign", draft)).replace("7.4}", "7.40}").replace("2.5}", "2.500}")
    async with service() as client:
        answer = await client.post(URL, content=body)
    resource = answer.json()["cards"][0]["suggestions"][0]["actions"][0]["resource"]
    assert resource["id"] == draft["id"]
    assert resource["subject"] == draft["subject"]
    assert resource["extension"] == draft["extension"]
    assert '"valueDecimal":7.40' in answer.text
    assert '"value":2.500' in answer.text
    assert LOINC not in json.dumps(resource)
