"""Vital signs of a monitor, charted more often than they tell anything new: fewer of them, no event lost.

Where a variable has more than one value in a minute, the last of each minute stays, and in every five minutes the lowest and
the highest: a fall of the pressure for seconds is still there, at its own time and depth. What is charted once a minute or
less often, and everything that is not a monitor's, stays as it is. Pure.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import groupby

from twin_engine.patient.record import Measurement, PatientRecord

MONITORED = frozenset(
    {"heart_rate", "map", "sbp", "dbp", "cvp", "respiratory_rate", "spo2", "etco2", "temperature", "bis", "icp"}
)
MINUTE_S, WINDOW_S = 60, 300


def thinned(record: PatientRecord) -> PatientRecord:
    """The record with fewer values of monitored variables."""
    kept: set[int] = set()
    for variable in MONITORED & {m.variable for m in record.measurements}:
        kept.update(id(m) for m in _enough([m for m in record.measurements if m.variable == variable]))
    measurements = tuple(m for m in record.measurements if m.variable not in MONITORED or id(m) in kept)
    return record if len(measurements) == len(record.measurements) else replace(record, measurements=measurements)


def _enough(charted: Sequence[Measurement]) -> Iterable[Measurement]:
    """Each source and site for itself: an invasive pressure does not stand for one by cuff."""
    by_kind = sorted(charted, key=lambda m: (m.source, m.site or "", m.specimen, m.time))
    for _, some in groupby(by_kind, key=lambda m: (m.source, m.site or "", m.specimen)):
        yield from _thinned(list(some))


def _thinned(charted: Sequence[Measurement]) -> Iterable[Measurement]:
    minutes = [list(some) for _, some in groupby(charted, key=lambda m: _bucket(m.time, MINUTE_S))]
    if all(len(some) == 1 for some in minutes):
        yield from charted
        return
    yield from (some[-1] for some in minutes)
    for _, window in groupby(charted, key=lambda m: _bucket(m.time, WINDOW_S)):
        values = [m for m in window if m.value is not None]
        if values:
            yield min(values, key=_value)
            yield max(values, key=_value)


def _bucket(time: datetime, seconds: int) -> int:
    return int(time.timestamp() // seconds)


def _value(measured: Measurement) -> float:
    return measured.value if measured.value is not None else 0.0
