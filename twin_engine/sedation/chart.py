"""What the chart says beside doses: readings of the index, the sedation score, and what makes either of them doubtful.

Words of the index after the manufacturer's ranges (100 awake, 80 may answer a loud command, 60 general anaesthesia, 40 deep,
20 burst suppression, 0 flat: table 1 of Syst Rev 2017;6:192, doi:10.1186/s13643-017-0584-6). A score of -4 or -5 is a patient
whom no voice rouses, 0 or more one who is awake (the scale: Sessler CN et al. Am J Respir Crit Care Med 2002;166:1338-44). No
published model that relates this score to concentrations was found with numbers to verify: it is shown beside the forecast, and
a contradiction is said.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

import numpy as np

from twin_engine.covariates import hours
from twin_engine.kernel.declare import Array
from twin_engine.outcome import CannotPredict
from twin_engine.patient.hypnosis import paralysed, suppressed
from twin_engine.patient.record import DataQuality, Measurement, PatientRecord
from twin_engine.sedation.bodies import VARIABLE

INDEX_HOLDS_H: Final = 1.0
SCORE_HOLDS_H: Final = 4.0
GIVEN_LATELY_H: Final = 6.0
ROUSABLE, ANAESTHETISED = 80.0, 60.0
UNROUSABLE, AWAKE = -4.0, 0.0
SURE: Final = 0.9
HYPNOTICS: Final = ("midazolam", "dexmedetomidine", "ketamine")
OTHER_OPIOIDS: Final = ("fentanyl", "sufentanil", "morphine", "hydromorphone")


def unreadable(record: PatientRecord, at: datetime) -> CannotPredict | None:
    """Why the index cannot be forecast from the chart; None = it can."""
    newest = newest_within(record, VARIABLE, at, INDEX_HOLDS_H)
    if newest is None or newest.value is None or not suppressed(newest.value):
        return None
    what = "a flat line or a loose sensor" if newest.value <= 0.0 else "burst suppression"
    return CannotPredict(VARIABLE, f"the newest BIS is {newest.value:.0f}, {what}: it no longer follows the drug")


def score(record: PatientRecord, at: datetime) -> Measurement | None:
    """The sedation score that still holds, unless muscles cannot answer."""
    found = newest_within(record, "rass", at, SCORE_HOLDS_H)
    return None if found is None or paralysed(record, found.time) else found


def lately(record: PatientRecord, drug: str, at: datetime) -> bool:
    """Whether a drug runs or was given in the last hours."""
    given = (a for a in record.given(drug) if a.start <= at)
    return any(hours(a.last(at), at) > -GIVEN_LATELY_H for a in given)


def newest_within(record: PatientRecord, variable: str, at: datetime, hours_h: float) -> Measurement | None:
    """The newest value of a variable, if it is not older."""
    latest = record.latest(variable, at)
    return latest if latest is not None and -hours(latest.time, at) <= hours_h else None


def remarks(record: PatientRecord, at: datetime, now: Array) -> Iterator[DataQuality]:
    """What is doubtful; `now` = the index of every copy now, (copies,)."""
    if paralysed(record, at):
        words = "a neuromuscular blocker acts: BIS reads lower without muscles, and RASS cannot be scored"
        yield DataQuality(VARIABLE, "assumed", words)
    hypnotics = [drug for drug in HYPNOTICS if lately(record, drug, at)]
    if hypnotics:
        words = f"{' and '.join(hypnotics)} given, too: the forecast of BIS does not hold it, true values are lower"
        yield DataQuality(VARIABLE, "missing", words)
    opioids = [drug for drug in OTHER_OPIOIDS if lately(record, drug, at)]
    if opioids:
        words = f"{' and '.join(opioids)}: only the effect on the clearance of propofol is in the forecast of BIS"
        yield DataQuality(VARIABLE, "missing", words)
    found = score(record, at)
    if found is not None and found.value is not None:
        yield from _contradiction(found.value, now, -hours(found.time, at))


def _contradiction(value: float, now: Array, age_h: float) -> Iterator[DataQuality]:
    light, deep = float((now > ROUSABLE).mean()), float((now < ANAESTHETISED).mean())
    middle = float(np.median(now))
    if value <= UNROUSABLE and light >= SURE:
        words = f"RASS {value:+.0f} is charted, but these doses explain light sedation only (BIS about {middle:.0f} now)"
        yield DataQuality("rass", "conflicting", f"{words}: something else acts, or doses are missing", age_h)
    if value >= AWAKE and deep >= SURE:
        words = f"RASS {value:+.0f} is charted, but these doses explain deep sedation (BIS about {middle:.0f} now)"
        yield DataQuality("rass", "conflicting", f"{words}: check line and doses", age_h)
