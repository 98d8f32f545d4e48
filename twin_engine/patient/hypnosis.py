"""Which readings of the bispectral index show what sedatives do, and whether muscles can answer at all.

Below 30 the index is 50 - SR/2 with more than 40 % of the electroencephalogram suppressed, and between no suppression and
40 % it does not move (Bruhn J et al. J Clin Monit Comput 2000;16:593-6, ten volunteers under propofol): such a reading tells
of burst suppression from whatever cause; 0 is a flat line or a loose sensor. Under a neuromuscular blocker the index of awake
volunteers fell to 44 (Schuller PJ et al. Br J Anaesth 2015;115 Suppl 1:i95-103), and no sedation score can be taken. How long
a blocker acts after the last dose or charting is assumed, on the long side: 2 h, 4 h for pancuronium.
"""

from datetime import datetime, timedelta
from typing import Final

from twin_engine.patient.record import Administration, Measurement, PatientRecord

SUPPRESSED_BELOW: Final = 30.0
BLOCKED_FOR: Final = {
    "rocuronium": timedelta(hours=2),
    "cisatracurium": timedelta(hours=2),
    "atracurium": timedelta(hours=2),
    "vecuronium": timedelta(hours=2),
    "pancuronium": timedelta(hours=4),
    "mivacurium": timedelta(hours=2),
    "succinylcholine": timedelta(hours=2),
}
"""Neuromuscular blockers, and how long each may act after the last dose."""
BLOCKERS: Final = frozenset(BLOCKED_FOR)
RUNS_AFTER_CHARTING: Final = timedelta(hours=4)


def suppressed(value: float) -> bool:
    """Whether a bispectral index is that of burst suppression or of no signal."""
    return value < SUPPRESSED_BELOW


def paralysed(record: PatientRecord, at: datetime) -> bool:
    """Whether a neuromuscular blocker may act at `at`."""
    given = (a for a in record.administrations if a.drug in BLOCKERS)
    return any(a.start <= at <= _until(a) + BLOCKED_FOR[a.drug] for a in given)


def _until(given: Administration) -> datetime:
    if given.end is not None:
        return given.end
    charted = given.last_charted or given.start
    return charted + RUNS_AFTER_CHARTING if given.rate is not None else charted


def shown_by_drugs(record: PatientRecord, variable: str, at: datetime) -> tuple[Measurement, ...]:
    """Values of a variable up to `at` that can be read as the effect of sedatives, oldest first; of other variables all."""
    known = tuple(m for m in record.of(variable) if m.value is not None and m.time <= at)
    if variable != "bis":
        return known
    return tuple(m for m in known if m.value is not None and not suppressed(m.value) and not paralysed(record, m.time))
