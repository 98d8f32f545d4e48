"""When an event of an early sign began in a stay, as the whole chart tells: what a card should have come before."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType

import numpy as np

from twin_engine.patient.events import EVENTS, LOW_MAP_MMHG, LOW_SPO2, happened, hourly
from twin_engine.patient.kdigo import BASELINE_H, stages
from twin_engine.patient.record import PatientRecord

HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Onsets:
    """An event's name in words, what its onset is, and where the onsets lie in a record (record, start, end)."""

    title: str
    words: str
    of: Callable[[PatientRecord, datetime, datetime], Iterator[datetime]]


def _falls(event: str, variable: str, limit: float) -> Callable[[PatientRecord, datetime, datetime], Iterator[datetime]]:
    def found(record: PatientRecord, start: datetime, end: datetime) -> Iterator[datetime]:
        values = hourly(record, variable, start, end)
        for hour, value in values.items():
            before = [values.get(hour - k) for k in (1, 2)]
            at = start + hour * HOUR
            fell = value < limit and all(v is not None and v >= limit for v in before)
            if fell and happened(event, record, at, at + EVENTS[event].within_h * HOUR):
                yield at

    return found


def _stage_rises(record: PatientRecord, start: datetime, end: datetime) -> Iterator[datetime]:
    values = hourly(record, "creatinine", start - BASELINE_H * HOUR, end)
    if not values:
        return
    hours = np.array([*values], dtype=np.float64) - BASELINE_H
    rises = np.diff(stages(hours, np.array([*values.values()])), prepend=0) > 0
    yield from (start + float(hour) * HOUR for hour, rose in zip(hours, rises, strict=True) if rose and hour >= 1.0)


ONSETS: Mapping[str, Onsets] = MappingProxyType(
    {
        "hypotension": Onsets(
            "New hypotension",
            "the first hourly MAP below 65 mmHg after two hours at or above it, where two or more of six hours stay below",
            _falls("hypotension", "map", LOW_MAP_MMHG),
        ),
        "hypoxaemia": Onsets(
            "Low oxygen saturation",
            "the first hourly SpO2 below 90 % after two hours at or above it, where two hours on end stay below within six",
            _falls("hypoxaemia", "spo2", LOW_SPO2),
        ),
        "kidney_injury": Onsets(
            "Acute kidney injury or its next stage",
            "a creatinine of a higher KDIGO stage than the one before",
            _stage_rises,
        ),
    }
)
"""Sepsis has none: no chart tells by itself when it began."""
