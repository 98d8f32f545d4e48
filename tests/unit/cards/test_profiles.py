"""One prediction as each family of EHRs can take it: never a click that does something else than its words."""

from dataclasses import replace
from typing import Any

import pytest

from cds_cards.build import build
from cds_cards.case import CardCase
from cds_cards.profiles import DETAIL_TYPE, PREFERENCE_LIST, PROFILES, SANDBOX_NOTE, PreferenceItem, in_lines
from cds_cards.schema import Card, response
from tests.golden.predictions import DRAFT, LOWER, NOTHING, TOO_HIGH, case, order, prediction
from tests.schemas import faults

OFFERED = LOWER.orders[0]
LISTED = PreferenceItem(
    "VANC750", "vancomycin", OFFERED.amount or 0, "mg", OFFERED.interval_h, OFFERED.infusion_h, "Vancomycin"
)


def made(**more: Any) -> CardCase:
    return case(prediction((TOO_HIGH, NOTHING, LOWER), LOWER.label), order(1500), **more)


def card(profile: str, **more: Any) -> Card:
    (found,) = build(made(**more), profile).cards
    return found


@pytest.mark.parametrize("profile", PROFILES)
def test_every_profile_conforms_and_says_the_same_first_sentence(profile: str) -> None:
    found = card(profile, preference_list=(LISTED,))
    assert faults("response", response([found])) == []
    assert (found.summary, found.indicator) == (card("spec").summary, card("spec").indicator)
    assert found.source.topic.code.isalnum()
    assert len(found.source.topic.code) <= 100


def test_spec_and_sandbox_update_the_whole_draft() -> None:
    for name in ("spec", "sandbox"):
        (action,) = card(name).suggestions[0].actions
        assert (action.type, f"MedicationRequest/{(action.resource or {})['id']}") == ("update", DRAFT)
        assert card(name).selection_behavior == "at-most-one"
    assert (card("sandbox").detail or "").endswith(SANDBOX_NOTE)
    assert SANDBOX_NOTE not in (card("spec").detail or "")


def test_epic_gets_one_create_of_exactly_the_listed_order_and_nothing_is_preselected() -> None:
    found = card("epic", preference_list=(replace(LISTED, code="OTHER", amount=1.0), LISTED))
    assert found.selection_behavior == "any"
    (suggestion,) = found.suggestions
    assert not suggestion.is_recommended
    (action,) = suggestion.actions
    assert action.type == "create"
    resource = dict(action.resource or {})
    assert resource["medicationCodeableConcept"] == {
        "coding": [{"system": PREFERENCE_LIST, "code": "VANC750", "display": "Vancomycin"}]
    }
    assert "id" not in resource
    assert resource["status"] == "draft"
    assert "remove the order as written" in action.description
    assert (found.extension or {})[DETAIL_TYPE] == "text/markdown; variant=GitHub"


@pytest.mark.parametrize(
    "other",
    [{"amount": 1.0}, {"unit": "g"}, {"interval_h": 7.0}, {"interval_h": None}, {"infusion_h": 9.0}, {"drug": "cefepime"}],
)
def test_epic_gets_words_where_no_item_of_the_list_is_this_very_order(other: dict[str, Any]) -> None:
    found = card("epic", preference_list=(replace(LISTED, **other),))
    assert found.suggestions == ()
    assert found.selection_behavior is None
    assert found.detail == card("spec").detail, "the better dose stands in the text"


def test_no_profile_ever_deletes_alone() -> None:
    for name in PROFILES:
        for suggestion in card(name, preference_list=(LISTED,)).suggestions:
            assert {a.type for a in suggestion.actions} != {"delete"}


def test_oracle_gets_lines_instead_of_tables_and_no_click() -> None:
    found = card("oracle")
    assert found.suggestions == ()
    assert "|" not in (found.detail or "")
    spec = [line for line in (card("spec").detail or "").split("\n") if line.startswith("|")]
    for row in spec[2:]:
        for cell in row.strip("|").split("|"):
            assert cell.strip() in (found.detail or ""), "no number of the table is lost"


def test_a_table_becomes_one_line_a_row() -> None:
    assert in_lines("**a**\n\n| Option | AUC | P |\n| --- | --- | --- |\n| x | 1 | 2 |\n| y | 3 | 4 |\n\nend") == (
        "**a**\n\n- x – AUC 1; P 2\n- y – AUC 3; P 4\n\nend"
    )
