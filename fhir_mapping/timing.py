"""FHIR timing into interval, count and start; only regular timings are read, nothing is rounded or guessed."""

from dataclasses import dataclass
from datetime import datetime

from fhir_mapping.fields import Resource, codings, moment, number, obj, objs, text
from twin_engine.patient.units import UnitError, convert

_HOURS = {"s": 1 / 3600, "min": 1 / 60, "h": 1.0, "d": 24.0, "wk": 168.0}
# HL7 v3 GTSAbbreviation and the abbreviations that systems send in its place.
_CODES = {
    "BID": 12.0, "TID": 8.0, "QID": 6.0, "QD": 24.0, "QOD": 48.0, "Q1H": 1.0, "Q2H": 2.0, "Q3H": 3.0, "Q4H": 4.0,
    "Q6H": 6.0, "Q8H": 8.0, "Q12H": 12.0, "Q24H": 24.0, "Q36H": 36.0, "Q48H": 48.0, "Q72H": 72.0, "DAILY": 24.0,
}  # fmt: skip
_ONCE = frozenset({"ONCE", "STAT", "X1", "1X"})


@dataclass(frozen=True, slots=True)
class Timing:
    """interval_h None with `once` = a single dose; `known` False = no regular timing could be read."""

    known: bool
    once: bool = False
    interval_h: float | None = None
    count: int | None = None
    start: datetime | None = None
    until: datetime | None = None
    duration_h: float | None = None


def read_timing(value: object) -> Timing:
    """Read a Timing element."""
    item = obj(value)
    repeat = obj(item.get("repeat"))
    events = item.get("event")
    first = moment(events[0]) if isinstance(events, list) and events else None  # type: ignore[arg-type]
    bounds = obj(repeat.get("boundsPeriod"))
    start, until = moment(bounds.get("start")) or first, moment(bounds.get("end"))
    count = _whole(repeat.get("count"))
    written = [code.upper().replace(" ", "") for _, code in codings(item.get("code"))]
    said = (text(obj(item.get("code")).get("text")) or "").upper().replace(" ", "")
    names = [*written, said] if said else written
    duration = _hours(repeat.get("duration"), repeat.get("durationUnit"))
    interval = _interval(repeat) or next((_CODES[n] for n in names if n in _CODES), None)
    if interval is not None and count == 1:
        return Timing(True, once=True, start=start, until=until, duration_h=duration)
    if interval is not None:
        return Timing(True, False, interval, count, start, until, duration)
    single = count == 1 or any(n in _ONCE for n in names) or (isinstance(events, list) and len(objs(events) or events) == 1)  # type: ignore[arg-type]
    return Timing(single, single, None, None, start, until, duration)


def _interval(repeat: Resource) -> float | None:
    if number(repeat.get("periodMax")) is not None or number(repeat.get("frequencyMax")) is not None:
        return None
    span = _hours(repeat.get("period"), repeat.get("periodUnit"))
    times = number(repeat.get("frequency"))
    if span is None:
        return None
    interval = span / (1.0 if times is None else times) if times is None or times > 0 else None
    return interval if interval is not None and 0.05 <= interval <= 24 * 30 else None


def _hours(value: object, unit: object) -> float | None:
    amount, word = number(value), text(unit)
    if amount is None or word is None or amount <= 0:
        return None
    return amount * _HOURS[word] if word in _HOURS else None


def _whole(value: object) -> int | None:
    amount = number(value)
    return int(amount) if amount is not None and amount.is_integer() and 0 < amount < 10_000 else None


def hours_of(value: tuple[float, str] | None) -> float | None:
    """A duration quantity in hours."""
    if value is None or value[0] < 0:
        return None
    try:
        return convert(value[0], value[1], "h")
    except UnitError:
        return None
