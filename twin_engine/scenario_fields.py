"""Reading single JSON fields strictly: the right type, finite, within reason, with the path of what is wrong."""

import math
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

LARGEST = 1e9


class ScenarioError(ValueError):
    """The scenario cannot be read; the message names the field and what is wrong with it, never its neighbours."""


Row = Mapping[str, Any]


def mapping(value: object, path: str) -> Row:
    """A JSON object."""
    if not isinstance(value, Mapping):
        raise ScenarioError(f"{path}: an object is needed")
    return value  # type: ignore[return-value]


def rows(document: Row, name: str) -> list[tuple[str, Row]]:
    """The objects of a list field with their paths; absent and null are empty."""
    value = document.get(name)
    if value is None:
        return []
    if not isinstance(value, list):
        raise ScenarioError(f"{name}: a list is needed")
    return [(f"{name}[{i}]", mapping(v, f"{name}[{i}]")) for i, v in enumerate(value)]  # type: ignore[arg-type]


def number(row: Row, name: str, path: str, low: float = -LARGEST, high: float = LARGEST) -> float | None:
    """A finite number within bounds, or None when absent."""
    value = row.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ScenarioError(f"{path}.{name}: a number is needed")
    if not math.isfinite(value) or not low <= value <= high:
        raise ScenarioError(f"{path}.{name}: must be a finite number from {low:g} to {high:g}")
    return float(value)


def positive(row: Row, name: str, path: str) -> float | None:
    """A number of at least 0, or None when absent."""
    return number(row, name, path, low=0.0)


def text(row: Row, name: str, path: str, longest: int = 200) -> str | None:
    """A string, or None when absent."""
    value = row.get(name)
    if value is None:
        return None
    if not isinstance(value, str) or len(value) > longest:
        raise ScenarioError(f"{path}.{name}: a text of at most {longest} characters is needed")
    return value


def flag(row: Row, name: str, path: str) -> bool:
    """A boolean; absent is false."""
    value = row.get(name)
    if value is None:
        return False
    if not isinstance(value, bool):
        raise ScenarioError(f"{path}.{name}: true or false is needed")
    return value


def moment(row: Row, name: str, path: str) -> datetime | None:
    """An instant in UTC; None when absent or when the text has no zone or only a date (not usable for timing)."""
    value = text(row, name, path, 64)
    if value is None:
        return None
    try:
        found = datetime.fromisoformat(value)
    except ValueError as error:
        raise ScenarioError(f"{path}.{name}: not a date and time") from error
    if found.tzinfo is None:
        return None
    try:
        return found.astimezone(UTC)
    except OverflowError as error:
        raise ScenarioError(f"{path}.{name}: outside the calendar") from error


def day(row: Row, name: str, path: str) -> date | None:
    """A calendar day, or None when absent."""
    value = text(row, name, path, 32)
    if value is None:
        return None
    try:
        return date.fromisoformat(value[:10])
    except ValueError as error:
        raise ScenarioError(f"{path}.{name}: not a date") from error


def one_of(row: Row, name: str, path: str, allowed: tuple[str, ...], otherwise: str | None) -> str | None:
    """One of the allowed words, or `otherwise` when absent."""
    value = text(row, name, path)
    if value is None:
        return otherwise
    if value not in allowed:
        raise ScenarioError(f"{path}.{name}: must be one of {', '.join(allowed)}")
    return value
