"""How old a value may be: fresh, usable with wider intervals, or beyond use (`quality.csv`; hours)."""

import csv
from dataclasses import dataclass
from importlib.resources import files
from typing import Literal

from twin_engine.patient.record import Measurement
from twin_engine.patient.variables import VARIABLES

Freshness = Literal["fresh", "usable", "beyond"]

MOVED_CREATININE_MG_DL = 0.3
MOVED_CREATININE_FRESH_H = 12.0


@dataclass(frozen=True, slots=True)
class Age:
    """Hours up to which a variable is fresh and usable, and what happens beyond, in words."""

    fresh_h: float
    usable_h: float
    beyond: str


def _read() -> dict[str, Age]:
    with files(__package__).joinpath("quality.csv").open(encoding="utf-8") as rows:
        return {
            r["variable"]: Age(float(r["fresh_h"]), float(r["usable_h"]), r["beyond"]) for r in csv.DictReader(rows)
        }


AGES: dict[str, Age] = _read()


def freshness(variable: str, age_h: float) -> Freshness:
    """Freshness of a value of this age; variables without a rule do not age."""
    rule = AGES.get(variable)
    if rule is None or age_h <= rule.fresh_h:
        return "fresh"
    return "usable" if age_h <= rule.usable_h else "beyond"


def creatinine_freshness(age_h: float, last_change_mg_dl: float) -> Freshness:
    """As `freshness`, but a creatinine that moved by 0.3 mg/dL or more is fresh for 12 h only."""
    found = freshness("creatinine", age_h)
    moved = abs(last_change_mg_dl) >= MOVED_CREATININE_MG_DL
    return "usable" if found == "fresh" and moved and age_h > MOVED_CREATININE_FRESH_H else found


def weight_sd(age_h: float) -> float:
    """Relative SD of a weight of this age: none while fresh, then 5 % and 1 % a day more, at most 20 %."""
    if freshness("weight", age_h) == "fresh":
        return 0.0
    return min(0.05 + 0.01 * age_h / 24.0, 0.20)


def plausible(variable: str, value: float) -> bool:
    """Whether the value can be true of a living patient and a working instrument."""
    rule = VARIABLES[variable]
    return rule.plausible_low <= value <= rule.plausible_high


def preferred(one: Measurement, other: Measurement) -> Measurement:
    """Of two values of one variable in the same minute: validated and laboratory before device before unknown."""
    order = {"nurse_validated": 0, "laboratory": 0, "device": 1, "unknown": 2}
    return one if order[one.source] <= order[other.source] else other
