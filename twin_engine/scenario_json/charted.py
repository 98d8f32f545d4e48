"""Measurements and settings from JSON: in canonical units, plausible, known at the time of the prediction, one a minute."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Literal, cast

from twin_engine.patient.contradiction import contradict, in_one_minute
from twin_engine.patient.quality import plausible
from twin_engine.patient.record import Measurement, Setting, Source, Specimen
from twin_engine.patient.units import UnitError, convert
from twin_engine.patient.variables import CATEGORIES, VARIABLES, Variable
from twin_engine.scenario_json.fields import Row, ScenarioError, Unusable, flag, moment, number, rows, text
from twin_engine.scenario_json.remarks import Reading

Comparator = Literal["<", "<=", ">", ">="]

SPECIMENS = frozenset({"arterial", "venous", "mixed_venous", "capillary", "unknown"})
SOURCES = frozenset({"device", "nurse_validated", "laboratory", "unknown"})
COMPARATORS = frozenset({"<", "<=", ">", ">="})

MEASUREMENT_FIELDS = frozenset({
    "variable", "value", "category", "unit", "time", "start", "available", "comparator", "specimen", "source",
    "during_infusion", "site", "id",
})  # fmt: skip
SETTING_FIELDS = frozenset({"variable", "value", "category", "unit", "time", "id"})

_SOURCE_RANK = {"nurse_validated": 0, "laboratory": 0, "device": 1, "unknown": 2}


def charted(reading: Reading, document: Row) -> tuple[tuple[Measurement, ...], tuple[Setting, ...]]:
    """Measurements and settings, oldest first. A set variable counts as a setting in whichever list it stands."""
    found: list[Measurement] = []
    for path, row in rows(document, "measurements"):
        reading.known_fields(row, MEASUREMENT_FIELDS, "a measurement")
        _add(found, reading, row, path, "unknown")
    for path, row in rows(document, "settings"):
        reading.known_fields(row, SETTING_FIELDS, "a setting")
        _add(found, reading, row, path, "nurse_validated")
    kept = sorted(_one_a_minute(reading, found), key=lambda m: m.time)
    settings = (m for m in kept if VARIABLES[m.variable].kind in {"setting", "category"})
    return (
        tuple(m for m in kept if VARIABLES[m.variable].kind not in {"setting", "category"}),
        tuple(Setting(m.variable, m.value, m.unit, m.time, m.category, m.id) for m in settings),
    )


def _add(found: list[Measurement], reading: Reading, row: Row, path: str, otherwise: Source) -> None:
    name = text(row, "variable", path)
    if name is None:
        raise ScenarioError(f"{path}.variable: is needed")
    variable = VARIABLES.get(name)
    if variable is None:
        number(row, "value", path)
        reading.remark(name, "ignored", "unknown variable")
        return
    try:
        found.append(_measurement(reading, _categorised(reading, row, path, variable), path, variable, otherwise))
    except Unusable as why:
        reading.dropped(name, why)


def _categorised(reading: Reading, row: Row, path: str, variable: Variable) -> Row:
    """The row; a mode by a word that is not ours is in force as unknown: neither the one before it nor a usual one may stand
    for it."""
    category = text(row, "category", path)
    if variable.kind != "category" or category is None or category in CATEGORIES[variable.name]:
        return row
    reading.remark(variable.name, "ignored", "unknown category: what is charted is not known")
    return {**row, "category": "unknown"}


def _measurement(reading: Reading, row: Row, path: str, variable: Variable, otherwise: Source) -> Measurement:
    category, value = charted_value(row, path, variable)
    time, available = moment(row, "time", path), moment(row, "available", path)
    if time is None:
        raise Unusable("it has no time")
    if time > reading.at or (available is not None and available > reading.at):
        raise Unusable("it was not known at the time of the prediction")
    if value is not None and not plausible(variable.name, value):
        low, high = variable.plausible_low, variable.plausible_high
        raise Unusable(f"outside {low:g} to {high:g} {variable.unit}", "implausible")
    comparator = text(row, "comparator", path)
    if comparator is not None and comparator not in COMPARATORS:
        raise Unusable("unknown comparator")
    return Measurement(
        variable=variable.name,
        value=value,
        unit=variable.unit,
        time=time,
        category=category,
        start=_period(row, path, time),
        available=available,
        comparator=cast("Comparator | None", comparator),
        specimen=cast("Specimen", reading.word(row, "specimen", path, SPECIMENS) or "unknown"),
        source=cast("Source", reading.word(row, "source", path, SOURCES) or otherwise),
        during_infusion=flag(row, "during_infusion", path),
        site=text(row, "site", path),
        id=text(row, "id", path),
    )


def charted_value(row: Row, path: str, variable: Variable) -> tuple[str | None, float | None]:
    """Category and value of a row, the value in the variable's unit. Raises Unusable when it cannot be had."""
    value, unit, category = number(row, "value", path), text(row, "unit", path), text(row, "category", path)
    if variable.kind == "derived":
        raise Unusable("it is predicted, not charted")
    if variable.kind == "category":
        if category not in CATEGORIES[variable.name]:
            raise Unusable("unknown category" if category else "it has no category")
        return category, None
    if value is None:
        raise Unusable("it has no value")
    if unit is None:
        raise Unusable("it has no unit")
    try:
        return None, convert(value, unit, variable.unit, substance=variable.name)
    except UnitError as error:
        raise Unusable(str(error)) from None


