"""One dosageInstruction of a MedicationRequest into one plain order."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from fhir_mapping.amounts import Dosed, Medication, Read, dosed, hours_of, rate_quantity, stated_hours, why_unknown
from fhir_mapping.combinations import AS_PIPERACILLIN
from fhir_mapping.fields import Resource, codings, moment, name_of, number, obj, objs, quantity, text
from fhir_mapping.issues import IssueCode, MappingIssue
from fhir_mapping.routes import UNKNOWN_ROUTE, Route, route, settled
from fhir_mapping.timing import Timing, read_timing
from twin_engine.patient.record import Order
from twin_engine.patient.units import is_per_weight

ONCE = "a volume over a time without a timing: taken to be given once"


@dataclass(frozen=True, slots=True)
class Instruction:
    """The order of one instruction (None = it states no dose that can be read), why something of it cannot be read, and
    what was taken for granted, in words."""

    order: Order | None
    way: Route | None
    problems: tuple[MappingIssue, ...]
    remarks: tuple[str, ...] = ()
    written_per_amount: float = 1.0
    sequence: float | None = None
    start_stated: bool = False


def read_instruction(
    resource: Resource, dosage: Resource, medication: Medication, label: str, begins: datetime | None
) -> Instruction:
    """Read one instruction: a dose of unknown timing or way is still held against the limits."""
    reference, drug = name_of(resource), medication.drug

    def problem(code: IssueCode, words: str) -> MappingIssue:
        return MappingIssue(reference, code, words, drug)

    timing = read_timing(dosage.get("timing"))
    chosen = dose_and_rate(dosage)
    infused = timing.duration_h is not None or _stated(resource, dosage) is not None
    infused = infused or (chosen is not None and (rate_quantity(chosen) is not None or "rateRange" in chosen))
    read = Dosed(None, None) if chosen is None else _doses(chosen, medication)
    way, granted = settled(route(dosage), medication.way, drug, infused=infused, amount_mg=read.amount_mg)
    if way == "other":
        return Instruction(None, way, ())
    if chosen is None:
        return Instruction(None, way, (problem("no_amount", "several doses, none of them said to be the ordered one"),))
    highest = _highest(chosen, dosage, medication)
    empty = Order(label, drug, prodrug=medication.prodrug, composition=medication.composition, id=reference)
    order, why = _order(resource, dosage, timing, chosen, read, highest, empty)
    if why is not None and read == highest == Dosed(None, None):
        stated = quantity(chosen.get("doseQuantity")) or rate_quantity(chosen)
        why = (why[0], why_unknown(medication, stated, why[1]))
    problems = [] if why is None else [problem(*why)]
    if way not in {"iv", "absorbed"}:
        problems.append(problem("assumed", UNKNOWN_ROUTE if way is None else "a route that cannot be read"))
    if order is None:
        return Instruction(None, way, tuple(problems))
    once = medication.composition is not None and not timing.known and order.infusion_h is not None
    start = timing.start or moment(resource.get("occurrenceDateTime"))
    order = replace(order, start=start or begins, route=way if way in {"iv", "absorbed"} else None)
    return Instruction(
        _ending(order, timing),
        way,
        tuple(problems),
        tuple(
            words
            for words in (
                granted,
                read.doubt,
                ONCE if once else None,
                AS_PIPERACILLIN if read.written_per_amount != 1.0 else None,
            )
            if words
        ),
        read.written_per_amount,
        number(dosage.get("sequence")),
        start is not None,
    )


def _order(
    resource: Resource, dosage: Resource, timing: Timing, chosen: Resource, read: Dosed, highest: Dosed, empty: Order
) -> tuple[Order | None, tuple[IssueCode, str] | None]:
    needed = dosage.get("asNeededBoolean") is True or bool(dosage.get("asNeededCodeableConcept"))
    order = replace(empty, as_needed=needed, until=timing.until)
    dose, rate = read.amount or highest.amount, read.rate or highest.rate
    if dose is None and rate is None:
        return None, ("no_amount", "a dose that cannot be read")
    if dose is None and rate is not None:
        if rate[0] == 0 and highest.rate is None and timing.until is None and timing.bounds_h is None:
            return replace(order, stop=True), None
        if rate[0] <= 0:
            return None, ("no_amount", "a rate of 0")
        if read.rate is not None and highest.rate is None and (whole := _by_rate_and_time(rate, timing)) is not None:
            return _regular(order, whole, None, timing, needed, timing.duration_h)
        if highest.rate is None:
            return replace(order, rate=rate[0], unit=rate[1]), None
        return replace(order, max_rate=_top(rate, highest.rate), unit=highest.rate[1]), None
    value, unit = dose or (0.0, "")
    if value <= 0:
        return None, ("no_amount", "a dose of 0")
    top = None if highest.amount is None else _top((value, unit), highest.amount)
    over = _infusion_h(resource, dosage, timing, chosen, read)
    return _regular(order, highest.amount or (value, unit), top, timing, needed, over)


def _top(one: Read, highest: Read) -> float:
    """The larger of the two where their units let them be compared, else what was said to be the highest."""
    return max(one[0], highest[0]) if one[1] == highest[1] else highest[0]


def _regular(
    order: Order, dose: Read, top: float | None, timing: Timing, needed: bool, infusion_h: float | None
) -> tuple[Order, tuple[IssueCode, str] | None]:
    order = replace(
        order,
        amount=dose[0] if top is None else None,
        max_amount=top,
        unit=dose[1],
        interval_h=timing.interval_h,
        count=timing.count,
        infusion_h=infusion_h,
    )
    clear = timing.known or needed or top is not None or (order.composition is not None and infusion_h is not None)
    return order, None if clear else ("assumed", "a dose without a timing that can be read")


def _by_rate_and_time(rate: Read, timing: Timing) -> Read | None:
    """The dose of an intermittent infusion that is stated by its rate and its duration."""
    if timing.duration_h is None or not (timing.interval_h is not None or timing.once) or is_per_weight(rate[1]):
        return None
    return rate[0] * timing.duration_h, rate[1].removesuffix("/h")


def _ending(order: Order, timing: Timing) -> Order:
    """An infusion that is ordered for a time ends after it."""
    if order.rate is None or order.until is not None or order.start is None or timing.bounds_h is None:
        return order
    return replace(order, until=order.start + timedelta(hours=timing.bounds_h))


def dose_and_rate(dosage: Resource) -> Resource | None:
    """The dose as ordered; the place where it stood before R4 counts too. None when it is ambiguous."""
    found = objs(dosage.get("doseAndRate"))
    if not found:
        return dosage
    if len(found) == 1:
        return found[0]
    ordered = [d for d in found if any(code == "ordered" for _, code in codings(d.get("type")))]
    return ordered[0] if len(ordered) == 1 else None


def _doses(item: Resource, medication: Medication) -> Dosed:
    return dosed(quantity(item.get("doseQuantity")), rate_quantity(item), medication)


def _highest(item: Resource, dosage: Resource, medication: Medication) -> Dosed:
    """The upper end of a range, or of an order that is titrated: what it states as its most, else what it starts with."""
    dose, rate = (quantity(obj(item.get(name)).get("high")) for name in ("doseRange", "rateRange"))
    if _titrated(dosage):
        most = obj(dosage.get("maxDosePerPeriod"))
        rate = rate or rate_quantity({"rateRatio": most}) or rate_quantity(item)
        dose = dose or quantity(dosage.get("maxDosePerAdministration")) or quantity(item.get("doseQuantity"))
    return dosed(dose, rate, medication)


def _titrated(dosage: Resource) -> bool:
    said = [text(dosage.get("text")), text(dosage.get("patientInstruction"))]
    for concept in objs(dosage.get("additionalInstruction")):
        said += [text(concept.get("text")), *(text(c.get("display")) for c in objs(concept.get("coding")))]
    return any("titrat" in words.lower() for words in said if words)


def _stated(resource: Resource, dosage: Resource) -> float | None:
    schedule = obj(dosage.get("timing"))
    return stated_hours(dosage, schedule, obj(schedule.get("repeat")), resource)


def _infusion_h(resource: Resource, dosage: Resource, timing: Timing, chosen: Resource, read: Dosed) -> float | None:
    """Infusion time: stated as duration or extension, or dose divided by rate; None when not stated."""
    if timing.duration_h is not None:
        return timing.duration_h
    stated = _stated(resource, dosage)
    if stated is not None:
        return stated
    if read.amount is not None and read.rate is not None and read.rate[0] > 0 and read.rate[1] == f"{read.amount[1]}/h":
        return read.amount[0] / read.rate[0]
    return hours_of(quantity(chosen.get("rateQuantity")))
