"""Feedback on cards, read tolerantly: several cards in one call, duplicates, and the client's own reason codes are legal.

What cannot be read as feedback at all is a BadHookRequest; a card that we do not know is kept and marked.
"""

import re
from typing import cast

from service.call import JsonObject
from service.errors import BadHookRequest
from service.hooks.strict_json import decode
from service.store.feedback import Outcome

LONGEST_COMMENT = 1024
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_TIME = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})")
OUTCOMES = ("accepted", "overridden")


def read(body: bytes) -> tuple[Outcome, ...]:
    """The outcomes in a feedback body. Raises BadHookRequest."""
    document = decode(body)
    listed = cast(JsonObject, document).get("feedback") if isinstance(document, dict) else None
    if not isinstance(listed, list):
        raise BadHookRequest("feedback must be a list")
    return tuple(_outcome(one) for one in cast(list[object], listed))


def _outcome(value: object) -> Outcome:
    if not isinstance(value, dict):
        raise BadHookRequest("each feedback must be an object")
    one = cast(JsonObject, value)
    outcome = one.get("outcome")
    if outcome not in OUTCOMES:
        raise BadHookRequest("outcome must be accepted or overridden")
    at = _required(one, "outcomeTimestamp", 64)
    if not _TIME.fullmatch(at):
        raise BadHookRequest("outcomeTimestamp must be a time with its zone")
    override = _object(one.get("overrideReason"))
    coding = _object(override.get("reason"))
    return Outcome(
        card=_required(one, "card", 64),
        outcome=str(outcome),
        at=at,
        suggestions=_accepted(one),
        reason_system=_text(coding.get("system"), 255),
        reason_code=_text(coding.get("code"), 255),
        comment=_text(override.get("userComment"), LONGEST_COMMENT),
    )


def _accepted(one: JsonObject) -> tuple[str, ...]:
    listed = one.get("acceptedSuggestions")
    if one.get("outcome") != "accepted" or listed is None:
        return ()
    if not isinstance(listed, list):
        raise BadHookRequest("acceptedSuggestions must be a list")
    return tuple(_required(_object(suggestion), "id", 64) for suggestion in cast(list[object], listed))


def _object(value: object) -> JsonObject:
    return cast(JsonObject, value) if isinstance(value, dict) else {}


def _required(parent: JsonObject, name: str, longest: int) -> str:
    value = parent.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= longest:
        raise BadHookRequest(f"{name} must be a string of at most {longest} characters")
    return value


def _text(value: object, longest: int) -> str | None:
    """Plain text without control and direction characters, cut to length; None when there is none."""
    return _CONTROL.sub("", value)[:longest] or None if isinstance(value, str) else None
