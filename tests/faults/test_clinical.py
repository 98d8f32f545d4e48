"""Charts and drafts that cannot be used as they stand: a reason on a card or a status, never a guess."""

import json
from copy import deepcopy
from typing import Any

import pytest

from tests.calls import PATIENT, RXNORM, URL, VANCOMYCIN, bundle, given, observation, order, prefetch, request, service
from tests.schemas import faults


async def cards(document: dict[str, Any]) -> list[dict[str, Any]]:
    async with service() as client:
        answer = await client.post(URL, content=json.dumps(document))
    assert answer.status_code == 200, answer.text
    assert faults("response", answer.json()) == []
    return answer.json()["cards"]


def with_prefetch(**keys: Any) -> dict[str, Any]:
    return {**request(), "prefetch": {**prefetch(), **keys}}


def dosage(**members: Any) -> dict[str, Any]:
    """The draft with another dose: members replace those of its only doseAndRate."""
    draft = order()
    draft["dosageInstruction"][0]["doseAndRate"][0] = members
    return draft


WEIGHT = observation("weight", "29463-7", 82, "kg", 46)
HEIGHT = observation("height", "8302-2", 175, "cm", 46)
NO_PREDICTION = {
    "weight missing": (with_prefetch(body=bundle([HEIGHT])), "weight"),
    "creatinine missing": (with_prefetch(laboratory=bundle([])), "creatinine"),
    "creatinine in an unknown unit": (
        with_prefetch(laboratory=bundle([observation("creatinine", "2160-0", 1.4, "bananas", 3)])),
        "creatinine",
    ),
    "creatinine without unit": (
        with_prefetch(laboratory=bundle([observation("creatinine", "2160-0", 1.4, "", 3)])),
        "creatinine",
    ),
    "weight of 700 kg": (with_prefetch(body=bundle([HEIGHT, observation("weight", "29463-7", 700, "kg", 46)])), "weight"),
    "level before any dose": (with_prefetch(administrations=bundle([])), "dose"),
}


@pytest.mark.parametrize("case", NO_PREDICTION)
async def test_no_prediction_says_why(case: str) -> None:
    document, why = NO_PREDICTION[case]
    (card,) = await cards(document)
    assert card["indicator"] == "info"
    assert card["summary"].startswith("No prediction for vancomycin")
    assert why in card["detail"].lower()
    assert "suggestions" not in card


def undated() -> dict[str, Any]:
    draft = order()
    del draft["dosageInstruction"]
    return draft


def second_dosage_unreadable() -> dict[str, Any]:
    """A load that can be read, and a maintenance dose that cannot: what the patient will get is not known."""
    draft = order()
    draft["dosageInstruction"].append({"text": "then as pharmacy says", "doseAndRate": [{"doseQuantity": {"unit": "mg"}}]})
    return draft


UNREADABLE = {
    "one of two dosages": second_dosage_unreadable(),
    "order without dose": undated(),
    "empty dosage": dosage(),
    "dose 0": dosage(doseQuantity={"value": 0, "unit": "mg"}),
    "negative dose": dosage(doseQuantity={"value": -1000, "unit": "mg"}),
    "dose as text": dosage(doseQuantity={"value": "500 mg"}),
    "dose true": dosage(doseQuantity={"value": True, "unit": "mg"}),
    "dose without unit": dosage(doseQuantity={"value": 1000}),
    "dose in tablets": dosage(doseQuantity={"value": 2, "unit": "{pill}"}),
    "range": dosage(doseRange={"low": {"value": 500, "unit": "mg"}, "high": {"value": 900, "unit": "mg"}}),
    "as needed": {**order(), "dosageInstruction": [{**order()["dosageInstruction"][0], "asNeededBoolean": True}]},
}


@pytest.mark.parametrize("case", UNREADABLE)
async def test_a_dose_that_cannot_be_read_gets_no_forecast_and_no_suggestion(case: str) -> None:
    found = await cards(request("order-sign", UNREADABLE[case]))
    assert len(found) == 1
    assert found[0]["indicator"] == "info"
    assert found[0]["summary"].startswith("No prediction for vancomycin")
    assert "suggestions" not in found[0]


@pytest.mark.parametrize(
    "draft",
    [
        dosage(doseQuantity={"value": 1e308, "unit": "mg"}),
        dosage(doseQuantity={"value": 50_000, "unit": "mg"}),
        dosage(doseRange={"low": {"value": 500, "unit": "mg"}, "high": {"value": 9000, "unit": "mg"}}),
        {**dosage(doseQuantity={"value": 9, "unit": "g"})},
    ],
    ids=["1e308", "50 g", "range up to 9 g", "9 g"],
)
@pytest.mark.parametrize("chart", ["whole chart", "no weight", "no creatinine"])
async def test_beyond_an_absolute_limit_is_critical_with_or_without_a_prediction(draft: dict[str, Any], chart: str) -> None:
    document = request("order-sign", draft)
    if chart == "no weight":
        document["prefetch"]["body"] = bundle([])
    elif chart == "no creatinine":
        document["prefetch"]["laboratory"] = bundle([])
    found = await cards(document)
    assert found[0]["indicator"] == "critical"
    assert "absolute limit" in found[0]["summary"]
    assert "Source" in found[0]["detail"]


