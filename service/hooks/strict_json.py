"""Strict JSON: finite numbers, UTF-8, bounded depth. What it rejects, it rejects without quoting it."""

import re

import msgspec
import numpy as np

from service.errors import BadHookRequest

MAX_DEPTH = 64
_NOT_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
_STRING = re.compile(rb'"(?:[^"\\]++|\\.)*+(?:"|\Z)', re.DOTALL)


def decode(body: bytes) -> object:
    """The document. Raises BadHookRequest for anything that is not finite, well-formed UTF-8 JSON of bounded depth."""
    if _depth(body) > MAX_DEPTH and _depth(_STRING.sub(b"", body)) > MAX_DEPTH:
        raise BadHookRequest("the body is nested too deeply")
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadHookRequest("the body is not valid JSON with finite numbers in UTF-8") from error


def _depth(body: bytes) -> int:
    """Deepest nesting of brackets; brackets inside strings count too, so this is an upper bound for valid JSON."""
    brackets = np.frombuffer(body.translate(None, _NOT_BRACKETS), dtype=np.uint8)
    if not brackets.size:
        return 0
    opens = (brackets == ord("[")) | (brackets == ord("{"))
    return int(np.cumsum(np.where(opens, np.int8(1), np.int8(-1)), dtype=np.int32).max())
