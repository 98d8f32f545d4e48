"""A drafted ventilator order from hook to card, and what of such an order is not read."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from fhir_mapping.orders import read_drafts
from tests.calls import PATIENT, observation, post, request
from tests.checkout import ROOT

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


VALUES = [
    ("20077-4", 10, "cm[H2O]"),
    ("19994-3", 60, "%"),
    ("20112-9", 420, "mL"),
    ("19834-1", 20, "/min"),
    ("76259-1", 24, "cm[H2O]"),
    ("59408-5", 94, "%"),
    ("8302-2", 175, "cm"),
]


def charted(hours: float = 1.0) -> list[dict[str, Any]]:
    return [observation(f"o-{i}", code, value, unit, hours) for i, (code, value, unit) in enumerate(VALUES)]


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
