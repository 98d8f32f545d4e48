"""A MedicationRequest into plain orders: dose, rate, range, as needed; in every shape that systems send.

Of several doseAndRate the one typed "ordered" counts, else the only one; a dose that can be read in two ways is not read.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from fhir_mapping.codes import SiteCodes
from fhir_mapping.fields import Resource, codings, moment, name_of, obj, objs, quantity, text
from fhir_mapping.issues import IssueCode, MappingIssue
from fhir_mapping.medications import Medication, identify, route
from fhir_mapping.timing import Timing, hours_of, read_timing
from twin_engine.patient.record import Order
from twin_engine.patient.units import UnitError, convert, is_known, is_per_weight, is_volume
from twin_engine.patient.variables import DRUGS

STOPPED = frozenset({"stopped", "cancelled", "completed", "entered-in-error"})


@dataclass(frozen=True, slots=True)
class Request:
    """What one request orders: its drug (None = none of ours), the plain orders, and why something could not be read."""

    drug: str | None
    orders: tuple[Order, ...]
    problems: tuple[MappingIssue, ...]


def read_request(
    resource: Resource,
    codes: SiteCodes,
    medications: Mapping[str, Resource],
    *,
    label: str,
    stopping: frozenset[str] = STOPPED,
) -> Request:
    """Read one MedicationRequest; a status in `stopping` makes it a stop order."""
    medication = identify(resource, codes, medications)
    reference = name_of(resource)
    if medication is None:
        return Request(None, (), ())
    if text(resource.get("status")) in stopping:
        return Request(medication.drug, (Order(label, medication.drug, stop=True, id=reference),), ())
    orders: list[Order] = []
    problems: list[MappingIssue] = []
    dosages = objs(resource.get("dosageInstruction"))
    for dosage in dosages:
        if route(dosage) == "other":
            return Request(None, (), ())
        found = _order(resource, dosage, medication, label)
        (orders if isinstance(found, Order) else problems).append(found)  # type: ignore[arg-type]
    if not dosages:
        problems.append(MappingIssue(reference, "no_amount", "an order without a dose", medication.drug))
    return Request(medication.drug, tuple(orders), tuple(problems))


def _order(resource: Resource, dosage: Resource, medication: Medication, label: str) -> Order | MappingIssue:
    reference, drug = name_of(resource), medication.drug

    def problem(code: IssueCode, words: str) -> MappingIssue:
        return MappingIssue(reference, code, words, drug)

    chosen = _dose_and_rate(dosage)
    if chosen is None:
        return problem("no_amount", "several doses, none of them said to be the ordered one")
    dose, highest_dose = _value(chosen, "dose", medication)
    rate, highest_rate = _value(chosen, "rate", medication)
    timing = read_timing(dosage.get("timing"))
    needed = dosage.get("asNeededBoolean") is True or bool(dosage.get("asNeededCodeableConcept"))
    ranged = highest_dose is not None or highest_rate is not None
    if dose is None and rate is None and not ranged:
        return problem("no_amount", "a dose that cannot be read")
    infusion_h = _infusion_h(resource, dosage, timing, dose, rate)
    start = timing.start or moment(resource.get("occurrenceDateTime"))
    common = {"label": label, "drug": drug, "start": start, "until": timing.until, "route": route(dosage), "id": reference}
    if dose is None and (rate is not None or highest_rate is not None):
        value, unit = rate or highest_rate or (0.0, "")
        top = None if highest_rate is None else highest_rate[0]
        return Order(**common, rate=None if ranged else value, max_rate=top, unit=unit, as_needed=needed)  # type: ignore[arg-type]
    value, unit = dose or highest_dose or (0.0, "")
    if value <= 0:
        return problem("no_amount", "a dose of 0")
    if not timing.known and not needed and not ranged:
        return problem("assumed", "a dose without a timing that can be read")
    return Order(
        **common,  # type: ignore[arg-type]
        amount=None if ranged else value,
        max_amount=None if highest_dose is None else highest_dose[0],
        unit=unit,
        interval_h=timing.interval_h,
        count=timing.count,
        infusion_h=infusion_h,
        as_needed=needed,
    )


def _dose_and_rate(dosage: Resource) -> Resource | None:
    """The dose as ordered; the place where it stood before R4 counts too. None when it is ambiguous."""
    found = objs(dosage.get("doseAndRate"))
    if not found:
        return dosage
    if len(found) == 1:
        return found[0]
    ordered = [d for d in found if any(code == "ordered" for _, code in codings(d.get("type")))]
    return ordered[0] if len(ordered) == 1 else None


def _value(item: Resource, kind: str, medication: Medication) -> tuple[tuple[float, str] | None, tuple[float, str] | None]:
    """(value, highest of a range) of `doseQuantity`/`doseRange` or `rateQuantity`/`rateRatio`/`rateRange`."""
    single = quantity(item.get(f"{kind}Quantity"))
    if single is None and kind == "rate":
        top, bottom = (
            quantity(obj(item.get("rateRatio")).get("numerator")),
            quantity(obj(item.get("rateRatio")).get("denominator")),
        )
        if top is not None and bottom is not None and bottom[0] > 0:
            single = (top[0] / bottom[0], f"{top[1]}/{bottom[1]}")
    highest = quantity(obj(item.get(f"{kind}Range")).get("high"))
    return _canonical(single, kind, medication), _canonical(highest, kind, medication)


def _canonical(read: tuple[float, str] | None, kind: str, medication: Medication) -> tuple[float, str] | None:
    """In the drug's unit; per-weight values stay per weight until the weight is known; volumes need a strength."""
    if read is None or read[0] < 0 or not is_known(read[1]):
        return None
    unit = DRUGS[medication.drug].amount_unit
    target = unit if kind == "dose" else f"{unit}/h"
    try:
        if is_per_weight(read[1]):
            return read
        if is_volume(read[1]):
            if medication.per_ml is None:
                return None
            return convert(read[0], read[1], "mL" if kind == "dose" else "mL/h") * medication.per_ml, target
        return convert(read[0], read[1], target, substance=medication.drug), target
    except UnitError:
        return None


def _infusion_h(
    resource: Resource, dosage: Resource, timing: Timing, dose: tuple[float, str] | None, rate: tuple[float, str] | None
) -> float | None:
    """Infusion time: stated as duration or extension, or dose divided by rate; None when not stated."""
    if timing.duration_h is not None:
        return timing.duration_h
    for holder in (dosage, obj(dosage.get("timing")), obj(obj(dosage.get("timing")).get("repeat")), resource):
        for extension in objs(holder.get("extension")):
            if "infuse" in (text(extension.get("url")) or "").lower():
                hours = hours_of(quantity(extension.get("valueDuration")) or quantity(extension.get("valueQuantity")))
                if hours is not None:
                    return hours
    if dose is not None and rate is not None and rate[0] > 0 and rate[1] == f"{dose[1]}/h":
        return dose[0] / rate[0]
    read = quantity(obj(objs(dosage.get("doseAndRate"))[0] if objs(dosage.get("doseAndRate")) else {}).get("rateQuantity"))
    return hours_of(read)
