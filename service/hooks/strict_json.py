"""Strict JSON: finite numbers, UTF-8, bounded depth. What it rejects, it rejects without quoting it."""

import re
from collections.abc import Iterator, Mapping

import msgspec
import numpy as np

from service.errors import BadHookRequest

MAX_DEPTH = 64
_BEGINNING = 65_536
_NOT_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
_STRING = re.compile(rb'"(?:[^"\\]++|\\.)*+(?:"|\Z)', re.DOTALL)
_MEMBERS = msgspec.json.Decoder(dict[str, msgspec.Raw])
_NOT_STRICT = "the body is not valid JSON with finite numbers in UTF-8"


class Members(Mapping[str, object]):
    """A JSON object whose members become values when they are read: of a large chart few are. All of it is well-formed; whether
    numbers are finite is known of what was read. Reading raises BadHookRequest."""

    def __init__(self, written: Mapping[str, msgspec.Raw]) -> None:
        self._written = written
        self._values: dict[str, object] = {}

    def __getitem__(self, name: str) -> object:
        """The value of a member."""
        if name not in self._values:
            self._values[name] = _value(self._written[name])
        return self._values[name]

    def __contains__(self, name: object) -> bool:
        """Whether there is such a member; that does not read it."""
        return name in self._written

    def __iter__(self) -> Iterator[str]:
        """The names of the members."""
        return iter(self._written)

    def __len__(self) -> int:
        """How many members there are."""
        return len(self._written)

    def written(self, name: str) -> msgspec.Raw:
        """A member as it stands in the document."""
        return self._written[name]

    def inside(self, name: str) -> "Members | None":
        """The object that a member is; None when it is no object, or not there."""
        try:
            return Members(_MEMBERS.decode(self._written[name]))
        except (KeyError, msgspec.ValidationError):
            return None


def decode(body: bytes) -> object:
    """The document. Raises BadHookRequest for anything that is not finite, well-formed UTF-8 JSON of bounded depth."""
    _bounded(body)
    return _value(body)


def members(body: bytes) -> Members:
    """The document, which has to be an object. Raises BadHookRequest for anything that is not well-formed UTF-8 JSON of bounded
    depth."""
    _bounded(body)
    try:
        body.decode()
        return Members(_MEMBERS.decode(body))
    except msgspec.ValidationError as error:
        raise BadHookRequest("the body must be a JSON object") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadHookRequest(_NOT_STRICT) from error


def _value(written: bytes | msgspec.Raw) -> object:
    try:
        return msgspec.json.decode(written)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadHookRequest(_NOT_STRICT) from error


def _bounded(body: bytes) -> None:
    # A hostile body shows itself at its beginning: its millions of strings need not be taken out first.
    if _depth(body) > MAX_DEPTH and any(_nested(part) for part in (body[:_BEGINNING].rstrip(b"\\"), body)):
        raise BadHookRequest("the body is nested too deeply")


def _nested(body: bytes) -> bool:
    return _depth(_STRING.sub(b"", body)) > MAX_DEPTH


def _depth(body: bytes) -> int:
    """Deepest nesting of brackets; brackets inside strings count too, so this is an upper bound for valid JSON."""
    brackets = np.frombuffer(body.translate(None, _NOT_BRACKETS), dtype=np.uint8)
    if not brackets.size:
        return 0
    opens = (brackets == ord("[")) | (brackets == ord("{"))
    return int(np.cumsum(np.where(opens, np.int8(1), np.int8(-1)), dtype=np.int32).max())
