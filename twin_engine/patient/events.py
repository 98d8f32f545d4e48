"""Named events that the chart itself can show to have happened: what a card warned of, looked for afterwards.

Hourly bins hold the median of what was charted in that hour. An event that the chart cannot decide is None, never "no".
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from types import MappingProxyType

import numpy as np

from twin_engine.patient.kdigo import BASELINE_H, COUNTS_H, stages
from twin_engine.patient.record import PatientRecord

LOW_MAP_MMHG = 65.0
LOW_SPO2 = 90.0
LOW_GLUCOSE_MMOL_L = 4.0
HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Event:
    """An event: name, in words, hours within which it counts, and how the chart shows it (record, start, end)."""

    name: str
    words: str
    within_h: float
    seen: Callable[[PatientRecord, datetime, datetime], bool | None]


def happened(name: str, record: PatientRecord, since: datetime, at: datetime) -> bool | None:
    """Whether the event happened in its hours after `since`, as the chart of `at` tells; None = not known (yet).

    Raises KeyError for a name that is no event.
    """
    event = EVENTS[name]
    until = since + timedelta(hours=event.within_h)
    found = event.seen(record, since, min(until, at))
    return found if found or at >= until else None


def hourly(record: PatientRecord, variable: str, start: datetime, end: datetime) -> dict[int, float]:
    """Median by hour after `start`, hours without a value left out. Hour k is (start + k h, start + k h + 1 h], as that of the
    risk models: what is charted on the full hour ends it."""
    bins: dict[int, list[float]] = {}
    for m in record.of(variable):
        if m.value is not None and start < m.time <= end:
            bins.setdefault(-((start - m.time) // HOUR) - 1, []).append(m.value)
    return {hour: median(values) for hour, values in sorted(bins.items())}


def _hypotension(record: PatientRecord, start: datetime, end: datetime) -> bool | None:
    """MAP < 65 mmHg in two or more hours."""
    values = hourly(record, "map", start, end)
    if sum(v < LOW_MAP_MMHG for v in values.values()) >= 2:
        return True
    return False if len(values) >= 2 else None


def _hypoxaemia(record: PatientRecord, start: datetime, end: datetime) -> bool | None:
    """SpO2 < 90 % in two hours on end."""
    values = hourly(record, "spo2", start, end)
    low = {hour for hour, v in values.items() if v < LOW_SPO2}
    if any(hour + 1 in low for hour in low):
        return True
    return False if len(values) >= 2 else None


def _kidney_injury(record: PatientRecord, start: datetime, end: datetime) -> bool | None:
    """A KDIGO stage by creatinine above that of the last creatinine up to `start`."""
    before = hourly(record, "creatinine", start - BASELINE_H * HOUR, start)
    after = hourly(record, "creatinine", start, end)
    if not after or max(before, default=0) <= BASELINE_H - COUNTS_H:
        return None
    hours = [*(hour - BASELINE_H for hour in before), *after]
    stage = stages(np.array(hours, dtype=np.float64), np.array([*before.values(), *after.values()]))
    return bool(stage[len(before) :].max() > stage[len(before) - 1])


def _hypoglycaemia(record: PatientRecord, start: datetime, end: datetime) -> bool | None:
    """Glucose < 4 mmol/L."""
    values = [m.value for m in record.of("glucose") if m.value is not None and start < m.time <= end]
    return any(v < LOW_GLUCOSE_MMOL_L for v in values) if values else None


EVENTS: Mapping[str, Event] = MappingProxyType(
    {
        event.name: event
        for event in (
            Event("hypotension", "MAP < 65 mmHg in two or more of six hours", 6.0, _hypotension),
            Event("hypoxaemia", "SpO2 < 90 % in two hours on end", 6.0, _hypoxaemia),
            Event("kidney_injury", "KDIGO stage by creatinine up by one or more within 48 h", 48.0, _kidney_injury),
            Event("hypoglycaemia", "glucose < 4 mmol/L", 6.0, _hypoglycaemia),
        )
    }
)

_NEPHROTOXIC = ("vancomycin", "gentamicin", "tobramycin", "amikacin")
_LOWERS_PRESSURE = ("propofol", "dexmedetomidine", "midazolam", "remifentanil", "fentanyl", "morphine")
EVENT_OF_DRUG: Mapping[str, str] = MappingProxyType(
    dict.fromkeys(_NEPHROTOXIC, "kidney_injury") | dict.fromkeys(_LOWERS_PRESSURE, "hypotension") | {"insulin": "hypoglycaemia"}
)
"""The harm of a drug's order that a chart shows: looked for after a card on it was left out. It may have other causes."""
