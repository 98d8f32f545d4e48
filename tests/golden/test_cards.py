"""Cards stay as a clinician last read them, and keep the rules of every card."""

import json
import re

import pytest
from jsonschema import Draft202012Validator

from cds_cards.build import build
from cds_cards.schema import response
from tests.checkout import ROOT
from tests.golden.cases import CASES
from tests.golden.regenerate import FOLDER, written

MARKUP = re.compile(r"<[A-Za-z/!]|!\[|\]\(|://|www\.|@|`")


@pytest.mark.parametrize("name", CASES)
def test_card_is_as_last_reviewed(name: str) -> None:
    for suffix, text in written(CASES[name]).items():
        assert text == (FOLDER / f"{name}{suffix}").read_text(encoding="utf-8")


def test_every_golden_file_belongs_to_a_case() -> None:
    assert {path.stem for path in FOLDER.iterdir()} == set(CASES)


@pytest.mark.parametrize("name", CASES)
def test_rules_of_every_card(name: str) -> None:
    case = CASES[name]
    decision = build(case)
    indicators = [card.indicator for card in decision.cards]
    assert len(indicators) <= 3
    assert indicators.count("critical") <= (0 if case.hook == "order-select" else 1)
    assert decision.cards or decision.suppressed, "an empty answer says why"
    uuids = [card.uuid for card in decision.cards] + [s.uuid for card in decision.cards for s in card.suggestions]
    assert len(uuids) == len(set(uuids))
    for card in decision.cards:
        assert re.search(r"\d", card.summary) or card.source.topic.code in {"noprediction", "limit"}
        assert not MARKUP.search(card.summary + (card.detail or "")), "plain GFM without links and HTML"
        assert "icu-twin predicts; the clinician decides" in (card.detail or "")
        assert card.source.topic.code.isalnum()
        assert {reason.code for reason in card.override_reasons} >= {"data-wrong", "patient-contraindication"}
        assert all(s.actions and s.label.startswith("Change to ") and len(s.label) <= 60 for s in card.suggestions)


SCHEMA = json.loads((ROOT / "openapi" / "cds_hooks.schema.json").read_text(encoding="utf-8"))
RESPONSE = Draft202012Validator({**SCHEMA, "$ref": "#/$defs/response"})


@pytest.mark.parametrize("name", CASES)
def test_every_answer_is_as_cds_hooks_defines_it(name: str) -> None:
    RESPONSE.validate(response(build(CASES[name]).cards))


def test_the_schema_would_notice_a_card_without_its_source() -> None:
    answer = response(build(CASES["too_high_is_critical"]).cards)
    del answer["cards"][0]["source"]  # type: ignore[index]
    assert not RESPONSE.is_valid(answer)


@pytest.mark.parametrize(
    ("name", "indicators"),
    [
        ("too_high_is_critical", ["critical"]),
        ("too_high_with_old_creatinine_is_a_warning", ["warning"]),
        ("too_low_without_a_level", ["warning"]),
        ("harm_moderate_and_nothing_better", ["warning"]),
        ("fine_is_silent", []),
        ("absolute_limit_with_prediction", ["critical"]),
        ("absolute_limit_without_prediction", ["critical"]),
        ("absolute_limit_when_no_prediction_was_ready", ["critical"]),
        ("recommended_limit_of_a_fine_order", ["warning"]),
        ("no_prediction_without_weight", ["info"]),
        ("unverified_model_informs_only", ["info"]),
        ("exposure_only_informs_only", ["info"]),
        ("order_select_is_at_most_a_warning", ["warning"]),
        ("order_that_is_not_ours", []),
        ("five_drafts_make_three_cards", ["critical", "warning", "warning"]),
        ("load_and_maintenance_are_one_decision", ["critical"]),
        ("patient_view_asks_to_check_data", ["info"]),
        ("patient_view_is_silent", []),
    ],
)
def test_how_loud(name: str, indicators: list[str]) -> None:
    assert [card.indicator for card in build(CASES[name]).cards] == indicators


def test_only_verified_models_suggest() -> None:
    assert build(CASES["too_high_is_critical"]).cards[0].suggestions
    assert not build(CASES["unverified_model_informs_only"]).cards[0].suggestions


def test_every_absolute_limit_stands_on_the_one_critical_card() -> None:
    critical = build(CASES["five_drafts_make_three_cards"]).cards[0]
    assert all(drug in (critical.detail or "").lower() for drug in ("gentamicin", "tobramycin", "amikacin", "meropenem"))
    assert "3 more orders beyond an absolute limit" in critical.summary


def test_the_reason_for_no_prediction_may_be_shown_once_a_day() -> None:
    decision = build(CASES["no_prediction_without_weight"])
    assert dict(decision.once_a_day) == {decision.cards[0].uuid: "vancomycin: no weight charted"}
