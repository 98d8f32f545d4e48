"""Reading single JSON fields: the right type, finite, within reason, with the path of what is wrong.

ScenarioError(ValueError)   the document breaks the contract; nothing is predicted
Unusable                    one row is well-formed but cannot be used; its reader drops it with a remark
"""

import math
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any, cast

from twin_engine.patient.record import QualityStatus

LARGEST = 1e9
LONGEST_TEXT = 200
EARLIEST_YEAR, LATEST_YEAR = 1800, 2500

Row = Mapping[str, Any]


class ScenarioError(ValueError):
    """The scenario cannot be read; the message names the field and what is wrong with it, never its value."""


class Unusable(Exception):
    """A row says something that cannot be used; the words say why."""

    def __init__(self, words: str, status: QualityStatus = "ignored") -> None:
        super().__init__(words)
        self.words = words
        self.status: QualityStatus = status


def mapping(value: object, path: str) -> Row:
    """A JSON object."""
    if not isinstance(value, Mapping):
        raise ScenarioError(f"{path}: an object is needed")
    return cast("Row", value)


def rows(document: Row, name: str) -> list[tuple[str, Row]]:
    """The objects of a list field with their paths; absent and null are empty."""
    return [(path, mapping(value, path)) for path, value in items(document, name)]


def items(document: Row, name: str) -> list[tuple[str, object]]:
    """The members of a list field with their paths; absent and null are empty."""
    value = document.get(name)
    if value is None:
        return []
    if not isinstance(value, list):
        raise ScenarioError(f"{name}: a list is needed")
    return [(f"{name}[{i}]", member) for i, member in enumerate(cast("list[object]", value))]


def number(row: Row, name: str, path: str, low: float = -LARGEST, high: float = LARGEST) -> float | None:
    """A finite number from `low` to `high`, or None when absent."""
    value = row.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ScenarioError(f"{_place(path, name)}: a number is needed")
    if not low <= value <= high:  # NaN compares false; a huge integer compares without becoming a float
        raise ScenarioError(f"{_place(path, name)}: a finite number from {low:g} to {high:g} is needed")
    return float(value)


def _place(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def positive(row: Row, name: str, path: str) -> float | None:
    """A number of at least 0, or None when absent."""
    return number(row, name, path, low=0.0)


def above_zero(row: Row, name: str, path: str, high: float) -> float | None:
    """A number above 0 and up to `high`, or None when absent."""
    return number(row, name, path, math.nextafter(0.0, 1.0), high)


def whole(row: Row, name: str, path: str, low: int, high: int) -> int | None:
    """A whole number from `low` to `high` (5.0 is one, as in JSON Schema), or None when absent."""
    value = row.get(name)
    if value is None:
        return None
    whole_float = isinstance(value, float) and value.is_integer()
    if isinstance(value, bool) or not (isinstance(value, int) or whole_float) or not low <= value <= high:
        raise ScenarioError(f"{_place(path, name)}: a whole number from {low} to {high} is needed")
    return int(value)


def text(row: Row, name: str, path: str, longest: int = LONGEST_TEXT) -> str | None:
    """A string of at most `longest` characters, or None when absent or empty."""
    value = row.get(name)
    if value is None or value == "":
        return None
    if not isinstance(value, str) or len(value) > longest:
        raise ScenarioError(f"{path}.{name}: a text of at most {longest} characters is needed")
    return value


def flag(row: Row, name: str, path: str) -> bool:
    """A boolean; absent is false."""
    value = row.get(name)
    if value is not None and not isinstance(value, bool):
        raise ScenarioError(f"{path}.{name}: true or false is needed")
    return value is True


def moment(row: Row, name: str, path: str) -> datetime | None:
    """An instant in UTC, or None when absent. Raises Unusable for a date or a time without a zone."""
    value = row.get(name)
    return None if value is None else instant(value, f"{path}.{name}")


def instant(value: object, path: str) -> datetime:
    """An ISO 8601 instant in UTC. Raises Unusable for a date or a time without a zone."""
    if not isinstance(value, str):
        raise ScenarioError(f"{path}: an ISO 8601 date and time with its zone is needed")
    try:
        found = datetime.fromisoformat(value)
        if found.tzinfo is None:
            raise Unusable("its time has no zone")
        found = found.astimezone(UTC)
    except (ValueError, OverflowError):
        raise ScenarioError(f"{path}: an ISO 8601 date and time with its zone is needed") from None
    if not EARLIEST_YEAR <= found.year <= LATEST_YEAR:
        raise ScenarioError(f"{path}: the year must be from {EARLIEST_YEAR} to {LATEST_YEAR}")
    return found


def day(row: Row, name: str, path: str) -> date | None:
    """A calendar day, or None when absent."""
    value = text(row, name, path)
    if value is None:
        return None
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise ScenarioError(f"{path}.{name}: a date like 1961-05-04 is needed") from None
