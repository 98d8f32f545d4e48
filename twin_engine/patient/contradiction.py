"""Two sources that cannot both be right: how far apart two values of one variable must lie, and who is believed.

`contradiction.csv` gives the difference (`by` in the variable's unit, or `share` of the larger value, whichever is more) that
two values of one minute may have. Laboratory values: the acceptable performance in proficiency testing of CLIA 1988, as the
Clinical Laboratory Navigator lists it; it has been made stricter since, and two values may each be off by it. The others are
working choices of this project, as are the two minutes in which a device and a person read the same patient, and the threefold
difference that the patient may make in them.
"""

import csv
from collections.abc import Collection, Iterator
from datetime import datetime, timedelta
from importlib.resources import files

from twin_engine.patient.record import DataQuality, Measurement, PatientRecord

SAME_WITHIN = 0.01
"""Relative difference that rounding in another unit makes (height in whole inches and whole centimetres)."""
TOGETHER = timedelta(minutes=2)
MAY_MOVE = 3.0
JUMP, JUMPS_WITHIN = 0.20, timedelta(hours=72)
"""More than a fifth of the body in three days is no fluid: our own choice, needs a second reader."""
VALIDATED = frozenset({"nurse_validated", "laboratory"})


def _read() -> dict[str, tuple[float, float]]:
    with files("twin_engine.patient").joinpath("contradiction.csv").open(encoding="utf-8") as lines:
        return {row["variable"]: (float(row["by"]), float(row["share"])) for row in csv.DictReader(lines)}


MAY_DIFFER = _read()


def contradict(one: Measurement, other: Measurement, times: float = 1.0) -> bool:
    """Whether two values of one variable cannot both be right, or one is only a bound; `times` as far apart."""
    a, b = one.value or 0.0, other.value or 0.0
    by, share = MAY_DIFFER.get(one.variable, (0.0, SAME_WITHIN))
    # Rounded: in binary 1.5 - 1.2 is more than 0.3.
    apart = round(abs(a - b), 9) > times * max(by, share * max(abs(a), abs(b)))
    return apart or (one.comparator, one.category) != (other.comparator, other.category)


def in_one_minute(variable: str) -> str:
    """What is said where two values of one minute were charted, and one of them was chosen."""
    return f"two values of {variable.replace('_', ' ')} in one minute"


def contradictions(record: PatientRecord, at: datetime, names: Collection[str] = MAY_DIFFER) -> tuple[DataQuality, ...]:
    """One remark per variable whose newest value, from a device or validated, is contradicted by the other kind minutes before,
    and on a weight that jumped.

    The later of them stays the newest: a validated value corrects a device, and a device may see what nobody has charted yet.
    """
    jumped = _jumped(record, at) if "weight" in names else None
    found = (*(_newest(record, name, at) for name in MAY_DIFFER if name in names), jumped)
    return tuple(f for f in found if f is not None)


def _jumped(record: PatientRecord, at: datetime) -> DataQuality | None:
    """A newest weight that no fluid balance explains: it was read in pounds, with the bed, or of somebody else, or the one
    before it was."""
    newest = record.latest("weight", at)
    if newest is None or newest.value is None:
        return None
    before = [m for m in record.of("weight") if m.value and m.time < newest.time and newest.time - m.time <= JUMPS_WITHIN]
    if not before or abs(newest.value - (before[-1].value or 0.0)) <= JUMP * max(newest.value, before[-1].value or 0.0):
        return None
    words = f"weight changed by more than {JUMP:.0%} within 3 days: nothing is suggested on it".replace("%", " %")
    return DataQuality("weight", "conflicting", words, (at - newest.time) / timedelta(hours=1))


def _newest(record: PatientRecord, name: str, at: datetime) -> DataQuality | None:
    newest = record.latest(name, at)
    if newest is None or not any(contradict(newest, other, MAY_MOVE) for other in _beside(record, newest)):
        return None
    words = f"{name.replace('_', ' ')} of a device and a validated one contradict each other: nothing is suggested on it"
    return DataQuality(name, "conflicting", words, (at - newest.time) / timedelta(hours=1))


def _beside(record: PatientRecord, newest: Measurement) -> Iterator[Measurement]:
    """Values of the other kind of source, of the same specimen and place, at nearly the same time."""
    for other in record.of(newest.variable):
        kinds = {newest.source in VALIDATED, other.source in VALIDATED}
        known = "unknown" not in {newest.source, other.source}
        same = (other.specimen, other.site) == (newest.specimen, newest.site)
        if known and len(kinds) == 2 and same and other.value is not None and abs(newest.time - other.time) <= TOGETHER:
            yield other
