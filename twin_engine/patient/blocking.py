"""What is missing or too old and blocks something that matters for this patient now.

A datum is asked for only where a running treatment rests on it: the pressure on a vasoactive infusion, glucose and potassium on
insulin, and what the models of a drug given in the last day need. Nothing else that is missing is worth anybody's time.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from twin_engine.patient.quality import charted_freshness
from twin_engine.patient.record import Administration, PatientRecord

GIVEN_LATELY = timedelta(hours=24)
RUNS_AFTER_CHARTING = timedelta(hours=4)
VASOACTIVE = frozenset(
    {"norepinephrine", "epinephrine", "vasopressin", "phenylephrine", "dopamine", "dobutamine", "milrinone", "nitroprusside"}
)
BODY = frozenset({"weight", "height"})
TOO_OLD = frozenset({"creatinine", "potassium", "glucose", "map"})
"""Variables that block when they are too old, and not only when they were never charted."""


@dataclass(frozen=True, slots=True)
class Blocked:
    """A variable that is absent (`age_h` None) or too old, and what rests on it."""

    variable: str
    age_h: float | None
    blocks: str


def blocking(record: PatientRecord, at: datetime, needs: Callable[[str], frozenset[str]]) -> tuple[Blocked, ...]:
    """Every missing datum that blocks something, each once with all that it blocks. `needs`: what models of a drug read."""
    found: dict[str, list[str]] = {}
    for variable, what in _wanted(record, at, needs):
        if _lost(record, variable, at):
            found.setdefault(variable, []).append(what)
    return tuple(Blocked(v, _age_h(record, v, at), " and ".join(dict.fromkeys(what))) for v, what in found.items())


def _wanted(record: PatientRecord, at: datetime, needs: Callable[[str], frozenset[str]]) -> Iterator[tuple[str, str]]:
    running = dict.fromkeys(a.drug for a in record.administrations if _runs(a, at))
    if running.keys() & VASOACTIVE:
        yield "map", "the effect of the vasoactive infusion"
    if "insulin" in running:
        yield "glucose", "the effect of insulin"
        yield "potassium", "the safety of insulin"
    lately = [a.drug for a in record.administrations if timedelta(0) <= at - a.start <= GIVEN_LATELY and a.drug != "insulin"]
    for drug in dict.fromkeys(lately):
        for variable in sorted(needs(drug) & (BODY | {"creatinine"})):
            yield variable, f"the forecast of {drug.replace('_', ' ')}"


def _runs(given: Administration, at: datetime) -> bool:
    if given.start > at or (given.rate is not None and given.rate <= 0.0):
        return False
    if given.rate is None:
        # Charted as the amount of a period: a push has none.
        return given.end is not None and given.end > max(given.start, at)
    return given.end > at if given.end is not None else at - (given.last_charted or given.start) <= RUNS_AFTER_CHARTING


def _lost(record: PatientRecord, variable: str, at: datetime) -> bool:
    state = charted_freshness(record, variable, at)
    return state is None or (variable in TOO_OLD and state == "beyond")


def _age_h(record: PatientRecord, variable: str, at: datetime) -> float | None:
    last = record.latest(variable, at)
    return None if last is None else (at - last.time) / timedelta(hours=1)
