"""What was given, and when. Amounts come from the dose, the rate and the period, or from the strength of an ingredient
times the volume; a count of "doses" or an amount without unit is no amount.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from fhir_mapping.amounts import Dosed, Medication, Read, dosed, rate_quantity, stated_hours, why_unknown
from fhir_mapping.codes import SiteCodes
from fhir_mapping.combinations import AS_PIPERACILLIN
from fhir_mapping.fields import Resource, day, entered, name_of, obj, period, quantity, reference_id, text
from fhir_mapping.fluids import CARRIER, carries, fluid
from fhir_mapping.issues import IssueCode, MappingIssue
from fhir_mapping.medications import identify
from fhir_mapping.routes import UNKNOWN_ROUTE, Route, route, route_of_order, settled
from twin_engine.patient.lateness import is_over
from twin_engine.patient.record import Administration
from twin_engine.patient.units import is_per_weight
from twin_engine.patient.variables import NOT_SWALLOWED_FOR_THE_BLOOD

GIVEN = frozenset({"completed", "in-progress", "stopped", "on-hold"})
SAME_DOSE_WITHIN = timedelta(hours=2)
EASTERNMOST = timedelta(hours=14)
"""The day begins this long before it does in UTC, at most (Line Islands)."""
MOST = 1e9
"""More than can exist in any unit of ours (a ton in mg)."""
LONGEST_INFUSION_H = 72.0
"""An infusion time worked out beyond this comes from a misread rate, not from an infusion."""
SHORTEST_INFUSION = timedelta(minutes=10)
"""What is charted to have run this long was infused: nothing is swallowed or inhaled as long."""


@dataclass(frozen=True, slots=True)
class Uncounted:
    """A dose that was given but whose amount is not known: without an amount it stays in the record, as a hole. `by_day`: its
    start is the first hour of the day, in UTC, that is all there is of its time."""

    row: Administration
    issue: MappingIssue
    by_day: bool = False

    def until(self, at: datetime) -> "Uncounted | None":
        """What of it is by `at`, None = it comes later. A day has begun where it has east of UTC."""
        if self.row.start <= at:
            return self
        if not self.by_day or self.row.start - EASTERNMOST > at:
            return None
        return replace(self, row=replace(self.row, start=at))

    @property
    def drug(self) -> str:
        """What was given."""
        return self.row.drug

    @property
    def start(self) -> datetime:
        """When."""
        return self.row.start


STOPPED = "a dose that was stopped counts with the amount charted for it: it may be what was meant to be given"
Given = Administration | Uncounted | MappingIssue


def read_administrations(
    resource: Resource, codes: SiteCodes, medications: Mapping[str, Resource], requests: Mapping[str, Resource]
) -> tuple[Given, ...]:
    """One MedicationAdministration: a row for each ingredient of ours, or why it is none.

    `requests`: the orders of the chart by id. A row without a route was given by the route of its order.
    """
    found = identify(resource, codes, medications)
    reference = name_of(resource)
    if found is None:
        return (MappingIssue(reference, "unknown_code", "a medication that is referred to but not at hand"),)
    if not found:
        infused = fluid(resource, codes, medications)
        if infused is None:
            return (MappingIssue(reference, "unknown_code", "no drug of ours"),)
        if carries(resource, codes):
            return (MappingIssue(reference, "unknown_code", CARRIER),)
        if isinstance(infused, str):
            return (MappingIssue(reference, "unknown_code", infused, "hemoglobin"),)
        found = (infused,)
    stated = route(obj(resource.get("dosage")))
    if stated is None:
        stated = route_of_order(requests.get(reference_id(resource.get("request")) or "", {}))
    return tuple(row for medication in found for row in _rows(resource, medication, stated))


def _rows(resource: Resource, medication: Medication, stated: Route | None) -> tuple[Given, ...]:
    """The dose, or why it is none, and what was taken for granted of one that counts."""
    drug, dosage = medication.drug, obj(resource.get("dosage"))

    def issue(code: IssueCode, words: str) -> MappingIssue:
        return MappingIssue(name_of(resource), code, words, drug)

    status = text(resource.get("status"))
    if status not in GIVEN:
        return (replace(issue("not_final", f"status {status or 'absent'}"[:40]), variable=None),)
    start, end = period(resource, "effective")
    lasted = None if start is None or end is None else end - start
    infused = rate_quantity(dosage) is not None or (lasted is not None and lasted >= SHORTEST_INFUSION)
    read = dosed(quantity(dosage.get("dose")), rate_quantity(dosage), medication)
    way, granted = settled(stated, medication.way, drug, infused=infused, amount_mg=read.amount_mg)
    if way == "other":
        if drug in NOT_SWALLOWED_FOR_THE_BLOOD:
            return (replace(issue("no_amount", "not given into the bloodstream"), variable=None),)
        return (issue("not_intravenous", "what was not given into a vein is left out of the forecast"),)
    if read.amount is not None and read.amount[0] == 0:
        return (replace(issue("no_amount", "a dose of 0: nothing was given"), variable=None),)
    if start is None or (end is not None and end < start):
        words = "a dose without an exact time" if start is None else "a dose that ends before it begins"
        about = start or _day(resource)
        if about is None:
            return (issue("no_amount", words),)
        return (
            Uncounted(_over(resource, _hole(resource, medication, about, None, way)), issue("no_amount", words), start is None),
        )
    row = _row(resource, medication, read, start, end, way)
    if not isinstance(row, Administration):
        return (Uncounted(_over(resource, _hole(resource, medication, start, end, way)), issue("no_amount", row)),)
    whole = STOPPED if status == "stopped" and row.amount is not None else None
    combined = AS_PIPERACILLIN if read.written_per_amount != 1.0 else None
    assumed = [words for words in (granted, read.doubt, combined, whole) if words]
    return (row, *(issue("assumed", words) for words in assumed))


def _hole(
    resource: Resource, medication: Medication, start: datetime, end: datetime | None, way: Route | None
) -> Administration:
    """A dose without its amount."""
    return Administration(
        medication.drug,
        start,
        "",
        end=end,
        route=way,
        composition=medication.composition,
        available=entered(resource),
        id=text(resource.get("id")),
    )


def _over(resource: Resource, hole: Administration) -> Administration:
    """The hole, charted last when it began unless it is charted as running."""
    return hole if text(resource.get("status")) == "in-progress" else replace(hole, last_charted=hole.start)


def _day(resource: Resource) -> datetime | None:
    """The first hour of the day that a time without an hour or a zone names."""
    span = obj(resource.get("effectivePeriod"))
    written = text(resource.get("effectiveDateTime")) or text(span.get("start")) or text(span.get("end")) or ""
    return day(written[: len("2026-01-03")])


def _row(
    resource: Resource, medication: Medication, read: Dosed, start: datetime, end: datetime | None, way: Route | None
) -> Administration | str:
    """The dose as it counts, or in words why its amount or its way cannot be known."""
    if way not in {"iv", "absorbed"}:
        return UNKNOWN_ROUTE if way is None else "a dose by a route that cannot be read"
    amount, rate = read.amount, read.rate
    if max(0.0 if amount is None else amount[0], 0.0 if rate is None else rate[0]) > MOST:
        return "more than can be given"
    status, row = text(resource.get("status")), _hole(resource, medication, start, end, way)
    running = end is None and status == "in-progress"
    if amount is not None and not (running and rate is not None):
        if is_per_weight(amount[1]):
            return "a dose per body weight without the weight it was worked out with"
        end = end or _worked_out_end(resource, obj(resource.get("dosage")), start, amount, rate)
        return replace(row, unit=amount[1], amount=amount[0], end=end)
    if rate is None:
        return why_unknown(medication, quantity(obj(resource.get("dosage")).get("dose")), "a dose whose amount cannot be known")
    if end is None and status != "in-progress":
        return "a finished infusion without an end"
    return replace(row, unit=rate[1], rate=rate[0])


def _worked_out_end(resource: Resource, dosage: Resource, start: datetime, amount: Read, rate: Read | None) -> datetime | None:
    """The end from the infusion time stated, or from amount and rate; None where neither is charted."""
    hours = stated_hours(resource, dosage)
    if hours is None and rate is not None and rate[0] > 0 and rate[1] == f"{amount[1]}/h":
        hours = amount[0] / rate[0]
    return start + timedelta(hours=hours) if hours is not None and 0 < hours <= LONGEST_INFUSION_H else None


def without_repeats(
    found: Iterable[Administration], uncounted: Iterable[Uncounted], at: datetime
) -> tuple[tuple[Administration, ...], tuple[MappingIssue, ...]]:
    """Drop rows that chart the same dose twice (two systems, up to two hours apart); what stays uncounted is an issue, too."""
    kept: list[Administration] = []
    issues: list[MappingIssue] = []
    for row in sorted(found, key=lambda a: a.start):
        other = next((k for k in kept if _same_dose(k, row)), None)
        if other is None:
            kept.append(row)
            continue
        issues.append(MappingIssue(f"MedicationAdministration/{row.id or '?'}", "duplicate", "the same dose twice", row.drug))
        if other.end is None and row.end is not None:
            kept[kept.index(other)] = row
    free = list(kept)
    for dose in sorted(uncounted, key=lambda d: d.start):
        near = [k for k in free if k.drug == dose.drug and abs(k.start - dose.start) <= SAME_DOSE_WITHIN]
        if near:
            # Each charted amount stands for one counted dose: a second count beside it is a dose of its own.
            free.remove(min(near, key=lambda k: abs(k.start - dose.start)))
            issues.append(replace(dose.issue, code="duplicate", text="the same dose, counted only"))
        else:
            kept.append(dose.row)
            issues.append(replace(dose.issue, over=is_over(dose.row, at)))
    return tuple(sorted(kept, key=lambda a: a.start)), tuple(issues)


def _same_dose(one: Administration, other: Administration) -> bool:
    if one.drug != other.drug or one.amount != other.amount:
        return False
    if one.amount is None:
        same_rate = one.rate is not None and (one.rate, one.unit) == (other.rate, other.unit)
        return same_rate and (one.start, one.end) == (other.start, other.end)
    if (one.start, one.end) == (other.start, other.end):
        return True
    if one.end is not None and other.end is not None:
        return one.start < other.end and other.start < one.end
    return (one.end is None) != (other.end is None) and abs(one.start - other.start) <= SAME_DOSE_WITHIN
