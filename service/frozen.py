"""Values of the core as bytes and back: plain data, arrays, and the core's own frozen values; nothing that could be code.

A published model is named, never written. What comes back is built by the constructors of classes of `twin_engine` alone, so
that bytes from a database can do no more than be a wrong twin; a keyed digest tells those that this service did not write.
"""

import dataclasses
import hashlib
import hmac
import sys
from collections.abc import Callable, Mapping
from datetime import date, datetime
from functools import cache
from typing import Any, cast

import msgspec
import numpy as np

from twin_engine.kernel.declare import Model
from twin_engine.registry import drugs, models_of

PACKAGE = "twin_engine."
MAC_BYTES = 32
KINDS = frozenset("bif")
_PLAIN = (bool, int, float, str, bytes, type(None))
_MOST = frozenset(_PLAIN)


class CannotFreeze(TypeError):
    """The value holds something that is not plain data, such as a function."""


class NotOurs(ValueError):
    """The bytes were not written by this service, or by another version of it."""


def freeze(value: object, secret: str) -> bytes:
    """The value as bytes that carry their keyed digest. Raises CannotFreeze."""
    body = msgspec.msgpack.encode(_node(value))
    return _mac(secret, body) + body


def thaw(content: bytes, secret: str) -> Any:
    """The inverse of `freeze`: equal arrays bit by bit, in the same memory order. Raises NotOurs."""
    mac, body = content[:MAC_BYTES], content[MAC_BYTES:]
    if not hmac.compare_digest(mac, _mac(secret, body)):
        raise NotOurs("the digest does not fit")
    try:
        return _value(msgspec.msgpack.decode(body))
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        raise NotOurs("another version wrote this") from error


def _mac(secret: str, body: bytes) -> bytes:
    return hmac.new(secret.encode(), b"twin snapshot" + body, hashlib.sha256).digest()


def _node(value: object) -> object:
    if type(value) in _MOST:  # hundreds of the parts of a twin, told at once
        return value
    if isinstance(value, Model):
        return ["model", value.drug, value.id]
    if isinstance(value, np.ndarray):
        return _array_node(cast("np.ndarray[Any, Any]", value))
    if isinstance(value, np.generic):
        return ["scalar", _array_node(np.asarray(cast("Any", value)))]
    if isinstance(value, _PLAIN):
        return value
    if isinstance(value, datetime):
        return ["instant", value.isoformat()]
    if isinstance(value, date):
        return ["day", value.isoformat()]
    if isinstance(value, slice):
        rows = cast("Any", value)
        return ["slice", rows.start, rows.stop]
    if isinstance(value, tuple):
        return ["tuple", *map(_node, cast("tuple[object, ...]", value))]
    if isinstance(value, list):
        return ["list", *map(_node, cast("list[object]", value))]
    if isinstance(value, frozenset):
        return ["set", *map(_node, sorted(cast("frozenset[Any]", value)))]
    if isinstance(value, Mapping):
        return ["map", *([_node(k), _node(v)] for k, v in cast("Mapping[object, object]", value).items())]
    return _dataclass_node(value)


def _array_node(value: "np.ndarray[Any, Any]") -> object:
    if value.dtype.kind not in KINDS:
        raise CannotFreeze(f"an array of {value.dtype}")
    turned = value.flags.f_contiguous and not value.flags.c_contiguous
    return ["array", value.dtype.str, turned, list(value.shape), (value.T if turned else value).tobytes()]


def _dataclass_node(value: object) -> object:
    kind = type(value)
    return ["value", kind.__module__, kind.__qualname__, *([name, _node(getattr(value, name))] for name in _fields(kind))]


@cache
def _fields(kind: type) -> tuple[str, ...]:
    name = kind.__qualname__
    if not dataclasses.is_dataclass(kind) or not kind.__module__.startswith(PACKAGE):
        raise CannotFreeze(name)
    return tuple(f.name for f in dataclasses.fields(kind) if f.init)


def _value(node: Any) -> Any:
    if not isinstance(node, list):
        return node
    kind, *parts = cast("list[Any]", node)
    return _READ[kind](parts)


def _array(parts: list[Any]) -> "np.ndarray[Any, Any]":
    kind, turned, shape, content = parts
    flat = np.frombuffer(content, np.dtype(kind)).copy()
    return flat.reshape(shape[::-1]).T if turned else flat.reshape(shape)


def _model(parts: list[Any]) -> Model:
    drug, name = parts
    if drug not in drugs():
        raise NotOurs("no such drug")
    return next(m for m in models_of(drug) if m.id == name)


def _made(parts: list[Any]) -> Any:
    module, name, *fields = parts
    if not module.startswith(PACKAGE):
        raise NotOurs("a class of another package")
    kind = getattr(sys.modules[module], name)
    if not (isinstance(kind, type) and dataclasses.is_dataclass(kind)):
        raise NotOurs("not a value of the core")
    return kind(**{field: _value(node) for field, node in fields})


_READ: dict[str, Callable[[list[Any]], Any]] = {
    "model": _model,
    "array": _array,
    "scalar": lambda parts: _value(parts[0])[()],
    "instant": lambda parts: datetime.fromisoformat(parts[0]),
    "day": lambda parts: date.fromisoformat(parts[0]),
    "slice": lambda parts: slice(*parts),
    "tuple": lambda parts: tuple(map(_value, parts)),
    "list": lambda parts: list(map(_value, parts)),
    "set": lambda parts: frozenset(map(_value, parts)),
    "map": lambda parts: {_value(key): _value(value) for key, value in parts},
    "value": _made,
}
