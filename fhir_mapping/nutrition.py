"""NutritionOrders into the carbohydrate a patient is to receive per day; a diet without amounts says nothing."""

from fhir_mapping.fields import Resource, codings, moment, name_of, obj, objs, quantity, text
from fhir_mapping.issues import MappingIssue
from fhir_mapping.timing import read_timing
from twin_engine.patient.record import Order
from twin_engine.patient.units import UnitError, convert

CARBOHYDRATE = frozenset({"2331003"})
"""SNOMED CT: carbohydrate, as in HL7's NutritionOrder examples."""


def read_nutrition(resource: Resource, *, label: str) -> Order | MappingIssue | None:
    """An order with `carbohydrate_g_per_day`, an issue where feeding is ordered without it, None for no order in force."""
    if text(resource.get("status")) not in {"active", "draft", "on-hold"}:
        return None
    start = moment(resource.get("dateTime"))
    reference = name_of(resource)
    grams = _diet(resource)
    if grams is None:
        return MappingIssue(reference, "no_amount", "nutrition without an amount of carbohydrate")
    return Order(label, carbohydrate_g_per_day=grams, start=start, id=reference)


def _diet(resource: Resource) -> float | None:
    """Grams per day from the nutrients of an oral diet; the schedule must be daily or absent."""
    diet = obj(resource.get("oralDiet"))
    schedules = [read_timing(s) for s in objs(diet.get("schedule"))]
    if any(s.interval_h not in {None, 24.0} for s in schedules):
        return None
    for nutrient in objs(diet.get("nutrient")):
        if any(code in CARBOHYDRATE for _, code in codings(nutrient.get("modifier"))):
            read = quantity(nutrient.get("amount"))
            if read is None:
                return None
            try:
                return convert(read[0], read[1], "g")
            except UnitError:
                return None
    return None