def _period(row: Row, path: str, end: datetime) -> datetime | None:
    start = moment(row, "start", path)
    if start is not None and start > end:
        raise Unusable("its period ends before it starts", "implausible")
    return start


def _one_a_minute(reading: Reading, found: Sequence[Measurement]) -> Iterable[Measurement]:
    """Of several sources in one minute the most trusted, of several values at one instant one; portions never repeat."""
    minutes: dict[tuple[object, ...], list[Measurement]] = {}
    for i, row in enumerate(found):
        portion = i if VARIABLES[row.variable].adds_up else None
        minutes.setdefault((row.variable, row.time.replace(second=0, microsecond=0), row.specimen, portion), []).append(row)
    last = {row.variable: row.time.replace(second=0, microsecond=0) for row in sorted(found, key=lambda m: m.time)}
    for rows_ in minutes.values():
        name, time = rows_[0].variable, rows_[0].time.replace(second=0, microsecond=0)
        counts = time == last[name] or VARIABLES[name].kind == "level"
        yield from rows_ if len(rows_) == 1 else _most_trusted(reading, rows_, counts=counts)


def _most_trusted(reading: Reading, minute: list[Measurement], *, counts: bool) -> Iterable[Measurement]:
    """`counts` = a contradiction here still matters."""
    best = min(_SOURCE_RANK[row.source] for row in minute)
    kept: dict[datetime, Measurement] = {}
    for row in sorted(minute, key=_trust):
        if _SOURCE_RANK[row.source] == best:
            kept.setdefault(row.time, row)
    told = {(row.value, row.category) for row in kept.values()}
    left = [row for row in minute if (row.value, row.category) not in told]
    if left:
        matters = counts and any(contradict(row, used) for row in left for used in kept.values())
        words = f"{in_one_minute(minute[0].variable)}: validated and laboratory count before device before unknown"
        reading.remark(minute[0].variable, "conflicting" if matters else "ignored", words)
    return kept.values()


def _trust(row: Measurement) -> tuple[object, ...]:
    # Beyond the source only so that the order of the rows never decides: invasive first, then the later entry.
    entered = 0.0 if row.available is None else -row.available.timestamp()
    return (_SOURCE_RANK[row.source], row.site != "arterial", entered, row.value or 0.0, row.category or "", row.id or "")