async def test_order_select_is_never_critical() -> None:
    (card,) = await cards(request("order-select", order(20_000)))
    assert card["indicator"] == "warning"


async def test_two_drafts_are_judged_together() -> None:
    """Each alone is within 4,500 mg in 24 h; together they are not."""
    alone = await cards(request("order-sign", order(1500)))
    both = await cards(request("order-sign", order(1500), order(1500, ident="draft-2")))
    assert not any("total in 24 h" in card["detail"] for card in alone)
    assert any("total in 24 h" in card["detail"] for card in both)
    references = [ref for card in both for ref in card["extension"]["org.icu-twin.orders"]["references"]]
    assert sorted(references) == ["MedicationRequest/draft-1", "MedicationRequest/draft-2"]


def cefepime(amount: float, interval_h: float, ident: str) -> dict[str, Any]:
    code = {"system": RXNORM, "code": "20481", "display": "cefepime"}
    return {**order(amount, interval_h, ident), "medicationCodeableConcept": {"coding": [code]}}


async def test_a_limit_is_named_on_the_card_of_its_own_drug_only() -> None:
    found = await cards(request("order-sign", order(20_000), cefepime(3000, 8, "draft-2")))
    of_drug = {card["extension"]["org.icu-twin.orders"]["references"][0]: card for card in found}
    assert of_drug["MedicationRequest/draft-2"]["summary"].startswith("Cefepime")
    assert "ancomycin" not in of_drug["MedicationRequest/draft-2"]["detail"]
    alone = await cards(request("order-sign", order(500)))
    beside = await cards(request("order-sign", order(500), cefepime(3000, 8, "draft-2")))
    assert beside[0]["summary"].startswith("Cefepime single dose 3,000 mg is above the absolute limit")
    assert beside[1]["summary"] == alone[0]["summary"]
    assert "efepime" not in beside[1]["detail"]


async def test_drafts_of_one_drug_add_up_against_its_limits() -> None:
    (card,) = await cards(request("order-sign", cefepime(2000, 12, "draft-1"), cefepime(1500, 12, "draft-2")))
    assert card["indicator"] == "critical"
    assert "total in 24 h 7,000 mg" in card["summary"]


async def test_the_part_of_an_order_that_cannot_be_read_is_said() -> None:
    draft = order()
    second = deepcopy(draft["dosageInstruction"][0])
    second["doseAndRate"][0]["doseQuantity"] = {"value": 3}
    draft["dosageInstruction"].append(second)
    (card,) = await cards(request("order-sign", draft))
    assert "Not checked" in card["detail"]


async def test_order_select_answers_only_for_what_is_selected() -> None:
    other = order(20_000, ident="draft-2")
    document = request("order-select", order(1000), other, selections=["MedicationRequest/draft-1"])
    (card,) = await cards(document)
    assert card["extension"]["org.icu-twin.orders"]["references"] == ["MedicationRequest/draft-1"]
    assert "20,000" not in card["summary"]


async def test_a_draft_that_is_not_ours_is_silence() -> None:
    aspirin = {**order(), "medicationCodeableConcept": {"coding": [{"code": "1191"}], "text": "aspirin"}}
    nutrition = {"resourceType": "NutritionOrder", "id": "n", "status": "draft", "patient": {"reference": f"Patient/{PATIENT}"}}
    assert await cards(request("order-sign", aspirin, nutrition)) == []
    assert await cards({**request("order-sign", aspirin), "prefetch": {}}) == [], "nothing is fetched for it either"


async def test_an_empty_bundle_of_drafts_is_silence() -> None:
    document = request()
    document["context"]["draftOrders"] = {"resourceType": "Bundle", "entry": []}
    assert await cards(document) == []


async def test_one_unreadable_resource_costs_only_itself() -> None:
    document = request()
    entries = document["prefetch"]["laboratory"]["entry"]
    for broken in ("text", 7, None, [], {}, {"resourceType": "Observation"}, {"resourceType": "Observation", "code": 7}):
        entries.append({"resource": broken})
    whole, spoilt = await cards(request()), await cards(document)
    assert whole[0]["summary"] == spoilt[0]["summary"]


async def test_the_order_of_a_bundle_does_not_matter() -> None:
    document = request()
    doses = [given(1500, 24), given(1000, 12)]
    turned = deepcopy(document)
    turned["prefetch"]["administrations"] = bundle(doses[::-1])
    one, other = await cards(document), await cards(turned)
    assert one[0]["summary"] == other[0]["summary"]


async def test_a_stopped_order_is_not_warned_about() -> None:
    found = await cards(request("order-sign", {**order(20_000), "status": "stopped"}))
    assert all(card["indicator"] == "info" for card in found)


async def test_an_order_entered_in_error_is_silence() -> None:
    assert await cards(request("order-sign", {**order(20_000), "status": "entered-in-error"})) == []


async def test_text_of_the_chart_never_reaches_a_card() -> None:
    script = "<script>alert(1)</script> ](javascript:x)"
    draft = {**order(), "medicationCodeableConcept": {**VANCOMYCIN, "text": script}, "note": [{"text": script}]}
    document = request("order-sign", draft)
    document["prefetch"]["patient"]["name"] = [{"family": script}]
    found = await cards(document)
    for card in found:
        assert "script" not in card["summary"] + card["detail"]
