"""The JSON of a card: members of the specification, none of them empty."""

import pytest

from cds_cards.schema import Action, Card, Coding, Link, Source, Suggestion, response, to_json
from cds_cards.topics import source


def card(**more: object) -> Card:
    plain = {"uuid": "u", "summary": "AUC24 742 mg·h/L", "indicator": "info", "source": source("dosing", None)}
    return Card(**{**plain, **more})  # type: ignore[arg-type]


def test_empty_members_are_left_out_and_no_cards_are_an_empty_list() -> None:
    assert to_json(card(detail="")) == {
        "uuid": "u",
        "summary": "AUC24 742 mg·h/L",
        "indicator": "info",
        "source": {
            "label": "icu-twin",
            "topic": {"code": "dosing", "system": "urn:icu-twin:card-topic", "display": "Drug dosing by prediction"},
        },
    }
    assert response(()) == {"cards": []}


def test_members_are_named_as_in_the_specification() -> None:
    change = Suggestion("Change", "s", (Action("delete", "Stop it", resource_id="MedicationRequest/1"),), is_recommended=True)
    link = Link("More", "https://example.org", "smart", app_context="x")
    written = to_json(
        card(suggestions=(change,), selection_behavior="at-most-one", links=(link,), override_reasons=(Coding("a", "b", "c"),))
    )
    assert written["selectionBehavior"] == "at-most-one"
    assert written["overrideReasons"] == [{"code": "a", "system": "b", "display": "c"}]
    assert written["links"] == [{"label": "More", "url": "https://example.org", "type": "smart", "appContext": "x"}]
    assert written["suggestions"] == [
        {
            "label": "Change",
            "uuid": "s",
            "actions": [{"type": "delete", "description": "Stop it", "resourceId": "MedicationRequest/1"}],
            "isRecommended": True,
        }
    ]


@pytest.mark.parametrize(
    "broken",
    [
        {"summary": "x" * 140},
        {"summary": ""},
        {"selection_behavior": "any"},
        {"suggestions": (Suggestion("a", "b", ()),)},
        {
            "suggestions": (Suggestion("a", "b", (), is_recommended=True), Suggestion("c", "d", (), is_recommended=True)),
            "selection_behavior": "at-most-one",
        },
    ],
)
def test_a_card_that_no_client_may_get_cannot_be_made(broken: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"summary|selectionBehavior|recommended"):
        card(**broken)


def test_an_address_of_the_service_is_its_source() -> None:
    assert to_json(Source("icu-twin", Coding("a", "b"), "https://example.org"))["url"] == "https://example.org"
