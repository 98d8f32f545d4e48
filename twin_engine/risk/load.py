"""Reads the released risk models, once, when a program starts."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files

from twin_engine.outcome import CannotPredict
from twin_engine.risk.model import RiskModel, RiskModelDefect, read_model
from twin_engine.risk.recalibration import Recalibration

CARD_DIGESTS = "SHA256SUMS"
EVENTS = ("hypotension", "sepsis", "hypoxaemia", "kidney_injury")
"""The events that may be shown; death in hospital is scored on validation pages only."""


@dataclass(frozen=True, slots=True)
class RiskModels:
    """The models that passed their tests, by event, why the others cannot answer, and how the site recalibrated them."""

    ready: Mapping[str, RiskModel]
    unavailable: tuple[CannotPredict, ...] = ()
    local: Mapping[str, Recalibration] = field(default_factory=dict[str, Recalibration])

    def model(self, event: str) -> RiskModel | CannotPredict:
        """The model of an event, or why there is none."""
        if event in self.ready:
            return self.ready[event]
        known = [reason for reason in self.unavailable if reason.variable == event]
        return known[0] if known else CannotPredict(event, "no risk model of this event is installed")


def load(released: Mapping[str, tuple[bytes, bytes] | None]) -> RiskModels:
    """The models from their (card, graph); None = not found. A defect disables that model alone.

    A card must have the sha256 of the list that was released: it holds the ranks and shares that are shown. The graph is
    held against the sha256 in its card.
    """
    known = _card_digests()
    ready: dict[str, RiskModel] = {}
    unavailable: list[CannotPredict] = []
    for event, pair in released.items():
        try:
            if pair is None:
                raise RiskModelDefect(f"{event}: the model file is missing")
            if hashlib.sha256(pair[0]).hexdigest() != known.get(f"{event}.json"):
                raise RiskModelDefect(f"{event}: the card of the model is not the one that was released")
            ready[event] = read_model(*pair)
        except (RiskModelDefect, KeyError, TypeError, json.JSONDecodeError) as defect:
            unavailable.append(CannotPredict(event, f"the risk model failed its self-test ({defect})"))
    return RiskModels(ready, tuple(unavailable))


@cache
def shipped() -> RiskModels:
    """The models of this release, read and tested once a process."""
    return load({event: _released(event) for event in EVENTS})


def _card_digests() -> dict[str, str]:
    listed = files("twin_engine.risk").joinpath("shipped", CARD_DIGESTS)
    lines = listed.read_text(encoding="utf-8").splitlines() if listed.is_file() else []
    return {name: digest for digest, _, name in (line.partition("  ") for line in lines)}


def _released(event: str) -> tuple[bytes, bytes] | None:
    folder = files("twin_engine.risk").joinpath("shipped")
    pair = folder.joinpath(f"{event}.json"), folder.joinpath(f"{event}.onnx")
    return (pair[0].read_bytes(), pair[1].read_bytes()) if all(p.is_file() for p in pair) else None
