"""Write a scenario as plain JSON values: reading it again gives the same scenario."""

from dataclasses import fields
from datetime import UTC, date, datetime
from operator import attrgetter
from typing import Any

from twin_engine.patient.record import (
    Administration,
    Composition,
    Condition,
    DataQuality,
    Finding,
    Measurement,
    Order,
    Procedure,
    Setting,
)
from twin_engine.scenario import Scenario

Item = Measurement | Administration | Setting | Procedure | Condition | Finding | Order | Composition | DataQuality

# Fields with their defaults, and how to read them all. What the reader takes for granted is not written: absent reads the same.
_FIELDS = {
    kind: (
        tuple((field.name, field.default) for field in fields(kind)),
        attrgetter(*(field.name for field in fields(kind))),
    )
    for kind in (
        Measurement, Administration, Setting, Procedure, Condition, Finding, Order, Composition, DataQuality,
    )
}  # fmt: skip


def write(scenario: Scenario) -> dict[str, Any]:
    """The scenario as JSON."""
    record = scenario.record
    patient = {"birth_date": record.birth_date and record.birth_date.isoformat(), "sex": record.sex}
    document: dict[str, Any] = {
        "at": stamp(scenario.at),
        "seed": scenario.seed,
        "horizon_h": scenario.horizon_h,
        "draws": scenario.draws,
        "models": None if scenario.models is None else list(scenario.models),
        "patient": {name: value for name, value in patient.items() if value is not None},
        "measurements": [row(m) for m in record.measurements],
        "administrations": [row(a) for a in record.administrations],
        "settings": [row(s) for s in record.settings],
        "procedures": [row(p) for p in record.procedures],
        "conditions": [row(c) for c in record.conditions],
        "findings": [row(f) for f in record.findings],
        "current_orders": [order(o) for o in record.current_orders],
        "orders": [order(o) for o in scenario.orders],
        "alternatives": scenario.alternatives,
        "report_times": [stamp(t) for t in scenario.report_times],
        "remarks": [row(r) for r in scenario.remarks],
    }
    return {name: value for name, value in document.items() if value is not None and value != []}


def order(item: Order) -> dict[str, Any]:
    """One order as JSON."""
    written = row(item)
    if item.settings:
        written["settings"] = {s.variable: _ordered(s) for s in item.settings}
    return written


def row(item: Item) -> dict[str, Any]:
    """A flat JSON object of the fields that say something; what a fluid contains stands beside them."""
    written: dict[str, Any] = {}
    named, values = _FIELDS[type(item)]
    for (name, default), value in zip(named, values(item), strict=True):
        if value is None or value is default:
            continue
        if isinstance(value, datetime):
            written[name] = stamp(value)
        elif isinstance(value, Composition):
            written.update(row(value))
        elif isinstance(value, date):
            written[name] = value.isoformat()
        elif name != "settings" and value not in ("", default):
            written[name] = value
    return written


def stamp(time: datetime) -> str:
    """An instant as ISO 8601 in UTC, ending in Z."""
    return (time if time.tzinfo is UTC else time.astimezone(UTC)).isoformat().removesuffix("+00:00") + "Z"


def _ordered(setting: Setting) -> dict[str, Any]:
    written = row(setting)
    del written["variable"]
    return written
