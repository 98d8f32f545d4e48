"""How old a value may be, and whether it can be true: `quality.csv` gives the hours up to which a variable is fresh and
usable (empty = any age) and what happens beyond. A row `name:changed` holds once what the value rests on has changed.

The ages are working choices of this project, to be overridden by sites; none of them comes from a trial.
"""

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib.resources import files
from math import inf
from typing import Literal

from twin_engine.patient.record import PatientRecord
from twin_engine.patient.variables import VARIABLES

Freshness = Literal["fresh", "usable", "beyond"]

CREATININE_MOVED_MG_DL = 0.3
"""KDIGO Clinical Practice Guideline for Acute Kidney Injury. Kidney Int Suppl 2012;2:1-138: a rise that defines AKI."""
LOOKED_BACK = timedelta(hours=24)
"""As far as a creatinine is compared with those before the last: within a day most of what moved has settled."""


@dataclass(frozen=True, slots=True)
class Rule:
    """Hours up to which a variable is fresh and usable; `beyond` names what happens after (see `quality.csv`, whose notes are
    for the reader)."""

    fresh_h: float
    usable_h: float
    beyond: str


def _read() -> dict[str, Rule]:
    with files("twin_engine.patient").joinpath("quality.csv").open(encoding="utf-8") as lines:
        return {
            row["variable"]: Rule(float(row["fresh_h"] or inf), float(row["usable_h"] or inf), row["beyond"])
            for row in csv.DictReader(lines)
        }


RULES: dict[str, Rule] = _read()


def rule(variable: str, *, changed: bool = False) -> Rule | None:
    """The rule of a variable; `changed` = what the value rests on changed since (see the `name:changed` rows)."""
    return (RULES.get(f"{variable}:changed") if changed else None) or RULES.get(variable)


def freshness(variable: str, age_h: float, *, changed: bool = False) -> Freshness:
    """Freshness of a value `age_h` hours old; variables without a rule do not age."""
    found = rule(variable, changed=changed)
    if found is None or age_h <= found.fresh_h:
        return "fresh"
    return "usable" if age_h <= found.usable_h else "beyond"


def creatinine_moved(record: PatientRecord, at: datetime) -> bool:
    """Whether the newest creatinine up to `at` differs by what defines acute kidney injury from the one before it or from any
    in the day before it: small steps of a series drawn often add up."""
    return any(_moved(change) for change in _creatinine_changes(record, at))


def creatinine_rose(record: PatientRecord, at: datetime) -> bool:
    """The same, and upwards."""
    return any(change > 0.0 and _moved(change) for change in _creatinine_changes(record, at))


def _creatinine_changes(record: PatientRecord, at: datetime) -> list[float]:
    known = [(m.time, m.value) for m in record.of("creatinine") if m.value is not None and m.time <= at]
    if len(known) < 2:
        return []
    *before, (time, newest) = known
    compared = [value for then, value in before[:-1] if time - then <= LOOKED_BACK]
    return [newest - value for value in (*compared, before[-1][1])]


def _moved(difference_mg_dl: float) -> bool:
    # Rounded: in binary 1.2 - 0.9 falls short of 0.3.
    return round(abs(difference_mg_dl), 6) >= CREATININE_MOVED_MG_DL


def weight_sd(age_h: float) -> float:
    """Relative SD of a weight of this age: none while fresh, then 5 % and 1 % more a day, at most 20 %."""
    if freshness("weight", age_h) == "fresh":
        return 0.0
    return min(0.05 + 0.01 * age_h / 24.0, 0.20)


def plausible(variable: str, value: float) -> bool:
    """Whether the value (canonical unit) can be true of a living adult and a working instrument."""
    bounds = VARIABLES[variable]
    return bounds.plausible_low <= value <= bounds.plausible_high


def states(record: PatientRecord, variables: Iterable[str], at: datetime) -> dict[str, Freshness | None]:
    """`charted_freshness` of each variable."""
    return {name: charted_freshness(record, name, at) for name in variables}


def charted_freshness(record: PatientRecord, variable: str, at: datetime) -> Freshness | None:
    """Freshness of the newest value or setting of a variable; None = none is charted up to `at`."""
    newest = record.latest(variable, at)
    times = [s.time for s in record.settings if s.variable == variable and s.time is not None and s.time <= at]
    times += [] if newest is None else [newest.time]
    if not times:
        return None
    changed = variable == "creatinine" and creatinine_moved(record, at)
    return freshness(variable, (at - max(times)).total_seconds() / 3600.0, changed=changed)
