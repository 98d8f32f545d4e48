"""Arterial pressures that no circulation made: flushes, damping, a disconnected transducer, a line that no longer moves.

By one minute's own values, the rules by which a multicentre study of intraoperative pressures left readings out (Mathis MR et
al. Anesthesiology 2020;132:461-75, doi:10.1097/ALN.0000000000003063, table of artifact elimination): a pulse pressure too small
for the systolic pressure, or systolic, diastolic and mean pressure all the same. Its bound of mean pressure (140 mmHg or more)
is left out: in intensive care that is a crisis, not an artefact. Applied to arterial and unknown sites, not to cuffs.

By the course, a working choice of this project: a pressure from a device that does not move by 1 mmHg in half an hour.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from twin_engine.patient.record import DataQuality, PatientRecord

FLAT_FOR = timedelta(minutes=30)
FLAT_VALUES = 6
FLAT_WITHIN_MMHG = 0.5
LOOKS_BACK = timedelta(hours=1)


def least_pulse_pressure(sbp: float) -> float:
    """The pulse pressure below which a systolic pressure is not believed, mmHg."""
    if sbp > 200.0:
        return 50.0
    if sbp > 150.0:
        return 30.0
    return 15.0 if sbp >= 100.0 else 10.0


def is_artefact(sbp: float, dbp: float, mean: float | None) -> bool:
    """Whether pressures of one minute (mmHg) are those of a line and not of a patient."""
    if mean is not None and sbp == dbp == mean:
        return True
    return sbp <= 10.0 or dbp <= 10.0 or sbp - dbp < least_pulse_pressure(sbp)


def remarks(record: PatientRecord, at: datetime) -> Iterator[DataQuality]:
    """What of the last hour's pressures is doubtful, in words for the bedside."""
    newest = _newest_minute(record, at)
    if {"sbp", "dbp"} <= newest.keys() and is_artefact(newest["sbp"], newest["dbp"], newest.get("map")):
        yield DataQuality("map", "implausible", "the newest arterial pressures are those of a damped, flushed or open line")
    elif _flat(record, at):
        yield DataQuality("map", "implausible", "the arterial pressure has not moved for half an hour: check the line")


def _newest_minute(record: PatientRecord, at: datetime) -> dict[str, float]:
    rows = [
        (m.time.replace(second=0, microsecond=0), m.variable, m.value)
        for m in record.measurements
        if m.variable in {"sbp", "dbp", "map"} and m.value is not None and m.site != "noninvasive"
        if at - LOOKS_BACK < m.time <= at
    ]
    last = max((time for time, _, _ in rows), default=None)
    return {variable: value for time, variable, value in rows if time == last}


def _flat(record: PatientRecord, at: datetime) -> bool:
    rows = [
        m
        for m in record.of("map")
        if m.value is not None and m.source == "device" and m.site != "noninvasive" and at - FLAT_FOR <= m.time <= at
    ]
    if len(rows) < FLAT_VALUES or at - rows[0].time < FLAT_FOR - timedelta(minutes=6):
        return False
    values = [m.value or 0.0 for m in rows]
    return max(values) - min(values) <= FLAT_WITHIN_MMHG
