"""What an order or an administration of a fluid puts into the blood: kind, and doses in mL.

A unit of red cells has 287 mL (red cells, leukocytes reduced, of Canadian Blood Services: circular of information).
"""

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
RUNNING_AFTER_CHARTING_H: Final = 4.0


@dataclass(frozen=True, slots=True)
class Intake:
    """One fluid: its name and kind, its doses in mL (hours from `at`), and whether a time was assumed."""

    name: str
    kind: str
    doses: tuple[Dose, ...]
    assumed: bool = False


def is_fluid(one: Order | Administration) -> bool:
    """Whether it changes the volume of blood as modelled here."""
    return one.composition is not None and one.composition.kind in KINDS


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
    return Intake(name, kind, (Dose(start, UNIT_H * volume / UNIT_ML, volume),), assumed=True) if kind == RED_CELLS else None


def given(record: PatientRecord, at: datetime) -> tuple[Intake, ...] | CannotPredict:
    """What was given up to `at`, one entry for each administration; those that run stop there (see `running`)."""
    found: list[Intake] = []
    for one in (a for a in record.administrations if is_fluid(a)):
        kind = "" if one.composition is None else one.composition.kind or ""
        start, end = hours(one.start, at), 0.0 if one.end is None else min(hours(one.end, at), 0.0)
        if one.rate is not None and one.unit == "mL/h":
            found.append(Intake(one.drug, kind, (Dose(start, max(end - start, 0.0), one.rate * max(end - start, 0.0)),)))
            continue
        volume = _volume_ml(kind, one.amount, one.unit)
        if volume is None:
            return CannotPredict("hemoglobin", f"the volume of {one.drug} that was given cannot be read")
        length = 0.0 if one.end is None else max(hours(one.end, at) - start, 0.0)
        found.append(Intake(one.drug, kind, (Dose(start, length, volume),)))
    return tuple(found)


def running(record: PatientRecord, at: datetime, until_h: float, orders: tuple[Order, ...]) -> tuple[Intake, ...]:
    """What goes on from `at`: infusions without an end, charted within 4 h, until an order of the same fluid replaces them."""
    found: list[Intake] = []
    for one in (a for a in record.administrations if is_fluid(a) and a.rate and a.unit == "mL/h" and a.end is None):
        replaced = [
            0.0 if o.start is None else max(hours(o.start, at), 0.0)
            for o in orders
            if o.drug == one.drug and (o.stop or o.rate is not None)
        ]
        until = min([until_h, *replaced])
        if hours(one.last_charted or one.start, at) >= -RUNNING_AFTER_CHARTING_H and until > 0.0:
            kind = "" if one.composition is None else one.composition.kind or ""
            found.append(Intake(one.drug, kind, (Dose(0.0, until, (one.rate or 0.0) * until),)))
    return tuple(found)


def _volume_ml(kind: str, amount: float | None, unit: str | None) -> float | None:
    if amount is None:
        return None
    if unit == "mL":
        return amount
    return amount * UNIT_ML if kind == RED_CELLS and unit in _UNITS else None
