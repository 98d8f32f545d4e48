"""Twins of the charts seen last, in memory, so that another order on an unchanged chart costs no second fit.

A chart is recognised by what it holds; a twin is used for a few minutes only and stands at the instant for which it was
made, which becomes the instant of the scenario. Nothing is kept on disk.
"""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from threading import Lock
from typing import TypeVar, cast

from service.situation import Situation
from twin_engine.patient.record import PatientRecord

T = TypeVar("T")
GOOD_FOR = timedelta(minutes=5)


@dataclass(slots=True)
class _Kept:
    """What was made of one chart at one instant."""

    at: datetime
    values: dict[str, object] = field(default_factory=dict[str, object])

    def __call__(self, name: str, make: Callable[[], T], /) -> T:
        if name not in self.values:
            self.values[name] = make()
        return cast("T", self.values[name])


class Twins:
    """The twins of at most `most` charts; the one used longest ago goes first."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: OrderedDict[tuple[str, int], _Kept] = OrderedDict()
        self._lock = Lock()

    def recalled(self, patient: str, situation: Situation) -> Situation:
        """The situation with the twin of this patient's chart, if it was seen a few minutes ago. `patient` = the opaque key
        of tenant and patient; the seed is a digest of the chart."""
        scenario = situation.scenario
        key = patient, scenario.seed
        with self._lock:
            kept = self._kept.get(key)
            if kept is None or not _holds(kept.at, scenario.at, scenario.record):
                kept = self._kept[key] = _Kept(scenario.at)
            self._kept.move_to_end(key)
            self._forget(scenario.at)
        return replace(situation, scenario=replace(scenario, at=kept.at), keep=kept)

    def _forget(self, now: datetime) -> None:
        for key in [key for key, kept in self._kept.items() if abs(now - kept.at) > GOOD_FOR]:
            del self._kept[key]
        while len(self._kept) > self._most:
            self._kept.popitem(last=False)


def _holds(then: datetime, now: datetime, record: PatientRecord) -> bool:
    """Whether a twin made then is good now: soon after, and nothing that was charted ahead of its time has come true."""
    charted = [m.time for m in record.measurements]
    charted += [time for a in record.administrations for time in (a.start, a.end) if time is not None]
    return timedelta(0) <= now - then <= GOOD_FOR and not any(then < time <= now for time in charted)
