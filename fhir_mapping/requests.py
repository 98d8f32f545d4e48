"""A MedicationRequest into plain orders: dose, rate, range, as needed; in every shape that systems send.

Of several doseAndRate the one typed "ordered" counts, else the only one; a dose that can be read in two ways is not read.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from fhir_mapping.amounts import Medication, Read, amount_of, hours_of, rate_of, rate_quantity, stated_hours
from fhir_mapping.codes import SiteCodes
from fhir_mapping.fields import Resource, codings, moment, name_of, obj, objs, quantity, text
from fhir_mapping.issues import IssueCode, MappingIssue
from fhir_mapping.medications import identify
from fhir_mapping.routes import route
from fhir_mapping.timing import Timing, read_timing
from twin_engine.patient.record import Order

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
    reference = name_of(resource)
    found = identify(resource, codes, medications)
    if found is None:
        return _none_of_ours(reference, "a medication that is referred to but not at hand")
    if not found:
        return _none_of_ours(reference, "no drug of ours")
    medication = found[0]

    def problem(code: IssueCode, words: str) -> MappingIssue:
        return MappingIssue(reference, code, words, medication.drug)

    if text(resource.get("status")) in stopping:
        return Request(medication.drug, tuple(Order(label, m.drug, stop=True, id=reference) for m in found), ())
    if resource.get("doNotPerform") is True:
        return Request(medication.drug, (), (problem("not_final", "an order not to give"),))
    if len(found) > 1:
        return Request(medication.drug, (), (problem("no_amount", "a mixture of several drugs of ours"),))
    return _dosages(resource, medication, label, problem)


def _none_of_ours(reference: str, words: str) -> Request:
    return Request(None, (), (MappingIssue(reference, "unknown_code", words),))


def _dosages(
    resource: Resource, medication: Medication, label: str, problem: Callable[[IssueCode, str], MappingIssue]
) -> Request:
    orders: list[Order] = []
    problems: list[MappingIssue] = []
    dosages = objs(resource.get("dosageInstruction"))
    ways = [route(dosage) for dosage in dosages]
    if "other" in ways:
        return _none_of_ours(name_of(resource), "not given into the bloodstream")
    if "unreadable" in ways:
        problems.append(problem("assumed", "a route that cannot be read"))
    for dosage in dosages:
        order, why = _order(resource, dosage, medication, label)
        orders += [] if order is None else [order]
        problems += [] if why is None else [why]
    if not dosages:
        problems.append(problem("no_amount", "an order without a dose"))
    return Request(medication.drug, tuple(orders), tuple(problems))


def _order(
    resource: Resource, dosage: Resource, medication: Medication, label: str
) -> tuple[Order | None, MappingIssue | None]:
    """The order, and what of it cannot be read: a dose of unknown timing is still held against the limits."""
    reference, drug = name_of(resource), medication.drug

    def problem(code: IssueCode, words: str) -> MappingIssue:
        return MappingIssue(reference, code, words, drug)

    chosen = dose_and_rate(dosage)
    if chosen is None:
        return None, problem("no_amount", "several doses, none of them said to be the ordered one")
    dose, highest_dose = _value(chosen, "dose", medication)
    rate, highest_rate = _value(chosen, "rate", medication)
    if dose is None and rate is None and highest_dose is None and highest_rate is None:
        return None, problem("no_amount", "a dose that cannot be read")
    timing = read_timing(dosage.get("timing"))
    needed = dosage.get("asNeededBoolean") is True or bool(dosage.get("asNeededCodeableConcept"))
    order = Order(
        label,
        drug,
        start=timing.start or moment(resource.get("occurrenceDateTime")),
        until=timing.until,
        route="iv" if route(dosage) == "iv" else None,
        as_needed=needed,
        id=reference,
    )
    if dose is None and highest_dose is None:
        value, unit = rate or highest_rate or (0.0, "")
        if value <= 0:
            return None, problem("no_amount", "a rate of 0")
        top = None if highest_rate is None else highest_rate[0]
        return replace(order, rate=value if top is None else None, max_rate=top, unit=unit), None
    value, unit = dose or highest_dose or (0.0, "")
    if value <= 0:
        return None, problem("no_amount", "a dose of 0")
    order = replace(
        order,
        amount=value if highest_dose is None else None,
        max_amount=None if highest_dose is None else highest_dose[0],
        unit=unit,
        interval_h=timing.interval_h,
        count=timing.count,
        infusion_h=_infusion_h(resource, dosage, timing, chosen, dose, rate),
    )
    if timing.known or needed or highest_dose is not None:
        return order, None
    return order, problem("assumed", "a dose without a timing that can be read")


def dose_and_rate(dosage: Resource) -> Resource | None:
    """The dose as ordered; the place where it stood before R4 counts too. None when it is ambiguous."""
    found = objs(dosage.get("doseAndRate"))
    if not found:
        return dosage
    if len(found) == 1:
        return found[0]
    ordered = [d for d in found if any(code == "ordered" for _, code in codings(d.get("type")))]
    return ordered[0] if len(ordered) == 1 else None


def _value(item: Resource, kind: str, medication: Medication) -> tuple[Read | None, Read | None]:
    """(value, highest of a range) of `doseQuantity`/`doseRange` or `rateQuantity`/`rateRatio`/`rateRange`."""
    highest = quantity(obj(item.get(f"{kind}Range")).get("high"))
    if kind == "dose":
        return amount_of(quantity(item.get("doseQuantity")), medication), amount_of(highest, medication)
    return rate_of(rate_quantity(item), medication), rate_of(highest, medication)


def _infusion_h(
    resource: Resource, dosage: Resource, timing: Timing, chosen: Resource, dose: Read | None, rate: Read | None
) -> float | None:
    """Infusion time: stated as duration or extension, or dose divided by rate; None when not stated."""
    if timing.duration_h is not None:
        return timing.duration_h
    schedule = obj(dosage.get("timing"))
    stated = stated_hours(dosage, schedule, obj(schedule.get("repeat")), resource)
    if stated is not None:
        return stated
    if dose is not None and rate is not None and rate[0] > 0 and rate[1] == f"{dose[1]}/h":
        return dose[0] / rate[0]
    return hours_of(quantity(chosen.get("rateQuantity")))
