"""What an order or an administration of a fluid puts into the blood: kind, and doses in mL.

The kinetics of crystalloids are those of isotonic ones: lactated Ringer's (130 mmol/L of sodium) to saline (154). The water
of glucose enters the cells as the glucose is used and leaves the blood sooner (Sjostrand F et al. Br J Anaesth 2001;87:834-43;
Lobo DN et al. Clin Sci 2001;101:173-9); hypertonic saline draws water out of them (Drobin D, Hahn RG. Anesthesiology
2002;96:1371-80).
A unit of red cells has 287 mL (red cells, leukocytes reduced, of Canadian Blood Services: circular of information).
"""

import math
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from twin_engine.covariates import hours
from twin_engine.kernel.schedule import Dose
from twin_engine.outcome import CannotPredict
from twin_engine.patient.record import Administration, Order, PatientRecord

RED_CELLS: Final = "red_cells"
KINDS: Final = ("crystalloid", "colloid", RED_CELLS)
UNIT_ML: Final = 287.0
UNIT_H: Final = 2.0
"""Over which a unit of red cells is taken to go in where no time is stated: an assumption, said on the card."""
_UNITS: Final = frozenset({"{unit}", "{units}", "{Unit}"})
ISOTONIC: Final = (130.0, 154.0)
"""mmol/L of sodium."""
NOT_ISOTONIC: Final = "what is not isotonic does not stay in the blood as Ringer's or saline do: its effect is not forecast"
_GLUCOSE: Final = ("glucose", "dextrose", "d5w")
RUNNING_AFTER_CHARTING_H: Final = 4.0
SAID_H: Final = 24.0
"""An end assumed longer ago no longer matters to the blood."""


@dataclass(frozen=True, slots=True)
class Intake:
    """One fluid: its name and kind, its doses in mL (hours from `at`), and what was assumed of its times, in words."""

    name: str
    kind: str
    doses: tuple[Dose, ...]
    assumed: str = ""


def is_fluid(one: Order | Administration) -> bool:
    """Whether it changes the volume of blood as modelled here."""
    return one.composition is not None and one.composition.kind in KINDS


def isotonic(one: Order | Administration) -> bool:
    """Whether a fluid is one whose kinetics are known: of crystalloids those with the sodium of plasma. Without a stated sodium
    one is taken for such, unless it is glucose."""
    contents = one.composition
    if contents is None or contents.kind != "crystalloid":
        return True
    if contents.sodium_mmol_per_l is not None:
        return ISOTONIC[0] <= contents.sodium_mmol_per_l <= ISOTONIC[1]
    return not contents.carbohydrate_g_per_l and not any(word in (one.drug or "").lower() for word in _GLUCOSE)


def ordered(order: Order, at: datetime, until_h: float) -> Intake | None:
    """What an order of a fluid gives up to `until_h`; None = its volume or its time cannot be read, or it repeats."""
    kind = "" if order.composition is None else order.composition.kind or ""
    name, start = order.drug or kind, 0.0 if order.start is None else max(hours(order.start, at), 0.0)
    if order.stop:
        return Intake(name, kind, ())
    if order.rate is not None and order.unit == "mL/h":
        end = until_h if order.until is None else min(hours(order.until, at), until_h)
        length = max(end - start, 0.0)
        return Intake(name, kind, (Dose(start, length, order.rate * length),))
    volume = _volume_ml(kind, order.amount, order.unit)
    if volume is None or order.interval_h is not None or order.as_needed:
        return None
    if order.infusion_h is not None:
        return Intake(name, kind, (Dose(start, order.infusion_h, volume),))
    if kind != RED_CELLS:
        return None
    words = f"infusion time of red cells not stated: {UNIT_H:g} h a unit assumed"
    return Intake(name, kind, (Dose(start, UNIT_H * volume / UNIT_ML, volume),), words)


def given(record: PatientRecord, at: datetime, sampled_h: float = 0.0) -> tuple[Intake, ...] | CannotPredict:
    """What was given up to `at`, one entry for each administration; those that run stop there (see `running`). What
    went in a day before the sample at `sampled_h` (hours from `at`, <= 0) is in the sample, and what stays of it changes no
    more: a crystalloid is left out then, of which 1 % is in the blood, and no volume is missed. Of what is not isotonic
    it is not known how much there is."""
    found: list[Intake] = []
    for one in (a for a in record.administrations if is_fluid(a)):
        kind = "" if one.composition is None else one.composition.kind or ""
        start, pace, volume = hours(one.start, at), _pace(one), _volume_ml(kind, one.amount, one.unit)
        end, words = _end_h(one, at)
        if end < sampled_h - SAID_H and (kind == "crystalloid" or (pace is None and volume is None)):
            continue
        if not isotonic(one):
            return CannotPredict("hemoglobin", f"{one.drug}, which was given: {NOT_ISOTONIC}")
        if pace is not None:
            length = max(min(end, 0.0) - start, 0.0)
            found.append(Intake(one.drug, kind, (Dose(start, length, pace * length),), words))
            continue
        if volume is None:
            return CannotPredict("hemoglobin", f"the volume of {one.drug} that was given cannot be read")
        found.append(Intake(one.drug, kind, (Dose(start, 0.0, volume),)))
    return tuple(found)


def running(record: PatientRecord, at: datetime, until_h: float, orders: tuple[Order, ...]) -> tuple[Intake, ...]:
    """What goes on from `at` until its end, or until an order of the same fluid stops it or replaces its rate."""
    found: list[Intake] = []
    for one in (a for a in record.administrations if is_fluid(a)):
        kind, pace = "" if one.composition is None else one.composition.kind or "", _pace(one)
        if pace is None:
            continue
        own = (o for o in orders if o.drug == one.drug and (o.stop or (o.rate is not None and one.rate is not None)))
        ended = [0.0 if o.start is None else max(hours(o.start, at), 0.0) for o in own]
        begin, end = max(hours(one.start, at), 0.0), min([until_h, _end_h(one, at)[0], *ended])
        if end > begin:
            found.append(Intake(one.drug, kind, (Dose(begin, end - begin, pace * (end - begin)),)))
    return tuple(found)


def _pace(one: Administration) -> float | None:
    """mL/h while it goes in; None = given at once, or not to be read."""
    if one.rate is not None and one.unit == "mL/h":
        return one.rate
    kind = "" if one.composition is None else one.composition.kind or ""
    volume = _volume_ml(kind, one.amount, one.unit)
    if volume is None or one.end is None or one.end <= one.start:
        return None
    return volume * 3600.0 / (one.end - one.start).total_seconds()


def _end_h(one: Administration, at: datetime) -> tuple[float, str]:
    """Hours from `at` to its end, without bound where it runs, and what was assumed: without an end it runs as long as it was
    charted in the last 4 h, else it ran for 4 h after that."""
    if one.end is not None:
        return hours(one.end, at), ""
    last = hours(one.last_charted or one.start, at)
    if last >= -RUNNING_AFTER_CHARTING_H:
        return math.inf, ""
    words = f"{one.drug} without a charted end, last charted {-last:.0f} h ago: ended {RUNNING_AFTER_CHARTING_H:g} h after that"
    return last + RUNNING_AFTER_CHARTING_H, words if last > -SAID_H else ""


def _volume_ml(kind: str, amount: float | None, unit: str | None) -> float | None:
    if amount is None:
        return None
    if unit == "mL":
        return amount
    return amount * UNIT_ML if kind == RED_CELLS and unit in _UNITS else None
