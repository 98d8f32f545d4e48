"""Amounts and rates in a drug's own unit: from masses, units of effect, volumes of known strength, or per body weight."""

import math
from dataclasses import dataclass

from fhir_mapping.fields import Resource, obj, objs, quantity, text
from twin_engine.patient.units import UnitError, convert, is_known, is_per_weight, is_volume
from twin_engine.patient.variables import DRUGS

Read = tuple[float, str]


@dataclass(frozen=True, slots=True)
class Medication:
    """A drug of ours, and its strength (amount per mL, in the drug's unit) where a mixture says it."""

    drug: str
    per_ml: float | None = None


def amount_of(read: Read | None, medication: Medication) -> Read | None:
    """(amount, unit): the drug's unit, or the unit as written when it is per body weight; None when it cannot be known."""
    return _canonical(read, medication, DRUGS[medication.drug].amount_unit, "mL")


def rate_of(read: Read | None, medication: Medication) -> Read | None:
    """(rate, unit): the drug's unit per hour, or the unit as written when it is per body weight."""
    return _canonical(read, medication, DRUGS[medication.drug].rate_unit, "mL/h")


def _canonical(read: Read | None, medication: Medication, target: str, volume: str) -> Read | None:
    if read is None or read[0] < 0 or not is_known(read[1]):
        return None
    value, unit = read
    try:
        if is_per_weight(unit):
            # Read as any weight would have it: a dose per kg per h is no dose, whoever gets it.
            convert(1.0, unit, target, substance=medication.drug, weight_kg=1.0)
            return value, unit
        if is_volume(unit):
            if medication.per_ml is None:
                return None
            found = convert(value, unit, volume) * medication.per_ml
        else:
            found = convert(value, unit, target, substance=medication.drug)
    except UnitError:
        return None
    return (found, target) if math.isfinite(found) else None


def rate_quantity(holder: Resource) -> Read | None:
    """`rateQuantity`, or `rateRatio` as value and unit."""
    read = quantity(holder.get("rateQuantity"))
    if read is not None:
        return read
    top = quantity(obj(holder.get("rateRatio")).get("numerator"))
    bottom = quantity(obj(holder.get("rateRatio")).get("denominator"))
    if top is None or bottom is None or bottom[0] <= 0:
        return None
    return top[0] / bottom[0], f"{top[1]}/{bottom[1]}"


def strength(ratio: object, drug: str) -> float | None:
    """Amount per mL of a strength ratio, in the drug's unit."""
    top, bottom = quantity(obj(ratio).get("numerator")), quantity(obj(ratio).get("denominator"))
    if top is None or bottom is None or bottom[0] <= 0:
        return None
    try:
        found = convert(top[0], top[1], DRUGS[drug].amount_unit, substance=drug) / convert(bottom[0], bottom[1], "mL")
    except (UnitError, ZeroDivisionError):
        return None
    return found if math.isfinite(found) and found > 0 else None


def hours_of(read: Read | None) -> float | None:
    """A duration quantity in hours."""
    if read is None or read[0] < 0:
        return None
    try:
        return convert(read[0], read[1], "h")
    except UnitError:
        return None


def stated_hours(*holders: Resource) -> float | None:
    """The infusion time of an extension that systems put it in (such as Oracle Health's infuse-over-time)."""
    for holder in holders:
        for extension in objs(holder.get("extension")):
            if is_infusion_time(extension):
                hours = hours_of(quantity(extension.get("valueDuration")) or quantity(extension.get("valueQuantity")))
                if hours is not None:
                    return hours
    return None


def is_infusion_time(extension: Resource) -> bool:
    """Whether an extension states the infusion time."""
    return "infuse" in (text(extension.get("url")) or "").lower()
