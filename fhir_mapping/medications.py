"""Which drug a medication is, what was given, and when. Amounts come from the dose, the rate and the period, or from the
strength of an ingredient times the volume; a count of "doses" or an amount without unit is no amount.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from fhir_mapping.codes import SiteCodes
from fhir_mapping.fields import Resource, codings, name_of, obj, objs, period, quantity, reference_id, text
from fhir_mapping.issues import IssueCode, MappingIssue
from twin_engine.patient.record import Administration
from twin_engine.patient.units import UnitError, convert, is_known, is_per_weight, is_volume
from twin_engine.patient.variables import DRUGS

GIVEN = frozenset({"completed", "in-progress", "stopped", "on-hold"})
SAME_DOSE_WITHIN = timedelta(hours=2)
NOT_SYSTEMIC = ("oral", "po", "ng", "enteral", "rectal", "topical", "inhal", "ophthalm", "intrathecal")
_INTRAVENOUS = ("iv", "intravenous", "47625008")


@dataclass(frozen=True, slots=True)
class Medication:
    """A drug of ours, and its strength (amount per mL, in the drug's unit) where a mixture says it."""

    drug: str
    per_ml: float | None = None


@dataclass(frozen=True, slots=True)
class Uncounted:
    """A dose that was given but whose amount is not known."""

    drug: str
    start: datetime
    issue: MappingIssue


def identify(resource: Resource, codes: SiteCodes, medications: Mapping[str, Resource] | None = None) -> Medication | None:
    """The drug of a request or administration: its own codes, a contained or referenced Medication, or its ingredients."""
    own = _by_codes(resource.get("medicationCodeableConcept"), codes)
    if own is not None:
        return Medication(own)
    found = _referenced(resource, medications or {})
    if found is None:
        return None
    drug = _by_codes(found.get("code"), codes) or _by_identifier(found, codes)
    ingredients = objs(found.get("ingredient"))
    for ingredient in ingredients:
        named = _by_codes(ingredient.get("itemCodeableConcept"), codes)
        if named is None:
            inner = (medications or {}).get(reference_id(ingredient.get("itemReference")) or "")
            named = None if inner is None else _by_codes(inner.get("code"), codes) or _by_identifier(inner, codes)
        if named is not None and (drug is None or named == drug):
            return Medication(named, _strength(ingredient.get("strength"), named))
    return None if drug is None else Medication(drug)


def _by_codes(concept: object, codes: SiteCodes) -> str | None:
    return next((codes.drugs[key].name for key in codings(concept) if key in codes.drugs), None)


def _by_identifier(medication: Resource, codes: SiteCodes) -> str | None:
    keys = [(text(i.get("system")) or "", text(i.get("value")) or "") for i in objs(medication.get("identifier"))]
    return next((codes.drugs[key].name for key in keys if key in codes.drugs), None)


def _referenced(resource: Resource, medications: Mapping[str, Resource]) -> Resource | None:
    reference = text(obj(resource.get("medicationReference")).get("reference"))
    if reference is None:
        return None
    if reference.startswith("#"):
        return next((c for c in objs(resource.get("contained")) if text(c.get("id")) == reference[1:]), None)
    return medications.get(reference_id(resource.get("medicationReference")) or "")


def _strength(ratio: object, drug: str) -> float | None:
    top, bottom = quantity(obj(ratio).get("numerator")), quantity(obj(ratio).get("denominator"))
    if top is None or bottom is None or bottom[0] <= 0:
        return None
    try:
        return convert(top[0], top[1], DRUGS[drug].amount_unit, substance=drug) / convert(bottom[0], bottom[1], "mL")
    except UnitError:
        return None


def route(dosage: Resource) -> str | None:
    """iv, other (not into the bloodstream), or None when not said."""
    concept = obj(dosage.get("route"))
    said = [text(concept.get("text")) or "", *(text(c.get("display")) or "" for c in objs(concept.get("coding")))]
    said += [code for _, code in codings(concept)]
    words = {w for s in said for w in s.lower().replace("-", " ").replace("/", " ").split()}
    if words & set(_INTRAVENOUS):
        return "iv"
    return "other" if any(w.startswith(NOT_SYSTEMIC) for w in words) else None


def read_administration(
    resource: Resource, codes: SiteCodes, medications: Mapping[str, Resource]
) -> Administration | Uncounted | MappingIssue | None:
    """One MedicationAdministration; None when it is no drug of ours."""
    medication = identify(resource, codes, medications)
    if medication is None:
        return None
    drug = medication.drug

    def issue(code: IssueCode, words: str) -> MappingIssue:
        return MappingIssue(name_of(resource), code, words, drug)

    status = text(resource.get("status"))
    if status not in GIVEN:
        return replace(issue("not_final", f"status {status or 'absent'}"[:40]), variable=None)
    dosage = obj(resource.get("dosage"))
    start, end = period(resource, "effective")
    if start is None:
        return issue("no_exact_time", "a dose without an exact time")
    if end is not None and end < start:
        return issue("unreadable", "a dose that ends before it begins")
    way = route(dosage)
    if way == "other":
        return replace(issue("no_amount", "not given into the bloodstream"), variable=None)
    amount = _amount(quantity(dosage.get("dose")), medication)
    rate = _rate(dosage, medication)
    identity = text(resource.get("id"))
    running = end is None and status == "in-progress"
    if amount is not None and not (running and rate is not None):
        return Administration(drug, start, DRUGS[drug].amount_unit, amount=amount, end=end, route=way, id=identity)
    if rate is not None:
        if end is None and status != "in-progress":
            return Uncounted(drug, start, issue("no_amount", "a finished infusion without an end"))
        return Administration(drug, start, rate[1], rate=rate[0], end=end, route=way, id=identity)
    return Uncounted(drug, start, issue("no_amount", "a dose whose amount cannot be known"))


def _amount(dose: tuple[float, str] | None, medication: Medication) -> float | None:
    """Amount in the drug's unit from a mass or a volume of known strength."""
    if dose is None or dose[0] < 0 or not is_known(dose[1]):
        return None
    try:
        if is_volume(dose[1]):
            return None if medication.per_ml is None else convert(dose[0], dose[1], "mL") * medication.per_ml
        return convert(dose[0], dose[1], DRUGS[medication.drug].amount_unit, substance=medication.drug)
    except UnitError:
        return None


def _rate(dosage: Resource, medication: Medication) -> tuple[float, str] | None:
    """(rate, unit) from rateQuantity or rateRatio; per-weight rates stay per weight."""
    read = quantity(dosage.get("rateQuantity"))
    if read is None:
        top, bottom = (
            quantity(obj(dosage.get("rateRatio")).get("numerator")),
            quantity(obj(dosage.get("rateRatio")).get("denominator")),
        )
        if top is None or bottom is None or bottom[0] <= 0:
            return None
        read = (top[0] / bottom[0], f"{top[1]}/{bottom[1]}")
    value, unit = read
    if value < 0 or not is_known(unit):
        return None
    target = f"{DRUGS[medication.drug].amount_unit}/h"
    try:
        if is_per_weight(unit):
            return value, unit
        if is_volume(unit):
            return None if medication.per_ml is None else (convert(value, unit, "mL/h") * medication.per_ml, target)
        return convert(value, unit, target, substance=medication.drug), target
    except UnitError:
        return None


def without_repeats(
    found: Iterable[Administration], uncounted: Iterable[Uncounted]
) -> tuple[tuple[Administration, ...], tuple[MappingIssue, ...]]:
    """Drop rows that chart the same dose twice (two systems, up to two hours apart); what stays uncounted is an issue."""
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
    for dose in uncounted:
        near = any(k.drug == dose.drug and abs(k.start - dose.start) <= SAME_DOSE_WITHIN for k in kept)
        issues.append(replace(dose.issue, code="duplicate", text="the same dose, counted only") if near else dose.issue)
    return tuple(kept), tuple(issues)


def _same_dose(one: Administration, other: Administration) -> bool:
    if one.drug != other.drug or one.amount is None or one.amount != other.amount:
        return False
    if (one.start, one.end) == (other.start, other.end):
        return True
    return (one.end is None) != (other.end is None) and abs(one.start - other.start) <= SAME_DOSE_WITHIN
