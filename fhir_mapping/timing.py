"""FHIR timing into interval, count and start; only regular timings are read, nothing is rounded or guessed."""

from dataclasses import dataclass, replace
from datetime import datetime, time
from typing import cast

from fhir_mapping.amounts import hours_of
from fhir_mapping.fields import Resource, codings, moment, number, obj, objs, quantity, text

_HOURS = {"s": 1 / 3600, "min": 1 / 60, "h": 1.0, "d": 24.0, "wk": 168.0}
# HL7 v3 GTSAbbreviation and the abbreviations that systems send in its place.
_CODES = {
    "BID": 12.0, "TID": 8.0, "QID": 6.0, "QD": 24.0, "QOD": 48.0, "Q1H": 1.0, "Q2H": 2.0, "Q3H": 3.0, "Q4H": 4.0,
    "Q6H": 6.0, "Q8H": 8.0, "Q12H": 12.0, "Q24H": 24.0, "Q36H": 36.0, "Q48H": 48.0, "Q72H": 72.0, "DAILY": 24.0,
}  # fmt: skip
SAME_H = 1.0 / 60.0
SHORTEST_H, LONGEST_H = 0.05, 24.0 * 30
DAYS_A_WEEK = 7
_ONCE = frozenset({"ONCE", "STAT", "X1", "1X"})


@dataclass(frozen=True, slots=True)
class Timing:
    """interval_h None with `once` = a single dose; `known` False = no regular timing could be read. duration_h is how long
    each dose lasts, bounds_h how long the order runs."""

    known: bool
    once: bool = False
    interval_h: float | None = None
    count: int | None = None
    start: datetime | None = None
    until: datetime | None = None
    duration_h: float | None = None
    bounds_h: float | None = None


def read_timing(value: object) -> Timing:
    """Read a Timing element."""
    item = obj(value)
    repeat = obj(item.get("repeat"))
    listed = item.get("event")
    events = cast("list[object]", listed) if isinstance(listed, list) else []
    first = moment(events[0]) if events else None
    bounds = obj(repeat.get("boundsPeriod"))
    start, until = moment(bounds.get("start")) or first, moment(bounds.get("end"))
    written = [code.upper().replace(" ", "") for _, code in codings(item.get("code"))]
    said = (text(obj(item.get("code")).get("text")) or "").upper().replace(" ", "")
    names = [*written, said] if said else written
    duration = _hours(repeat.get("duration"), repeat.get("durationUnit"))
    coded = next((_CODES[n] for n in names if n in _CODES), None)
    repeated = _interval(repeat)
    bounds_h = hours_of(quantity(repeat.get("boundsDuration")))
    unread = Timing(False, start=start, until=until, duration_h=duration, bounds_h=bounds_h)
    if (coded is not None and repeated is not None and abs(coded - repeated) > SAME_H) or _irregular(repeat):
        return unread
    interval = repeated or coded
    count = _whole(repeat.get("count")) or _count_within(bounds_h, interval)
    if interval is not None and count == 1:
        return replace(unread, known=True, once=True)
    if interval is not None:
        return replace(unread, known=True, interval_h=interval, count=count)
    single = count == 1 or any(n in _ONCE for n in names) or len(objs(events) or events) == 1
    return replace(unread, known=single, once=single)


def _irregular(repeat: Resource) -> bool:
    """Whether doses fall on some days, at meals, or at times of day that are not evenly apart."""
    days = repeat.get("dayOfWeek")
    if isinstance(days, list) and 0 < len(cast("list[object]", days)) < DAYS_A_WEEK:
        return True
    if repeat.get("when") and number(repeat.get("frequency")) is None:
        return True
    times = _times_of_day(repeat)
    if times is None:
        return True
    if not times:
        return False
    gaps = [(later - sooner) % 24.0 or 24.0 for sooner, later in zip(times, [*times[1:], times[0]], strict=True)]
    asked = number(repeat.get("frequency"))
    return max(gaps) - min(gaps) > SAME_H or (asked is not None and asked != len(times))


def _times_of_day(repeat: Resource) -> list[float] | None:
    """Hours of the day, sorted; None when one cannot be read."""
    written = repeat.get("timeOfDay")
    if not isinstance(written, list):
        return []
    found: list[float] = []
    for one in cast("list[object]", written):
        try:
            clock = time.fromisoformat(text(one) or "?")
        except ValueError:
            return None
        found.append(clock.hour + clock.minute / 60.0)
    return sorted(found)


def _interval(repeat: Resource) -> float | None:
    if number(repeat.get("periodMax")) is not None or number(repeat.get("frequencyMax")) is not None:
        return None
    span = _hours(repeat.get("period"), repeat.get("periodUnit"))
    times = number(repeat.get("frequency"))
    if times is None:
        times = float(len(_times_of_day(repeat) or [])) or 1.0
    if span is None or times <= 0:
        return None
    interval = span / times
    return interval if SHORTEST_H <= interval <= LONGEST_H else None


def _count_within(span_h: float | None, interval_h: float | None) -> int | None:
    if span_h is None or interval_h is None or not 0 < span_h <= LONGEST_H * 12:
        return None
    return max(1, round(span_h / interval_h))


def _hours(value: object, unit: object) -> float | None:
    amount, word = number(value), text(unit)
    if amount is None or word is None or amount <= 0:
        return None
    return amount * _HOURS[word] if word in _HOURS else None


def _whole(value: object) -> int | None:
    amount = number(value)
    return int(amount) if amount is not None and amount.is_integer() and 0 < amount < 10_000 else None
