"""Blood that is charted as lost, and from which share of the volume on nothing is forecast.

How much of a loss is refilled, and when, is not known of one patient: of 460 to 480 mL given by 100 donors 259 mL were missing
after ten minutes and more than all was there again at 48 h ("Evaluation of small acute blood loss in man", abstract); after a
loss of 15 to 20 % of the volume refilling was slower than expected (Adamson J, Hillman RS. JAMA 1968;205:609-12, abstract). So
0 to all of it is refilled here, evenly over the copies: an assumption.

From a fifth of the volume on nothing is forecast: the largest loss of those volunteers, and one that is never left untreated.
"""

from datetime import datetime
from typing import Final

from twin_engine.blood.balance import usual
from twin_engine.covariates import hours
from twin_engine.patient.record import Measurement, PatientRecord

MOST_SHARE: Final = 0.2


def lost_ml(record: PatientRecord, at: datetime, since_h: float) -> float:
    """Blood lost from `since_h` (hours from `at`, < 0) to `at`, mL; of a period that began before, its part since then."""
    found = 0.0
    for one, end in _since(record, at, since_h):
        if one.value is not None:
            start = end if one.start is None else min(hours(one.start, at), end)
            found += one.value * ((end - max(start, since_h)) / (end - start) if start < end else 1.0)
    return found


def is_unknown(record: PatientRecord, at: datetime, since_h: float) -> bool:
    """Whether blood was lost since then and it is not known how much."""
    return any(one.value is None for one, _ in _since(record, at, since_h))


def _since(record: PatientRecord, at: datetime, since_h: float) -> list[tuple[Measurement, float]]:
    """What was charted from then to `at`, with its hour."""
    charted = ((one, hours(one.time, at)) for one in record.of("blood_loss"))
    return [(one, end) for one, end in charted if since_h < end <= 0.0]


def too_much(record: PatientRecord, at: datetime, lost: float) -> str | None:
    """Why nothing is forecast after a loss of `lost` mL; None = less than a fifth of the volume was lost."""
    volume = usual(record, at)
    if lost <= 0.0:
        return None
    if volume is None:
        return f"{lost:.0f} mL of blood were lost, and without a weight it is not known what share that is"
    share = lost / volume.median_ml
    return f"{lost:.0f} mL of blood were lost, {100 * share:.0f} % of the volume" if share > MOST_SHARE else None
