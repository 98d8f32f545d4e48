"""Draft orders inside RequestGroups, orders of nutrition, and requests that are none of ours."""

from typing import Any

import pytest

from fhir_mapping.groups import CHOICE
from fhir_mapping.orders import Draft, read_drafts, rewritten
from tests.unit.mapping.test_orders import AT, EVERY_12_H, mg, request

IV = {"text": "IV"}


def order(amount: float, ident: str) -> dict[str, Any]:
    return {**request({"route": IV, "timing": EVERY_12_H, "doseAndRate": [{"doseQuantity": mg(amount)}]}), "id": ident}


def group(*actions: dict[str, Any], **other: Any) -> dict[str, Any]:
    return {
        "resourceType": "RequestGroup",
        "id": "g",
        "status": "draft",
        "intent": "order",
        "subject": {"reference": "Patient/1"},
        "action": list(actions),
        **other,
    }


def read(*resources: dict[str, Any]) -> tuple[Draft, ...]:
    return read_drafts({"resourceType": "Bundle", "entry": [{"resource": r} for r in resources]}, at=AT)


def to(reference: str) -> dict[str, Any]:
    return {"resource": {"reference": reference}}


def test_a_contained_order_is_read_with_the_patient_and_status_of_its_group() -> None:
    inside = order(1000, "a")
    del inside["subject"], inside["status"]
    [draft] = [d for d in read(group(to("#a"), contained=[inside])) if d.drug]
    assert (draft.reference, draft.patient_id, draft.status) == ("RequestGroup/g#a", "1", "draft")
    assert [o.amount for o in draft.orders] == [1000.0]
    with pytest.raises(ValueError, match="inside a group"):
        rewritten(draft, draft.orders[0])


def test_an_order_that_stands_beside_its_group_is_read_once() -> None:
    found = read(order(1000, "a"), group(to("MedicationRequest/a")))
    assert [d.reference for d in found if d.drug] == ["MedicationRequest/a"]
    assert not any(d.problems for d in found)


@pytest.mark.parametrize("behaviour", ["exactly-one", "at-most-one", "any", "one-or-more"])
def test_alternatives_are_not_taken_for_orders_to_be_given_together(behaviour: str) -> None:
    whole = {"selectionBehavior": behaviour, "action": [to("MedicationRequest/a"), {"action": [to("#b")]}]}
    found = {d.reference: d for d in read(order(1000, "a"), group(whole, contained=[order(1500, "b")])) if d.drug}
    assert found.keys() == {"MedicationRequest/a", "RequestGroup/g#b"}
    assert all(CHOICE in {p.text for p in d.problems} for d in found.values())


def test_a_group_of_which_all_is_to_be_done_leaves_nothing_open() -> None:
    whole = {"selectionBehavior": "all", "action": [to("MedicationRequest/a"), to("MedicationRequest/b")]}
    assert not any(d.problems for d in read(order(1000, "a"), order(500, "b"), group(whole)))


def test_endless_groups_end() -> None:
    action: dict[str, Any] = {"selectionBehavior": "any"}
    action["action"] = [action]
    assert read(group(action)) == ()


def test_a_drafted_diet_orders_carbohydrate_and_no_drug() -> None:
    diet = {
        "resourceType": "NutritionOrder",
        "id": "n",
        "status": "draft",
        "patient": {"reference": "Patient/1"},
        "dateTime": "2026-01-02T08:00:00Z",
        "oralDiet": {"nutrient": [{"modifier": {"coding": [{"code": "2331003"}]}, "amount": {"value": 200, "code": "g"}}]},
    }
    [draft] = read(diet)
    assert (draft.drug, draft.patient_id, draft.problems) == (None, "1", ())
    assert [(o.carbohydrate_g_per_day, o.drug, o.start) for o in draft.orders] == [(200.0, None, AT)]
    [plain] = read({**diet, "oralDiet": {"type": [{"text": "pureed"}]}})
    assert [p.code for p in plain.problems] == ["no_amount"]


@pytest.mark.parametrize("kind", ["ServiceRequest", "DeviceRequest", "CommunicationRequest"])
def test_other_requests_are_drafts_that_order_nothing_of_ours(kind: str) -> None:
    [draft] = read({"resourceType": kind, "id": "x", "status": "draft", "subject": {"reference": "Patient/1"}})
    assert (draft.reference, draft.drug, draft.orders, draft.patient_id) == (f"{kind}/x", None, (), "1")
