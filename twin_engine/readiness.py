"""Why a forecast may be shown but no suggestion may rest on it: old or moving data, holes in the history, unverified models,
organ support that is planned."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from twin_engine.covariates import hours
from twin_engine.patient.quality import CREATININE_MOVED_MG_DL, creatinine_moved, freshness
from twin_engine.patient.record import DataQuality, Measurement, PatientRecord
from twin_engine.patient.variables import SUPPORT_IN_WORDS
from twin_engine.scenario import Scenario
from twin_engine.twin import Known

UNNAMED = "a procedure of this name is not known and may be organ support: no suggestion"
HOLES = "the dose history has holes or a level contradicts it: no suggestion"
UNSETTLED_CREATININE_MG_DL = 0.5
SETTLED_OVER = timedelta(hours=8)
"""A creatinine has settled once it moved by no more than 0.3 mg/dL a day since the last value at least this long before: 0.1,
as far as two readings differ by themselves. A choice of this project."""


PLANNED_WITHIN = timedelta(hours=48)
"""As far ahead as drugs are forecast."""


def obstacles(scenario: Scenario, known: Known) -> tuple[DataQuality, ...]:
    """Remarks that each forbid a suggestion; empty when one may be made."""
    record, at = scenario.record, scenario.at
    found = [DataQuality(r.variable, "assumed", UNNAMED) for r in scenario.remarks if r.effect == "unknown procedure"]
    read = {c.name for m in known.models for c in m.covariates}
    if read & {"creatinine", "creatinine_clearance"}:
        found.extend(_creatinine(record, at))
    found.extend(r for r in known.remarks if r.status == "stale" and r.variable in read)
    found.extend(_planned(record, at))
    if known.incomplete:
        found.append(DataQuality(known.drug, "incomplete_dose_history", HOLES))
    if known.history.running_assumed:
        found.append(DataQuality(known.drug, "assumed", "an infusion is only assumed to be running: no suggestion"))
    unverified = [m.id for m in known.models if m.status != "verified"]
    if unverified:
        found.append(DataQuality(known.drug, "assumed", f"{', '.join(unverified)} is not verified: no suggestion"))
    return tuple(found)


def _planned(record: PatientRecord, at: datetime) -> list[DataQuality]:
    """Organ support that begins within the forecast, which is without it."""
    ahead = dict.fromkeys(p.procedure for p in record.procedures if p.start is not None and at < p.start <= at + PLANNED_WITHIN)
    return [
        DataQuality(name, "assumed", f"{SUPPORT_IN_WORDS[name]} is to begin within the forecast: no suggestion")
        for name in ahead
    ]


def weight_remark(record: PatientRecord, at: datetime) -> tuple[DataQuality, ...]:
    """An old weight widens the forecast; it forbids nothing."""
    latest = record.latest("weight", at)
    if latest is None:
        return ()
    age = -hours(latest.time, at)
    if freshness("weight", age) == "fresh":
        return ()
    return (DataQuality("weight", "stale", f"weight is {age / 24:.0f} days old: volumes are widened", age),)


def _creatinine(record: PatientRecord, at: datetime) -> list[DataQuality]:
    known = [m for m in record.of("creatinine") if m.value is not None and m.time <= at]
    if not known:
        return []
    newest = known[-1]
    age = -hours(newest.time, at)
    fresh = freshness("creatinine", age, changed=creatinine_moved(record, at))
    found: list[DataQuality] = []
    if fresh == "usable":
        found.append(DataQuality("creatinine", "stale", f"creatinine is {age:.0f} h old: no suggestion", age))
    elif fresh == "beyond":
        found.append(DataQuality("creatinine", "stale", f"creatinine is {age:.0f} h old: not a forecast to dose on", age))
    moved = _unsettled(known)
    if moved:
        words = f"creatinine moved {moved:.1f} mg/dL within 24 h and has not settled since: no suggestion"
        # A value that moves is no error of charting: it is behind the kidneys, as an old one is.
        found.append(DataQuality("creatinine", "stale", words, age))
    return found


def _unsettled(known: Sequence[Measurement]) -> float:
    """By how much (mg/dL) the newest creatinine differs from those of the day before it; 0 where that is little or it has
    settled since."""
    newest = known[-1]
    day = [m for m in known if newest.time - m.time <= timedelta(hours=24)]
    changes = [round((newest.value or 0.0) - (m.value or 0.0), 6) for m in day]
    if max(map(abs, changes)) <= UNSETTLED_CREATININE_MG_DL:
        return 0.0
    earlier = [
        (hours(newest.time, m.time), abs(c)) for m, c in zip(day, changes, strict=True) if newest.time - m.time >= SETTLED_OVER
    ]
    elapsed, change = earlier[-1] if earlier else (0.0, max(map(abs, changes)))
    return 0.0 if change <= CREATININE_MOVED_MG_DL * elapsed / 24.0 else max(map(abs, changes))
