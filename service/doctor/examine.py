"""Asking the server: what it declares, who is there, and each chart by the very queries that the hooks use."""

from collections.abc import Sequence

from fhir_mapping import bundles
from fhir_mapping.fields import Resource, obj, reference_id, text
from service.call import ORDER_SIGN, HookCall
from service.clock import Clock
from service.deadline import Deadline
from service.doctor.advice import advised
from service.doctor.chart import BROAD, examined
from service.doctor.report import Patient, Report
from service.doctor.server import described, templates
from service.fhir_client import Access, Fetched, FhirClient
from service.templates import filled
from twin_engine.risk import load
from twin_engine.risk.load import RiskModels

QUERY_S = 30.0
MOST_PATIENTS = 5
NO_SUCH_CODE = "http://loinc.org|00000-0"


async def report(access: Access, fhir: FhirClient, clock: Clock, patients: Sequence[str] = ()) -> Report:
    """The whole examination. Patients not named are looked for: first those who are in hospital now."""
    statement = await _one(access, fhir, clock, "metadata")
    chosen = list(patients) or await _found(access, fhir, clock)
    risks = load.shipped()
    charts = [await _chart(access, fhir, clock, one, risks) for one in chosen[:MOST_PATIENTS]]
    ignored = await _ignored(access, fhir, clock, chosen[:1])
    is_statement = statement is not None and statement.get("resourceType") == "CapabilityStatement"
    server = described(access.base, statement if is_statement else None, ignored)
    return Report(server, tuple(charts), advised(server, charts))


async def _chart(access: Access, fhir: FhirClient, clock: Clock, patient_id: str, risks: RiskModels) -> Patient:
    call = HookCall(ORDER_SIGN, "doctor", "Practitioner/doctor", patient_id, None, None, (), {}, None, access.token, "")
    queries = filled(templates(), call) | {BROAD: f"Observation?patient={patient_id}&_sort=-date&_count=200"}
    fetched: dict[str, Fetched] = {}
    seconds: dict[str, float] = {}
    for key, query in queries.items():
        began = clock.steady()
        fetched |= await fhir.fetch(access, {key: query}, _deadline(clock))
        seconds[key] = clock.steady() - began
    return examined(patient_id, fetched, seconds, clock.now(), risks)


async def _found(access: Access, fhir: FhirClient, clock: Clock) -> list[str]:
    staying = await _one(access, fhir, clock, "Encounter?status=in-progress&_count=20")
    ids = [reference_id(obj(r.get("subject"))) for r in bundles.resources(staying or {}).resources]
    known = list(dict.fromkeys(i for i in ids if i is not None))
    if known:
        return known
    anybody = await _one(access, fhir, clock, f"Patient?_count={MOST_PATIENTS}")
    return [i for r in bundles.resources(anybody or {}).resources if (i := text(r.get("id"))) is not None]


async def _ignored(access: Access, fhir: FhirClient, clock: Clock, patients: Sequence[str]) -> list[str]:
    """Search parameters that the server takes no notice of: a search for a code that nobody has must find nothing."""
    found: list[str] = []
    for patient_id in patients:
        answer = await _one(access, fhir, clock, f"Observation?patient={patient_id}&code={NO_SUCH_CODE}&_count=1")
        if answer is not None and bundles.resources(answer).resources:
            found.append("the search parameter code of Observation")
    return found


async def _one(access: Access, fhir: FhirClient, clock: Clock, query: str) -> Resource | None:
    """The first page of a query."""
    pages = (await fhir.fetch(access, {"one": query}, _deadline(clock)))["one"].pages
    return pages[0] if pages else None


def _deadline(clock: Clock) -> Deadline:
    until = clock.steady() + QUERY_S
    return Deadline(clock, until, 0.0, until)
