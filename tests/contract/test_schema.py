"""The published schema accepts what CDS Hooks allows and refuses what it forbids."""

from copy import deepcopy
from typing import Any

import pytest

from tests.calls import order, request
from tests.schemas import faults

CARD: dict[str, Any] = {
    "uuid": "1",
    "summary": "x" * 139,
    "indicator": "info",
    "source": {"label": "icu-twin", "topic": {"code": "dosing", "system": "urn:x"}},
    "suggestions": [
        {"label": "do", "uuid": "2", "actions": [{"type": "update", "description": "d", "resource": order()}]},
    ],
    "selectionBehavior": "at-most-one",
    "overrideReasons": [{"code": "a", "system": "urn:x", "display": "A"}],
    "links": [{"label": "more", "url": "https://x.example", "type": "absolute"}],
}


def changed(path: str, value: object) -> dict[str, Any]:
    card = deepcopy(CARD)
    *parents, last = path.split(".")
    place: Any = card
    for name in parents:
        place = place[int(name) if name.isdigit() else name]
    if value is None:
        del place[last]
    else:
        place[last] = value
    return {"cards": [card]}


def test_a_full_card_conforms() -> None:
    assert faults("response", {"cards": [CARD]}) == []
    assert faults("response", {"cards": []}) == []


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("summary", "x" * 140),
        ("summary", ""),
        ("indicator", "hard-stop"),
        ("source.label", None),
        ("selectionBehavior", None),
        ("suggestions", []),
        ("suggestions.0.actions", []),
        ("suggestions.0.actions.0.description", None),
        ("suggestions.0.actions.0.resource", {"resourceType": "MedicationRequest"}),
        ("suggestions.0.actions.0.type", "delete"),
        ("overrideReasons.0.display", None),
        ("links.0.type", None),
        ("links.0.appContext", "x"),
        ("detail", ""),
        ("extension", {}),
    ],
)
def test_what_the_specification_forbids_is_refused(path: str, value: object) -> None:
    assert faults("response", changed(path, value)) != []


@pytest.mark.parametrize("hook", ["patient-view", "order-select", "order-sign", "org.icutwin.vent-change"])
def test_our_own_requests_conform(hook: str) -> None:
    assert faults("request", request(hook)) == []


@pytest.mark.parametrize("document", [{}, None, [], {"cards": None}, {"cards": [], "systemActions": []}])
def test_what_is_no_response_is_refused(document: object) -> None:
    assert faults("response", document) != []
