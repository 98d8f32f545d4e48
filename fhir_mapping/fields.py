"""Reading raw FHIR JSON without trusting its shape: every reader gives a value of the type asked for, or None / empty."""

import math
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, cast

Resource = Mapping[str, Any]
UCUM = "http://unitsofmeasure.org"
RECORDED = "http://hl7.org/fhir/5.0/StructureDefinition/extension-MedicationAdministration.recorded"
"""FHIR R5 says when an administration was first captured; in R4 this extension does."""


def obj(value: object) -> Resource:
    """An object; a list gives its first object; anything else is empty."""
    if isinstance(value, dict):  # this and nothing come nearly always, and are much faster to tell than a Mapping
        return value  # pyright: ignore[reportUnknownVariableType]
    if value is None:
        return {}
    if isinstance(value, list) and value:
        value = cast("list[object]", value)[0]
    return cast("Resource", value) if isinstance(value, Mapping) else {}


def objs(value: object) -> list[Resource]:
    """The objects of a list; a lone object counts as a list of one."""
    if value is None:
        return []
    if isinstance(value, list):
        return [v for v in cast("list[Any]", value) if isinstance(v, (dict, Mapping))]
    return [cast("Resource", value)] if isinstance(value, Mapping) else []


def text(value: object) -> str | None:
    """A trimmed string that is not empty."""
    return value.strip() or None if isinstance(value, str) else None


def number(value: object) -> float | None:
    """A finite number; numbers written as strings are read only when nothing else is in the string."""
    if isinstance(value, bool) or (isinstance(value, str) and "_" in value):
        return None
    if not isinstance(value, str | int | float):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if math.isfinite(found) else None


def moment(value: object) -> datetime | None:
    """An instant in UTC; None for dates, times without zone and what is no time at all."""
    written = text(value)
    if written is None or "T" not in written:
        return None
    try:
        found = datetime.fromisoformat(written)
    except ValueError:
        return None
    if found.tzinfo is None:
        return None
    try:
        return found.astimezone(UTC)
    except OverflowError:
        return None


def entered(resource: Resource) -> datetime | None:
    """When a resource came into the chart; None where it does not say. `meta.lastUpdated` is no such time: it moves with every
    correction, copy and restore."""
    for extension in objs(resource.get("extension")):
        if extension.get("url") == RECORDED:
            return moment(extension.get("valueDateTime"))
    return moment(resource.get("issued"))


def day(value: object) -> datetime | None:
    """The first instant (UTC) of a date written with year, month and day."""
    written = text(value)
    if written is None or len(written) != len("2026-01-03"):
        return None
    try:
        return datetime.strptime(written, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        return None


def codings(concept: object) -> Iterator[tuple[str, str]]:
    """(system, code) of every coding of a CodeableConcept."""
    if not concept:
        return
    for coding in objs(obj(concept).get("coding")):
        code = text(coding.get("code"))
        if code is not None:
            yield text(coding.get("system")) or "", code


def quantity(value: object) -> tuple[float, str] | None:
    """(value, unit) of a Quantity: the UCUM code where it has one, else the unit as displayed.

    Codes of another system ("258" for mg) mean nothing to us, so that the displayed unit goes before them.
    """
    if not value:
        return None
    item = obj(value)
    amount = number(item.get("value"))
    code, shown = text(item.get("code")), text(item.get("unit"))
    unit = code or shown if text(item.get("system")) in {None, UCUM} else shown or code
    return None if amount is None or unit is None else (amount, unit)


def reference_id(value: object) -> str | None:
    """The id at the end of a reference ("Patient/1", "https://host/fhir/Patient/1", "urn:uuid:1")."""
    written = text(obj(value).get("reference")) if value else None
    if written is None:
        return None
    return written.split("/_history/")[0].rstrip("/").rsplit("/", 1)[-1].removeprefix("urn:uuid:") or None


def name_of(resource: Resource) -> str:
    """ "Type/id" of a resource, short enough to log."""
    return f"{text(resource.get('resourceType')) or 'Resource'}/{text(resource.get('id')) or '?'}"[:120]


def period(resource: Resource, name: str) -> tuple[datetime | None, datetime | None]:
    """Start and end of `<name>Period`, or `<name>DateTime`/`<name>Instant` as start."""
    span = obj(resource.get(f"{name}Period"))
    if span:
        return moment(span.get("start")), moment(span.get("end"))
    return moment(resource.get(f"{name}DateTime") or resource.get(f"{name}Instant")), None
