"""Missing, altered or broken model files disable that model alone, with a reason."""

import json
from collections.abc import Callable
from importlib.resources import files
from typing import Any

import pytest

from twin_engine.outcome import CannotPredict
from twin_engine.risk.load import load, shipped
from twin_engine.risk.model import RiskModel, RiskModelDefect, read_model

FOLDER = files("twin_engine.risk").joinpath("shipped")
CARD = FOLDER.joinpath("hypotension.json").read_bytes()
GRAPH = FOLDER.joinpath("hypotension.onnx").read_bytes()


def test_a_missing_file_leaves_the_others_working() -> None:
    found = load({"hypotension": (CARD, GRAPH), "sepsis": None})
    assert isinstance(found.model("hypotension"), RiskModel)
    refused = found.model("sepsis")
    assert isinstance(refused, CannotPredict)
    assert "missing" in refused.reason
    assert isinstance(shipped().model("no such event"), CannotPredict)


def test_an_altered_graph_is_refused() -> None:
    found = load({"hypotension": (CARD, GRAPH[:-1] + bytes([GRAPH[-1] ^ 1]))}).model("hypotension")
    assert isinstance(found, CannotPredict)
    assert "not the one that was released" in found.reason


def test_a_card_with_another_share_is_refused() -> None:
    described = json.loads(CARD)
    described["rank"]["ppv"] = [0.9] * len(described["rank"]["ppv"])
    found = load({"hypotension": (json.dumps(described).encode(), GRAPH)}).model("hypotension")
    assert isinstance(found, CannotPredict)
    assert "card of the model is not the one that was released" in found.reason


def _without_an_input(card: dict[str, Any]) -> None:
    del card["features"][0]


def _without_a_support(card: dict[str, Any]) -> None:
    del card["support"]["lactate"]


def _without_a_rank(card: dict[str, Any]) -> None:
    del card["rank"]["ppv"][0]


@pytest.mark.parametrize(
    ("changed", "why"), [(_without_an_input, "inputs"), (_without_a_support, "of an input"), (_without_a_rank, "ranks")]
)
def test_a_card_that_does_not_fit_its_graph_is_refused_when_it_is_read(
    changed: Callable[[dict[str, Any]], None], why: str
) -> None:
    described = json.loads(CARD)
    changed(described)
    with pytest.raises(RiskModelDefect, match=why):
        read_model(json.dumps(described).encode(), GRAPH)


def test_a_graph_that_answers_otherwise_than_when_it_was_made_is_refused() -> None:
    described = json.loads(CARD)
    described["golden"]["probability"][3] += 1e-5
    with pytest.raises(RiskModelDefect, match="reference rows"):
        read_model(json.dumps(described).encode(), GRAPH)


def test_a_card_that_cannot_be_read_is_refused() -> None:
    assert isinstance(load({"hypotension": (b"{", GRAPH)}).model("hypotension"), CannotPredict)
    assert isinstance(load({"hypotension": (b"{}", GRAPH)}).model("hypotension"), CannotPredict)
