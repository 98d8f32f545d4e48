"""Cards stay as a clinician last read them, and keep the rules of every card."""

import json
import re

import pytest
from jsonschema import Draft202012Validator

from cds_cards.build import build
from cds_cards.schema import response
from tests.checkout import ROOT
from tests.golden.predicted import PREDICTED
from tests.golden.regenerate import FOLDER, NAMES, case_named, written

NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?( %)?")
MARKUP = re.compile(r"<[A-Za-z/!]|!\[|\]\(|://|www\.|@|`")


def alike(text: str, reviewed: str) -> bool:
    """Same words, and numbers that differ by no more than builds of the arithmetic may: 1 %, or one step of 5 % of a
    probability."""
    if text == reviewed:
        return True
    pairs = list(zip(NUMBER.finditer(text), NUMBER.finditer(reviewed), strict=False))
    same_words = NUMBER.sub("#", text) == NUMBER.sub("#", reviewed)
    return same_words and all(_near(one[0], other[0]) for one, other in pairs)


def _near(one: str, other: str) -> bool:
    percent = one.endswith("%")
    first, second = (float(each.rstrip(" %").replace(",", "")) for each in (one, other))
    return abs(first - second) <= (5.0 if percent else 0.01 * abs(second))


@pytest.mark.parametrize("name", NAMES)
def test_card_is_as_last_reviewed(name: str) -> None:
    for suffix, text in written(case_named(name)).items():
        reviewed = (FOLDER / f"{name}{suffix}").read_text(encoding="utf-8")
        assert text == reviewed or (name in PREDICTED and alike(text, reviewed))


def test_a_prediction_may_move_with_the_build_and_nothing_else_may() -> None:
    text = "AUC24 1,000 (90 % 700–1,200), > 600 in 35 %"
    assert alike(text, text.replace("1,000", "1,009").replace("35 %", "40 %"))
    assert not alike(text, text.replace("1,000", "1,011"))
    assert not alike(text, text.replace("35 %", "45 %"))
    assert not alike(text, text.replace("> 600", "< 600"))
    assert not alike(text, text + " 1")


def test_every_golden_file_belongs_to_a_case() -> None:
    assert {path.stem for path in FOLDER.iterdir()} == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_rules_of_every_card(name: str) -> None:
    case = case_named(name)
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


@pytest.mark.parametrize("name", NAMES)
def test_every_answer_is_as_cds_hooks_defines_it(name: str) -> None:
    RESPONSE.validate(response(build(case_named(name)).cards))


def test_the_schema_would_notice_a_card_without_its_source() -> None:
    answer = response(build(case_named("too_high_with_a_level")).cards)
    del answer["cards"][0]["source"]  # type: ignore[index]
    assert not RESPONSE.is_valid(answer)


@pytest.mark.parametrize(
    ("name", "indicators"),
    [
        ("too_high_with_a_level", ["critical"]),
        ("too_high_where_models_disagree", ["warning"]),
        ("too_high_with_an_old_creatinine", ["warning"]),
        ("too_low_without_a_level", ["warning"]),
        ("fine_with_a_level", []),
        ("no_weight", ["info"]),
        ("absolute_limit_crossed", ["critical"]),
        ("absolute_limit_crossed_without_weight", ["critical"]),
        ("recommended_limit_crossed_by_a_fine_order", ["warning"]),
        ("exposure_only", ["info"]),
        ("phenytoin_heads_for_harm", ["warning"]),
        ("phenytoin_with_a_low_albumin", ["warning"]),
        ("absolute_limit_when_no_prediction_was_ready", ["critical"]),
        ("old_and_incomplete_data_are_named", ["warning"]),
        ("no_prediction_from_incomplete_data", ["info"]),
        ("unverified_model_informs_only", ["info"]),
        ("order_select_is_at_most_a_warning", ["warning"]),
        ("order_that_is_not_ours", []),
        ("five_drafts_make_three_cards", ["critical", "warning", "warning"]),
        ("load_and_maintenance_are_one_decision", ["critical"]),
        ("patient_view_asks_to_check_data", ["info"]),
        ("patient_view_is_silent", []),
        ("risk_among_the_highest_five_percent", ["info"]),
        ("risk_among_the_highest_percent", ["warning"]),
        ("risk_not_worth_a_card", []),
        ("risk_refused", []),
        ("risk_where_treatment_is_limited", []),
    ],
)
def test_how_loud(name: str, indicators: list[str]) -> None:
    assert [card.indicator for card in build(case_named(name)).cards] == indicators


def test_only_verified_models_suggest() -> None:
    assert build(case_named("too_high_with_a_level")).cards[0].suggestions
    assert not build(case_named("unverified_model_informs_only")).cards[0].suggestions


def test_every_absolute_limit_stands_on_the_one_critical_card() -> None:
    critical = build(case_named("five_drafts_make_three_cards")).cards[0]
    assert all(drug in (critical.detail or "").lower() for drug in ("gentamicin", "tobramycin", "amikacin", "meropenem"))
    assert "3 more orders beyond an absolute limit" in critical.summary


def test_the_reason_for_no_prediction_may_be_shown_once_a_day() -> None:
    decision = build(case_named("no_weight"))
    assert dict(decision.once_a_day) == {decision.cards[0].uuid: "vancomycin: no weight is charted"}
