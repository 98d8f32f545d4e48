"""A drafted ventilator order from hook to card, and what of such an order is not read."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from fhir_mapping.orders import read_drafts, rewritten
from tests.calls import PATIENT, observation, order, post, request
from tests.checkout import ROOT
from twin_engine.patient.record import Setting

AT = datetime(2026, 3, 2, 12, tzinfo=UTC)
FOLDER = ROOT / "openapi" / "fhir"


def example(**changes: Any) -> dict[str, Any]:
    found = json.loads((FOLDER / "example-ventilator-order.json").read_text(encoding="utf-8"))
    return {**found, "subject": {"reference": f"Patient/{PATIENT}"}, **changes}


def parameter(code: str, value: float, unit: str | None) -> dict[str, Any]:
    quantity = {"value": value, "system": "http://unitsofmeasure.org", **({"code": unit} if unit else {})}
    return {"code": {"coding": [{"system": "http://loinc.org", "code": code}]}, "valueQuantity": quantity}


def drafts(resource: dict[str, Any]) -> Any:
    return read_drafts({"resourceType": "Bundle", "entry": [{"resource": resource}]}, at=AT)


def test_the_published_example_is_read() -> None:
    (draft,) = drafts(example())
    assert draft.drug == "ventilator"
    assert [(s.variable, s.value) for s in draft.orders[0].settings] == [("peep", 14.0), ("fio2", 0.5)]


@pytest.mark.parametrize(
    "parameters",
    [
        [parameter("20077-4", 14, None)],
        [parameter("20077-4", 14, "mg")],
        [parameter("20077-4", 14, "cm[H2O]"), parameter("20077-4", 10, "cm[H2O]")],
        [parameter("20077-4", 14, "cm[H2O]"), parameter("99999-9", 1, "1")],
    ],
    ids=["no unit", "wrong unit", "twice", "beside an unknown one"],
)
def test_an_order_that_is_not_clear_is_not_read_in_part(parameters: list[dict[str, Any]]) -> None:
    (draft,) = drafts(example(parameter=parameters))
    assert draft.orders == ()
    assert draft.problems


def test_the_order_of_another_device_is_none_of_ours() -> None:
    (draft,) = drafts(example(parameter=[]))
    assert draft.drug is None


VALUES: list[tuple[str, float, str]] = [
    ("20077-4", 10, "cm[H2O]"),
    ("19994-3", 60, "%"),
    ("20112-9", 420, "mL"),
    ("19834-1", 20, "/min"),
    ("76259-1", 22, "cm[H2O]"),
    ("59408-5", 94, "%"),
    ("8302-2", 175, "cm"),
]


def charted(values: Sequence[tuple[str, float, str]] = VALUES, hours: float = 1.0) -> list[dict[str, Any]]:
    return [observation(f"o-{i}", code, value, unit, hours) for i, (code, value, unit) in enumerate(values)]


async def test_a_ventilator_order_gets_a_card() -> None:
    document = request("order-sign", example())
    document["prefetch"]["ventilator"] = {
        "resourceType": "Bundle",
        "type": "searchset",
        "entry": [{"resource": r} for r in charted()],
    }
    found = await post(document)
    assert found.status_code == 200, found.text
    (card,) = found.json()["cards"]
    assert card["source"]["topic"]["code"] == "ventilation"
    assert card["summary"].startswith("PEEP 10→14 cmH2O, FiO2 60→50 %")
    assert "PEEP may raise or lower oxygen" in card["detail"]
    assert "Experimental" in card["detail"]


async def test_beyond_the_absolute_limit_the_card_is_critical_without_a_prediction() -> None:
    found = await post(request("order-sign", example(parameter=[parameter("20077-4", 50, "cm[H2O]")])))
    (card,) = found.json()["cards"]
    assert card["indicator"] == "critical"
    assert "24" in card["summary"]


def mode(code: str) -> dict[str, Any]:
    concept = {"coding": [{"system": "urn:icu-twin:ventilator-mode", "code": code}]}
    return {"code": {"coding": [{"system": "http://loinc.org", "code": "20124-4"}]}, "valueCodeableConcept": concept}


async def test_a_mode_that_is_in_force_changes_nothing() -> None:
    peep = parameter("20077-4", 14, "cm[H2O]")
    cards = [(await post(ventilated(example(parameter=rows)))).json()["cards"] for rows in ([peep], [mode("vc_cmv"), peep])]
    assert cards[0][0]["summary"] == cards[1][0]["summary"]
    assert cards[0][0]["summary"].startswith("PEEP 10→14 cmH2O")


async def test_another_mode_is_named_and_the_limits_of_the_other_settings_are_checked() -> None:
    (card,) = (await post(ventilated(example(parameter=[mode("pc_cmv"), parameter("20077-4", 22, "cm[H2O]")])))).json()["cards"]
    assert card["indicator"] == "warning"
    assert card["summary"].startswith("mode PC-CMV, PEEP 10→22 cmH2O: PEEP 22 cm H2O is above the recommended limit of 20")
    assert "a change of mode, VC-CMV to PC-CMV, is not simulated" in card["detail"]
    (beyond,) = (await post(ventilated(example(parameter=[mode("aprv"), parameter("20077-4", 50, "cm[H2O]")])))).json()["cards"]
    assert beyond["indicator"] == "critical"


@pytest.mark.parametrize("code", ["ASV", "unknown"])
def test_a_mode_that_cannot_be_read_is_not_taken_for_the_one_in_force(code: str) -> None:
    (draft,) = drafts(example(parameter=[mode(code), parameter("20077-4", 14, "cm[H2O]")]))
    assert next((s.variable, s.category) for s in draft.orders[0].settings) == ("ventilator_mode", None)


async def test_a_suggestion_leaves_the_ordered_mode_as_it_is() -> None:
    draft = example(parameter=[mode("vc_cmv"), parameter("20112-9", 620, "mL")])
    (card,) = (await post(ventilated(draft))).json()["cards"]
    written = card["suggestions"][0]["actions"][0]["resource"]["parameter"]
    assert written[0] == mode("vc_cmv")
    assert written[1]["valueQuantity"]["value"] < 620


GASES = [("2703-7", 78, "mm[Hg]"), ("2019-8", 42, "mm[Hg]"), ("2744-1", 7.36, "[pH]"), ("718-7", 10, "g/dL")]


STRETCHED = {"20112-9": 520, "76259-1": 26}


def ventilated(*drafts_: dict[str, Any], **context: Any) -> dict[str, Any]:
    """A call whose chart is fresh enough for a suggestion, and whose volume in force is too large already."""
    coded = {"coding": [{"system": "urn:icu-twin:ventilator-mode", "code": "vc_cmv"}]}
    mode = {k: v for k, v in observation("mode", "20124-4", 0, "1", 1.0).items() if k != "valueQuantity"}
    in_force = [(code, STRETCHED.get(code, value), unit) for code, value, unit in VALUES]
    rows = [*charted(in_force), {**mode, "valueCodeableConcept": coded}]
    rows += [observation(f"g-{i}", code, value, unit, 1.0) for i, (code, value, unit) in enumerate(GASES)]
    rows += [observation("sat", "59408-5", 95, "%", hours) for hours in (0.6, 0.05)]
    document = request("order-sign", *drafts_, **context)
    entries = [{"resource": r} for r in rows]
    document["prefetch"]["ventilator"] = {"resourceType": "Bundle", "type": "searchset", "entry": entries}
    return document


async def test_a_volume_that_stretches_gets_a_smaller_one_as_one_click_in_the_same_profile() -> None:
    draft = example(parameter=[parameter("20112-9", 620, "mL"), {"code": {"text": "note"}, "valueBoolean": True}])
    (card,) = (await post(ventilated(draft))).json()["cards"]
    (suggestion,) = card["suggestions"]
    (action,) = suggestion["actions"]
    assert action["type"] == "update"
    changed = action["resource"]
    assert {k: v for k, v in changed.items() if k != "parameter"} == {k: v for k, v in draft.items() if k != "parameter"}
    volume, note, *added = changed["parameter"]
    assert volume["valueQuantity"]["value"] < 620
    assert volume["valueQuantity"]["code"] == "mL"
    assert note == draft["parameter"][1]
    assert [p["code"]["coding"][0]["code"] for p in added] in ([], ["19834-1"])
    (again,) = drafts(changed)
    assert again.orders[0].settings[0].value == volume["valueQuantity"]["value"]
    assert "**Suggested:**" in card["detail"]


def test_a_changed_setting_keeps_the_unit_it_was_written_in() -> None:
    (draft,) = drafts(example())
    order = draft.orders[0]
    settings = tuple(replace(s, value=0.45) if s.variable == "fio2" else s for s in order.settings)
    changed = rewritten(draft, replace(order, settings=settings))
    assert [p["valueQuantity"]["value"] for p in changed["parameter"]] == [14, 45]
    assert changed["parameter"][1]["valueQuantity"]["code"] == "%"
    with pytest.raises(ValueError, match="without a code"):
        rewritten(draft, replace(order, settings=(*settings, Setting("pressure_support", 8.0, "cm[H2O]", None))))


VENT_CHANGE = "org.icutwin.vent-change"


async def test_the_hook_of_our_own_gives_the_card_that_order_sign_gives() -> None:
    draft = example(parameter=[parameter("20112-9", 620, "mL")])
    signed, tried = ventilated(draft), {**ventilated(draft), "hook": VENT_CHANGE}
    (one,), (other,) = [(await post(document)).json()["cards"] for document in (signed, tried)]
    assert other["summary"] == one["summary"]
    assert [s["label"] for s in other["suggestions"]] == [s["label"] for s in one["suggestions"]]


async def test_the_hook_of_our_own_answers_for_ventilators_only_and_needs_their_chart() -> None:
    drug = {**request("order-sign", order(5000)), "hook": VENT_CHANGE}
    assert (await post(drug)).json() == {"cards": []}
    bare = {**request("order-sign", example()), "hook": VENT_CHANGE}
    found = await post(bare)
    assert found.status_code == 412
    assert "ventilator" in found.text


async def test_a_draft_of_another_patient_is_refused_in_the_hook_of_our_own() -> None:
    draft = example(subject={"reference": "Patient/another"})
    assert (await post({**ventilated(draft), "hook": VENT_CHANGE})).status_code == 400
