"""How old a value may be, and whether it can be true: `quality.csv` gives the hours up to which a variable is fresh and
usable (empty = any age) and what happens beyond. A row `name:changed` holds once what the value rests on has changed.

The ages are working choices of this project, to be overridden by sites; none of them comes from a trial.
"""

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import files
from math import inf
from typing import Literal

from twin_engine.patient.record import DataQuality, PatientRecord
from twin_engine.patient.variables import VARIABLES

Freshness = Literal["fresh", "usable", "beyond"]

CREATININE_MOVED_MG_DL = 0.3
"""KDIGO Clinical Practice Guideline for Acute Kidney Injury. Kidney Int Suppl 2012;2:1-138: a rise that defines AKI."""

_IN_WORDS = {
    "no_forecast": "too old: no forecast rests on it",
    "refuse": "too old to be used",
    "prior": "too old: the population estimate is used and nothing is suggested",
    "weak_prior": "old: it counts little, intervals are wider and nothing is suggested",
    "widened": "old: intervals are wider",
}


@dataclass(frozen=True, slots=True)
class Rule:
    """Hours up to which a variable is fresh and usable; `beyond` names what happens after (see `quality.csv`)."""

    fresh_h: float
    usable_h: float
    beyond: str
    note: str


def _read() -> dict[str, Rule]:
    with files("twin_engine.patient").joinpath("quality.csv").open(encoding="utf-8") as lines:
        return {
            row["variable"]: Rule(float(row["fresh_h"] or inf), float(row["usable_h"] or inf), row["beyond"], row["note"])
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
    """Whether the last two creatinines up to `at` differ by what defines acute kidney injury."""
    values = [m.value for m in record.of("creatinine") if m.value is not None and m.time <= at][-2:]
    return len(values) == 2 and _moved(values[1] - values[0])


def creatinine_freshness(age_h: float, moved_mg_dl: float) -> Freshness:
    """Freshness of the newest creatinine, which lately moved by this much."""
    return freshness("creatinine", age_h, changed=_moved(moved_mg_dl))


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


def charted_quality(record: PatientRecord, variables: Iterable[str], at: datetime) -> tuple[DataQuality, ...]:
    """One remark per variable that is missing or no longer fresh at `at`, in the order asked."""
    return tuple(found for name in variables if (found := _quality(record, name, at)) is not None)


def _quality(record: PatientRecord, name: str, at: datetime) -> DataQuality | None:
    charted = [m.time for m in (*record.of(name), *(s for s in record.settings if s.variable == name)) if m.time]
    known = [time for time in charted if time <= at]
    if not known:
        return DataQuality(name, "missing", "not charted")
    age_h = (at - max(known)).total_seconds() / 3600.0
    changed = name == "creatinine" and creatinine_moved(record, at)
    found, state = rule(name, changed=changed), freshness(name, age_h, changed=changed)
    if found is None or state == "fresh":
        return None
    words = _IN_WORDS["widened"] if state == "usable" else _IN_WORDS[found.beyond]
    return DataQuality(name, "stale", f"{words} ({found.note})" if found.note else words, age_h)
