"""Amounts and rates in a drug's own unit: from masses, units of effect, volumes of known strength, or per body weight."""

import math
from dataclasses import dataclass

from fhir_mapping.combinations import AMBIGUOUS, COMBINED, WITH_A_PARTNER, piperacillin
from fhir_mapping.fields import Resource, obj, objs, quantity, text
from fhir_mapping.prodrugs import in_equivalents
from fhir_mapping.routes import Route
from twin_engine.patient.prodrugs import NOT_EQUIVALENTS
from twin_engine.patient.record import Composition
from twin_engine.patient.substances import GRAMS, SALT_UNCLEAR
from twin_engine.patient.units import UnitError, convert, is_known, is_per_weight, is_volume, unit_code
from twin_engine.patient.variables import DRUGS

Read = tuple[float, str]


@dataclass(frozen=True, slots=True)
class Medication:
    """A drug of ours, its strength (amount per mL, in the drug's unit) where a mixture says it, the way into the body that
    the product leaves, whether the code names that drug itself and not a combination (see `combinations`), and whether it
    is given as a prodrug (see `prodrugs`). `in_mg`: the strength counts milligrams. `composition` of a fluid, which counts in
    mL (see `fluids`). `partnered`: the product holds an inhibitor, too (other than piperacillin's, see `combinations`)."""

    drug: str
    per_ml: float | None = None
    way: Route | None = None
    alone: bool = False
    prodrug: bool = False
    in_mg: bool = False
    composition: Composition | None = None
    partnered: bool = False

    @property
    def amount_unit(self) -> str:
        """What its amounts count."""
        return DRUGS[self.drug].amount_unit if self.composition is None else "mL"

    @property
    def rate_unit(self) -> str:
        """What its rates count."""
        return DRUGS[self.drug].rate_unit if self.composition is None else "mL/h"


@dataclass(frozen=True, slots=True)
class Dosed:
    """Amount and rate in the drug's unit (per hour), or as written when per body weight; None = cannot be known.

    `written_per_amount`: what was written per amount of ours (1, but for a combination); `doubt`: what was taken for granted.
    """

    amount: Read | None
    rate: Read | None
    written_per_amount: float = 1.0
    doubt: str | None = None

    @property
    def amount_mg(self) -> float | None:
        """The amount where it is a mass in mg."""
        return self.amount[0] if self.amount is not None and self.amount[1] == "mg" else None


def dosed(dose: Read | None, rate: Read | None, medication: Medication) -> Dosed:
    """Dose and rate of one instruction or administration. The rate of a combination means what its dose means."""
    if medication.prodrug:
        dose, rate = in_equivalents(dose), in_equivalents(rate)
    amount = _canonical(dose, medication, medication.amount_unit, "mL")
    speed = _canonical(rate, medication, medication.rate_unit, "mL/h")
    if medication.partnered:
        amount = amount if _counts_one_part(dose, medication) or _is_none(dose) else None
        speed = speed if _counts_one_part(rate, medication) or _is_none(rate) else None
    if medication.drug != COMBINED:
        return Dosed(amount, speed, doubt=_salt(medication, dose, rate))
    if amount is None or is_per_weight(amount[1]) or _counts_one_part(dose, medication):
        sure = medication.alone or _counts_one_part(rate, medication)
        plain = medication.alone or _counts_one_part(dose, medication)
        return Dosed(amount if plain else None, speed if sure else None)
    part = piperacillin(amount[0], alone=medication.alone)
    if speed is not None and not _counts_one_part(rate, medication):
        speed = None if part is None or is_per_weight(speed[1]) else (speed[0] / part[1], speed[1])
    return Dosed(None, speed) if part is None else Dosed((part[0], amount[1]), speed, part[1])


def milligrams(read: Read | None) -> bool:
    """Whether a quantity counts milligrams."""
    return read is not None and is_known(read[1]) and GRAMS.search(unit_code(read[1])) is not None


def _salt(medication: Medication, dose: Read | None, rate: Read | None) -> str | None:
    """That base and salt cannot be told apart, where the drug is ordered by a weight that may be either's."""
    volumes = any(read is not None and is_known(read[1]) and is_volume(read[1]) for read in (dose, rate))
    weighed = milligrams(dose) or milligrams(rate) or (volumes and medication.in_mg)
    return SALT_UNCLEAR.get(medication.drug) if weighed else None


def why_unknown(medication: Medication, dose: Read | None, otherwise: str) -> str:
    """In words why the amount of a dose that states one cannot be known."""
    if dose is None:
        return otherwise
    if medication.partnered:
        return WITH_A_PARTNER
    return NOT_EQUIVALENTS if medication.prodrug else AMBIGUOUS if medication.drug == COMBINED else otherwise


def _is_none(read: Read | None) -> bool:
    return read is not None and read[0] == 0


def _counts_one_part(read: Read | None, medication: Medication) -> bool:
    """Whether it is a volume of a mixture whose ingredients state their strengths each."""
    return read is not None and medication.per_ml is not None and is_known(read[1]) and is_volume(read[1])


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
            poured = convert(value, unit, volume)
            if medication.per_ml is None and poured != 0:
                return None
            # None of it is none of the drug, whatever the strength.
            found = poured * (medication.per_ml or 0.0)
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
