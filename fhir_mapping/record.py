"""The chart as FHIR resources into one patient record, and every drop, conversion or assumption as an issue."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from fhir_mapping.administrations import Uncounted, read_administrations, without_repeats
from fhir_mapping.blood import counted_once, is_total, read_red_cells, totals_once
from fhir_mapping.codes import SiteCodes, standard
from fhir_mapping.conditions import limits_treatment, read_conditions
from fhir_mapping.devices import Surroundings
from fhir_mapping.fields import Resource, codings, entered, name_of, obj, objs, reference_id, text
from fhir_mapping.imaging import is_finding, read_findings
from fhir_mapping.issues import MappingIssue
from fhir_mapping.nutrition import read_nutrition
from fhir_mapping.observations import read_observation
from fhir_mapping.patient import death, read_patient
from fhir_mapping.pressors import Infusions
from fhir_mapping.requests import read_request
from fhir_mapping.selection import encounter_family, newest_versions, one_value_a_minute
from fhir_mapping.support import Sign, read_procedure, read_signs, with_signs
from twin_engine.patient.record import (
    Administration,
    Condition,
    Finding,
    Measurement,
    Order,
    PatientRecord,
    Procedure,
    Setting,
    Sex,
)
from twin_engine.patient.substances import RUNS_UNREAD
from twin_engine.patient.variables import DRUGS, VARIABLES

OLD_LEVEL = timedelta(days=7)
OLD_CREATININE = timedelta(days=365)
_NOBODYS = frozenset({"Medication", "Organization", "Location", "Practitioner", "Device", "DeviceMetric"})
_ONLY_PLANNED = frozenset({"proposal", "plan", "option"})
_AT_HOME = frozenset({"community", "discharge"})


@dataclass(frozen=True, slots=True)
class MappedChart:
    """The record, what was remarked on the way, and whose resources were seen."""

    record: PatientRecord
    issues: tuple[MappingIssue, ...]
    patient_ids: frozenset[str]


@dataclass(slots=True)
class _Chart:
    at: datetime
    codes: SiteCodes
    family: frozenset[str] | None
    around: Surroundings
    medications: Mapping[str, Resource]
    requests: Mapping[str, Resource]
    devices: tuple[Resource, ...]
    studies: Mapping[str, Resource]
    infusions: Infusions
    measurements: list[tuple[Measurement, bool]] = field(default_factory=list[tuple[Measurement, bool]])
    settings: list[Setting] = field(default_factory=list[Setting])
    given: list[Administration] = field(default_factory=list[Administration])
    uncounted: list[Uncounted] = field(default_factory=list[Uncounted])
    procedures: list[Procedure] = field(default_factory=list[Procedure])
    signs: list[Sign] = field(default_factory=list[Sign])
    conditions: list[Condition] = field(default_factory=list[Condition])
    findings: list[Finding] = field(default_factory=list[Finding])
    current: list[Order] = field(default_factory=list[Order])
    issues: list[MappingIssue] = field(default_factory=list[MappingIssue])
    totals: set[Measurement] = field(default_factory=set[Measurement])
    owners: set[str] = field(default_factory=set[str])
    born: date | None = None
    sex: Sex = "unknown"
    limited: bool = False
    died: Condition | None = None


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
    given = [r for r in resources if isinstance(r, Mapping)]  # pyright: ignore[reportUnnecessaryIsInstance]
    everything, versions = newest_versions(given)
    kinds = ("Medication", "MedicationRequest", "Encounter", "Device", "ImagingStudy")
    of_kind = {kind: [r for r in everything if r.get("resourceType") == kind] for kind in kinds}
    chart = _Chart(
        at,
        standard() if site is None else standard().also(site),
        encounter_family(encounter_id, of_kind["Encounter"]),
        Surroundings.of(everything),
        {str(r.get("id")): r for r in of_kind["Medication"]},
        {str(r.get("id")): r for r in of_kind["MedicationRequest"]},
        tuple(of_kind["Device"]),
        {str(r.get("id")): r for r in of_kind["ImagingStudy"]},
        Infusions(at),
    )
    for resource in everything:
        _read(resource, chart)
    return _mapped(chart, versions)


def _mapped(chart: _Chart, versions: list[MappingIssue]) -> MappedChart:
    charted, told = counted_once(chart.given, chart.issues)
    given, repeats = without_repeats(charted, chart.uncounted, chart.at)
    measurements, doubled = one_value_a_minute(chart.measurements)
    unsure, said = totals_once([m for m in measurements if m in chart.totals])
    measurements = tuple(unsure.get(m, m) for m in measurements) if unsure else measurements
    procedures, by_signs = with_signs(chart.procedures, chart.signs, chart.at)
    holding = {
        "limitation_of_treatment": chart.limited,
        "vasopressor_unread": chart.infusions.vasopressor(),
        "infusion_unnamed": chart.infusions.unnamed,
    }
    states = [Condition(name) for name, holds in holding.items() if holds]
    record = PatientRecord(
        birth_date=chart.born,
        sex=chart.sex,
        measurements=measurements,
        administrations=given,
        settings=tuple(sorted((s for s in chart.settings if s.time and s.time <= chart.at), key=lambda s: s.time or chart.at)),
        procedures=procedures,
        conditions=tuple(dict.fromkeys([*chart.conditions, *states, *([chart.died] if chart.died else [])])),
        findings=tuple(sorted((f for f in dict.fromkeys(chart.findings) if f.time <= chart.at), key=lambda f: f.time)),
        current_orders=tuple(chart.current),
    )
    running = [MappingIssue("", "no_amount", RUNS_UNREAD, a) for a in chart.infusions.unread_now() if a in DRUGS]
    issues = (*versions, *told, *repeats, *doubled, *said, *by_signs, *running)
    return MappedChart(record, issues, frozenset(chart.owners))


def _read(resource: Resource, chart: _Chart) -> None:
    kind = text(resource.get("resourceType"))
    owner = text(resource.get("id")) if kind == "Patient" else reference_id(resource.get("subject") or resource.get("patient"))
    if owner is not None and kind not in _NOBODYS:
        chart.owners.add(owner)
    known = entered(resource)
    if known is not None and known > chart.at:
        return  # at that time nobody had it in the chart
    match kind:
        case "Observation" if not is_finding(resource, chart.codes):
            _observation(resource, chart)
        case "Observation" | "DiagnosticReport":
            findings, issues = read_findings(resource, chart.codes, chart.studies)
            chart.findings.extend(findings)
            chart.issues.extend(issues)
        case "MedicationAdministration" | "Procedure" if red_cells := read_red_cells(resource, chart.codes, chart.medications):
            later = any(isinstance(row, Administration) and row.start > chart.at for row in red_cells)
            chart.given.extend(row for row in red_cells if isinstance(row, Administration) and not later)
            chart.issues.extend(row for row in red_cells if isinstance(row, MappingIssue) and not later)
        case "MedicationAdministration":
            _administration(resource, chart)
        case "MedicationRequest" if text(resource.get("status")) == "active":
            _request(resource, chart)
        case "NutritionOrder" if text(resource.get("status")) == "active":
            fed = read_nutrition(resource, label="active")
            chart.current.extend([fed] if isinstance(fed, Order) else [])
            chart.issues.extend([fed] if isinstance(fed, MappingIssue) else [])
        case "Procedure" | "DeviceUseStatement":
            chart.limited = chart.limited or limits_treatment(resource, chart.codes)
            supported = read_procedure(resource, chart.codes, chart.at, chart.devices)
            chart.procedures.extend(s for s in supported if isinstance(s, Procedure))
            chart.issues.extend(s for s in supported if isinstance(s, MappingIssue))
        case "Condition":
            conditions, issues = read_conditions(resource, chart.codes)
            chart.conditions.extend(conditions)
            chart.issues.extend(issues)
        case "Patient":
            chart.born, chart.sex, issues = read_patient(resource)
            chart.died = death(resource, chart.at)
            chart.issues.extend(issues)
        case "Flag" | "Consent":
            chart.limited = chart.limited or limits_treatment(resource, chart.codes)
        case None:
            chart.issues.append(MappingIssue(name_of(resource), "unreadable", "not a resource"))
        case _:
            pass


def _administration(resource: Resource, chart: _Chart) -> None:
    found = read_administrations(resource, chart.codes, chart.medications, chart.requests)
    counted = any(isinstance(row, Administration) for row in found)
    chart.infusions.given(resource, chart.codes, chart.medications, counted=counted)
    for row in found:
        if isinstance(row, MappingIssue):
            chart.issues.append(row)
        elif isinstance(row, Uncounted):
            hole = row.until(chart.at)
            chart.uncounted.extend([] if hole is None else [hole])
        elif row.start <= chart.at:
            chart.given.append(row)


def _request(resource: Resource, chart: _Chart) -> None:
    """An order counts as running only where all of it was understood: half an order would be a guess of the other half."""
    places = {code for category in objs(resource.get("category")) for _, code in codings(category)}
    intent = text(resource.get("intent"))
    why = (
        "only planned" if intent in _ONLY_PLANNED
        else "for use outside the hospital" if places & _AT_HOME
        else "one dose of another order" if intent == "instance-order" and resource.get("basedOn")
        else None
    )  # fmt: skip
    if why is not None:
        chart.issues.append(MappingIssue(name_of(resource), "not_final", why))
        return
    chart.infusions.order(resource, chart.codes, chart.medications)
    read = read_request(resource, chart.codes, chart.medications, label="active")
    chart.issues.extend((*read.problems, *read.remarks))
    if not read.problems:
        chart.current.extend(read.orders)


def _observation(resource: Resource, chart: _Chart) -> None:
    signs = read_signs(resource, chart.codes)
    if signs:
        chart.signs.extend(s for s in signs if isinstance(s, Sign))
        chart.issues.extend(s for s in signs if isinstance(s, MappingIssue))
        return
    found = read_observation(resource, chart.codes, chart.around)
    chart.issues.extend(found.issues)
    own = reference_id(obj(resource.get("encounter")))
    elsewhere = chart.family is not None and own is not None and own not in chart.family
    for m in found.measurements:
        if m.time > chart.at:
            continue
        if elsewhere and not _outlives_encounter(m, chart.at):
            chart.issues.append(MappingIssue(name_of(resource), "other_encounter", f"{m.variable} of another stay"))
        else:
            chart.measurements.append((m, found.preliminary))
            if m.variable == "blood_loss" and is_total(resource):
                chart.totals.add(m)
    if not elsewhere:
        chart.settings.extend(found.settings)


def _outlives_encounter(m: Measurement, at: datetime) -> bool:
    if m.variable in {"weight", "height"}:
        return True
    if m.variable == "creatinine":
        return at - m.time <= OLD_CREATININE
    return VARIABLES[m.variable].kind == "level" and at - m.time <= OLD_LEVEL
