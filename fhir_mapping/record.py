"""The chart as FHIR resources into one patient record, and every drop, conversion or assumption as an issue."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TypeVar

from fhir_mapping.codes import SiteCodes, standard
from fhir_mapping.conditions import limits_treatment, read_condition, read_procedure
from fhir_mapping.fields import Resource, name_of, obj, reference_id, text
from fhir_mapping.issues import MappingIssue
from fhir_mapping.medications import Uncounted, read_administration, without_repeats
from fhir_mapping.nutrition import read_nutrition
from fhir_mapping.observations import read_observation
from fhir_mapping.requests import read_request
from twin_engine.patient.record import (
    Administration,
    Condition,
    Measurement,
    Order,
    PatientRecord,
    Procedure,
    Setting,
    Sex,
    sorted_by_time,
)
from twin_engine.patient.variables import VARIABLES

Kept = TypeVar("Kept")
OLD_LEVEL = timedelta(days=7)
OLD_CREATININE = timedelta(days=365)
_RANK = {"nurse_validated": 0, "laboratory": 0, "device": 1, "unknown": 2}


@dataclass(frozen=True, slots=True)
class MappedChart:
    """The record, what was remarked on the way, whose resources were seen, and whether treatment is limited."""

    record: PatientRecord
    issues: tuple[MappingIssue, ...]
    patient_ids: frozenset[str]
    treatment_limits: bool


@dataclass(slots=True)
class _Chart:
    measurements: list[Measurement]
    settings: list[Setting]
    given: list[Administration]
    uncounted: list[Uncounted]
    procedures: list[Procedure]
    conditions: list[Condition]
    current: list[Order]
    issues: list[MappingIssue]
    owners: set[str]
    born: date | None = None
    sex: Sex = "unknown"
    limited: bool = False


def map_chart(
    resources: Iterable[Resource],
    *,
    at: datetime,
    encounter_id: str | None = None,
    site: SiteCodes | None = None,
) -> MappedChart:
    """Map a chart as it stood at `at`; never raises on bad resources.

    With an encounter only its own measurements feed the record, but for weight, height, creatinine of the last year and
    drug levels of the last week.
    """
    codes = standard() if site is None else standard().also(site)
    everything = [r for r in resources if isinstance(r, Mapping)]  # pyright: ignore[reportUnnecessaryIsInstance]
    medications = {str(r.get("id")): r for r in everything if r.get("resourceType") == "Medication"}
    chart = _Chart([], [], [], [], [], [], [], [], set())
    for resource in everything:
        _read(resource, chart, codes, medications, at, encounter_id)
    given, repeats = without_repeats(chart.given, chart.uncounted)
    measurements, doubled = _without_duplicates(chart.measurements)
    record = PatientRecord(
        birth_date=chart.born,
        sex=chart.sex,
        measurements=measurements,
        administrations=given,
        settings=tuple(sorted((s for s in chart.settings if s.time is not None and s.time <= at), key=lambda s: s.time or at)),
        procedures=tuple(chart.procedures),
        conditions=tuple(
            dict.fromkeys([*chart.conditions, *([Condition("limitation_of_treatment")] if chart.limited else [])])
        ),
        current_orders=tuple(chart.current),
    )
    return MappedChart(record, (*chart.issues, *repeats, *doubled), frozenset(chart.owners), chart.limited)


def _read(
    resource: Resource,
    chart: _Chart,
    codes: SiteCodes,
    medications: Mapping[str, Resource],
    at: datetime,
    encounter_id: str | None,
) -> None:
    kind = text(resource.get("resourceType"))
    owner = text(resource.get("id")) if kind == "Patient" else reference_id(resource.get("subject") or resource.get("patient"))
    if owner is not None and kind not in {"Medication", "Organization", "Location", "Practitioner"}:
        chart.owners.add(owner)
    if kind == "Observation":
        _observation(resource, chart, codes, at, encounter_id)
    elif kind == "MedicationAdministration":
        given = read_administration(resource, codes, medications)
        if isinstance(given, Administration):
            if given.start <= at:
                chart.given.append(given)
        elif isinstance(given, Uncounted):
            if given.start <= at:
                chart.uncounted.append(given)
        elif given is not None:
            chart.issues.append(given)
    elif kind == "MedicationRequest":
        if text(resource.get("status")) == "active":
            read = read_request(resource, codes, medications, label="active")
            chart.current.extend(read.orders)
            chart.issues.extend(read.problems)
    elif kind == "NutritionOrder":
        _keep(read_nutrition(resource, label="active"), chart.current, chart.issues)
    elif kind == "Procedure":
        _keep(read_procedure(resource, codes), chart.procedures, chart.issues)
    elif kind == "Condition":
        _keep(read_condition(resource, codes), chart.conditions, chart.issues)
    elif kind == "Patient":
        chart.born, chart.sex = _patient(resource, chart)
    elif kind in {"Flag", "Consent"}:
        chart.limited = chart.limited or limits_treatment(resource)


def _keep(found: "Kept | MappingIssue | None", kept: "list[Kept]", issues: list[MappingIssue]) -> None:
    if isinstance(found, MappingIssue):
        issues.append(found)
    elif found is not None:
        kept.append(found)


def _patient(resource: Resource, chart: _Chart) -> tuple[date | None, Sex]:
    written = text(resource.get("birthDate"))
    gender = text(resource.get("gender"))
    born = chart.born
    try:
        born = None if written is None else date.fromisoformat(written)
    except ValueError:
        chart.issues.append(MappingIssue(name_of(resource), "no_exact_time", "birth date without a day"))
    return born, gender if gender in {"male", "female"} else "unknown"  # type: ignore[return-value]


def _observation(resource: Resource, chart: _Chart, codes: SiteCodes, at: datetime, encounter_id: str | None) -> None:
    found = read_observation(resource, codes)
    chart.issues.extend(found.issues)
    own = reference_id(obj(resource.get("encounter")))
    elsewhere = encounter_id is not None and own is not None and own != encounter_id
    for m in found.measurements:
        if m.time > at or (m.available is not None and m.available > at):
            continue
        if not elsewhere or _outlives_encounter(m, at):
            chart.measurements.append(m)
    if not elsewhere:
        chart.settings.extend(found.settings)


def _outlives_encounter(m: Measurement, at: datetime) -> bool:
    if m.variable in {"weight", "height"}:
        return True
    if m.variable == "creatinine":
        return at - m.time <= OLD_CREATININE
    return VARIABLES[m.variable].kind == "level" and at - m.time <= OLD_LEVEL


def _without_duplicates(found: list[Measurement]) -> tuple[tuple[Measurement, ...], list[MappingIssue]]:
    """One value per variable, minute, specimen and site; amounts that add up are never duplicates."""
    kept: dict[tuple[object, ...], Measurement] = {}
    issues: list[MappingIssue] = []
    for i, m in enumerate(found):
        minute = m.time.replace(second=0, microsecond=0)
        key = (m.variable, minute, m.specimen, m.site, i if VARIABLES[m.variable].adds_up else None)
        other = kept.get(key)
        if other is None:
            kept[key] = m
            continue
        issues.append(MappingIssue(f"Observation/{m.id or '?'}", "duplicate", "two values in one minute", m.variable))
        if _RANK[m.source] < _RANK[other.source]:
            kept[key] = m
    return sorted_by_time(kept.values()), issues
