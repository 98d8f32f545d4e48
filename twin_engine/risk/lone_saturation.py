"""One saturation far below those around it: a probe that came off, or a fall that passed; the chart does not tell which.

A working choice of this project: more than 15 points below the hour before and the hour after. Such an hour stays in the
lowest value of a day, and alone moved a steady patient among the highest 1 % of hours of low saturation. The training data keep
these hours, and so do the inputs; the model of low saturation is refused where one stands in its look-back. The ranks of the
other models move less (docs/safety/risk_models.md).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from twin_engine.patient.quality import plausible
from twin_engine.patient.record import DataQuality, PatientRecord
from twin_engine.risk.features import Windows
from twin_engine.risk.hourly import HOUR, hourly_windows

VARIABLE = "spo2"
FAR_BELOW = 15.0
LOOKS_BACK_H = 6
"""How long ago somebody at the bedside is still asked about it."""


@dataclass(frozen=True, slots=True)
class LoneFall:
    """The value of one hour and of those before and after it, %; hours_ago: 0 is the newest hour of the window."""

    before: float
    value: float
    after: float
    hours_ago: int


def lone_fall(windows: Windows) -> LoneFall | None:
    """The newest hour of saturation (windows of one patient) that lies far below both its neighbours."""
    hourly = [float(v) for v in windows[VARIABLE][0]]
    for i in range(len(hourly) - 2, 0, -1):
        before, value, after = hourly[i - 1 : i + 2]
        # An hour without a value is NaN, and no comparison with it holds.
        if value < before - FAR_BELOW and value < after - FAR_BELOW:
            return LoneFall(before, value, after, len(hourly) - 1 - i)
    return None


def remarks(record: PatientRecord, at: datetime) -> Iterator[DataQuality]:
    """What to settle at the bedside: a lone fall of the last hours, or a newest value far below the one before it."""
    fallen = _not_repeated(record, at)
    if fallen is not None:
        before, value = fallen
        words = f"oxygen saturation {value:.0f} % after {before:.0f} %, not repeated yet: see the patient first, then the probe"
        yield DataQuality(VARIABLE, "conflicting", words)
        return
    found = lone_fall(hourly_windows(record, {VARIABLE: LOOKS_BACK_H}, at))
    if found is not None:
        words = f"oxygen saturation {found.value:.0f} % for one hour between {found.before:.0f} % and {found.after:.0f} %"
        yield DataQuality(VARIABLE, "conflicting", f"{words}: the probe or the patient", float(found.hours_ago))


def _not_repeated(record: PatientRecord, at: datetime) -> tuple[float, float] | None:
    known = [
        (m.time, m.value)
        for m in record.of(VARIABLE)
        if m.value is not None and m.time <= at and m.comparator is None and plausible(VARIABLE, m.value)
    ]
    if len(known) < 2:
        return None
    (earlier, before), (newest, value) = known[-2:]
    lately = at - newest <= HOUR and newest - earlier <= timedelta(hours=2)
    return (before, value) if lately and value < before - FAR_BELOW else None
