"""The CDS Hooks 2.0 card and its parts as frozen values, and the JSON object of each.

An optional member without a value is left out of the JSON, as the specification demands; only `cards` may be empty.
Source: CDS Hooks 2.0, section "CDS Service Response".
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Literal, cast

Indicator = Literal["info", "warning", "critical"]

SUMMARY_LENGTH = 139
"""The specification says "less than 140 characters"."""


@dataclass(frozen=True, slots=True)
class Coding:
    """A code of a code system with the words for it."""

    code: str
    system: str
    display: str | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """Who speaks: label, an address about the service (only one that exists), and the static topic of the card."""

    label: str
    topic: Coding
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Action:
    """A change of one draft. `resource` of an update is the whole changed resource, never a patch."""

    type: Literal["create", "update", "delete"]
    description: str
    resource: Mapping[str, object] | None = None
    resource_id: str | None = None


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One click for the clinician; its actions belong together."""

    label: str
    uuid: str
    actions: tuple[Action, ...]
    is_recommended: bool = False


@dataclass(frozen=True, slots=True)
class Link:
    """A page that says more."""

    label: str
    url: str
    type: Literal["absolute", "smart"]
    app_context: str | None = None


@dataclass(frozen=True, slots=True)
class Card:
    """One decision put before the clinician. Raises ValueError for a summary or suggestions that no client may get."""

    uuid: str
    summary: str
    indicator: Indicator
    source: Source
    detail: str | None = None
    suggestions: tuple[Suggestion, ...] = ()
    selection_behavior: Literal["at-most-one", "any"] | None = None
    override_reasons: tuple[Coding, ...] = ()
    links: tuple[Link, ...] = ()
    extension: Mapping[str, object] | None = None

    def __post_init__(self) -> None:
        if not 0 < len(self.summary) <= SUMMARY_LENGTH:
            raise ValueError(f"a summary has 1 to {SUMMARY_LENGTH} characters, not {len(self.summary)}")
        if bool(self.suggestions) != (self.selection_behavior is not None):
            raise ValueError("selectionBehavior stands exactly where suggestions stand")
        if sum(s.is_recommended for s in self.suggestions) > 1 and self.selection_behavior != "any":
            raise ValueError("at most one suggestion is recommended")


def to_json(part: Card | Suggestion | Action | Source | Coding | Link) -> dict[str, object]:
    """The JSON object of one part, members in the order of the specification, empty members left out."""
    written = ((f.name, getattr(part, f.name)) for f in fields(part))
    return {_NAMES.get(name, name): _value(value) for name, value in written if _stands(part, name, value)}


def response(cards: Iterable[Card]) -> dict[str, object]:
    """The answer to a hook call: `cards` always stands, even when empty."""
    return {"cards": [to_json(card) for card in cards]}


_NAMES = {
    "selection_behavior": "selectionBehavior",
    "override_reasons": "overrideReasons",
    "is_recommended": "isRecommended",
    "resource_id": "resourceId",
    "app_context": "appContext",
}


def _stands(part: object, name: str, value: object) -> bool:
    if isinstance(part, Suggestion) and name == "is_recommended":
        return bool(value)
    return value is not None and value not in ("", (), {})


def _value(value: object) -> object:
    if isinstance(value, Card | Suggestion | Action | Source | Coding | Link):
        return to_json(value)
    if isinstance(value, tuple):
        return [_value(each) for each in cast("tuple[object, ...]", value)]
    return value
