"""Why a forecast may be shown but no suggestion may rest on it: old or moving data, holes in the history, unverified models."""

from datetime import datetime, timedelta

from twin_engine.covariates import hours
from twin_engine.patient.quality import creatinine_moved, freshness
from twin_engine.patient.record import DataQuality, PatientRecord
from twin_engine.twin import Twin

UNSETTLED_CREATININE_MG_DL = 0.5


def obstacles(record: PatientRecord, twin: Twin, at: datetime) -> tuple[DataQuality, ...]:
    """Remarks that each forbid a suggestion; empty when one may be made."""
    found: list[DataQuality] = []
    read = {c.name for f in twin.fitted for c in f.model.covariates}
    if read & {"creatinine", "creatinine_clearance"}:
        found.extend(_creatinine(record, at))
    found.extend(r for r in twin.remarks if r.status == "stale" and r.variable in read)
    if twin.incomplete:
        found.append(
            DataQuality(
                twin.drug, "incomplete_dose_history", "the dose history has holes or a level contradicts it: no suggestion"
            )
        )
    if twin.history.running_assumed:
        found.append(DataQuality(twin.drug, "assumed", "an infusion is only assumed to be running: no suggestion"))
    unverified = [f.model.id for f in twin.fitted if f.model.status != "verified"]
    if unverified:
        found.append(DataQuality(twin.drug, "assumed", f"{', '.join(unverified)} is not verified: no suggestion"))
    return tuple(found)


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
    day = [m.value or 0.0 for m in known if m.time >= newest.time - timedelta(hours=24)]
    moved = max((abs((newest.value or 0.0) - v) for v in day), default=0.0)
    fresh = freshness("creatinine", age, changed=creatinine_moved(record, at))
    found: list[DataQuality] = []
    if fresh == "usable":
        found.append(DataQuality("creatinine", "stale", f"creatinine is {age:.0f} h old: no suggestion", age))
    elif fresh == "beyond":
        found.append(DataQuality("creatinine", "stale", f"creatinine is {age:.0f} h old: not a forecast to dose on", age))
    if moved > UNSETTLED_CREATININE_MG_DL:
        words = f"creatinine moved {moved:.1f} mg/dL within 24 h and has not been repeated: no suggestion"
        found.append(DataQuality("creatinine", "conflicting", words, age))
    return found
