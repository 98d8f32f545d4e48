"""The table of the rule by which events are shown is the one that the program writes, and the service obeys it."""

import json

import pytest

from tests.checkout import ROOT

pytest.importorskip("lightgbm", reason="the training extra is not installed")
pytest.importorskip("onnx", reason="the training extra is not installed")

from cds_cards.rules import UNPROVEN
from training.model_card import FIGURES, SAFETY, rule_table

FOUND = json.loads(FIGURES.read_text(encoding="utf-8"))


def test_the_page_holds_the_table_of_the_program() -> None:
    assert rule_table(FOUND) in SAFETY.read_text(encoding="utf-8")


def test_what_the_rule_does_not_show_is_silent_as_released() -> None:
    shown = {event for event, found in FOUND["shipped"].items() if found.get("shown_by_the_rule")}
    judged = {event for event, found in FOUND["shipped"].items() if "shown_by_the_rule" in found}
    assert {f"deterioration {event}" for event in judged - shown} == set(UNPROVEN)
    assert shown == {"hypotension"}


def test_every_shipped_graph_was_held_against_its_trees() -> None:
    cards = [*(ROOT / "twin_engine/risk/shipped").glob("*.json"), *(ROOT / "training/validation_only").glob("*.json")]
    assert len(cards) == len(FOUND["shipped"])
    for card in cards:
        found = json.loads(card.read_text(encoding="utf-8"))["parity"]
        assert found["rows"] >= 20_000
        assert max(found["probability"], found["terms"]) <= 1e-6
