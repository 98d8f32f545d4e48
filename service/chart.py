"""Gathering the chart of one call: what came with it first, then what is missing over REST, all within one deadline.

Each prefetch key is present, null (known to be nothing), absent, or failed; absent and failed keys are fetched when the
client gave us a server that it may name. Required keys that cannot be had end the call; optional ones are reported.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from fhir_mapping import bundles, prefetch
from fhir_mapping.bundles import Prefetched
from fhir_mapping.fields import obj, text
from service.addresses import normalised_base, within
from service.call import HookCall, JsonObject
from service.deadline import Deadline
from service.errors import DataUnavailable
from service.fhir_client import Access, Fetched, FhirClient
from service.observability import log
from service.settings import Tenant
from service.templates import FURTHER, asked, filled

MOST_MEDICATIONS = 40
_MEDICATION = re.compile(r"Medication/([A-Za-z0-9\-._]{1,255})(?:/_history/[A-Za-z0-9\-._]+)?")


@dataclass(frozen=True, slots=True)
class Chart:
    """The resources of one patient, and which optional data could not be had, in words."""

    resources: tuple[JsonObject, ...]
    incomplete: tuple[str, ...]

    @property
    def medications(self) -> dict[str, JsonObject]:
        """Medication resources by id."""
        return {str(r["id"]): r for r in self.resources if r.get("resourceType") == "Medication" and "id" in r}


def access_of(call: HookCall, tenant: Tenant, fhir: FhirClient) -> Access | None:
    """The server that this call may be answered from, with room for the answers, or None. An address that is not configured is
    never contacted."""
    if call.fhir_server is None:
        return None
    base = normalised_base(call.fhir_server)
    if base is None or not tenant.allows(base):
        log.warning("fhir_server_refused", tenant=tenant.name, why="not configured for this client")
        return None
    return Access(base, call.access_token, fhir.room())


async def gather(
    call: HookCall,
    drugs: Sequence[str],
    access: Access | None,
    fhir: FhirClient,
    deadline: Deadline,
    further: Mapping[str, str] | None = None,
) -> Chart:
    """The chart needed for these drugs. Raises DataUnavailable naming the required keys that could not be had. `further`:
    queries whose answers are read when they can be had, and not missed otherwise."""
    needed = filled(asked(tuple(drugs), call), call)
    queries = {**needed, **(further or {})}
    # In one order in every process: the digest of a chart, by which its twin is found again, reads the rows as they come.
    keys = dict.fromkeys((*queries, *FURTHER))
    sent = {key: bundles.resources(call.prefetch[key]) for key in keys if key in call.prefetch}
    supplied = {key: value for key, value in sent.items() if value.state != "failed"}
    required = prefetch.required_keys(call.hook) & queries.keys()
    fetched: dict[str, Fetched] = {}
    if access is not None:
        missing = {key: query for key, query in queries.items() if key not in supplied}
        next_pages = {key: value.next_url for key, value in supplied.items() if value.next_url is not None}
        fetched = await fhir.fetch(access, missing | next_pages, deadline, required)
    lost = sorted(key for key in required if key not in supplied and _lost(fetched.get(key)))
    if lost:
        raise DataUnavailable(tuple(lost))
    resources = [resource for value in supplied.values() for resource in value.resources]
    resources += [r for one in fetched.values() for page in one.pages for r in bundles.resources(page).resources]
    resources += await _medications(resources, access, fhir, deadline)
    return Chart(tuple(resources), tuple(_incomplete(needed, supplied, fetched)))


async def referenced(call: HookCall, access: Access | None, fhir: FhirClient, deadline: Deadline) -> dict[str, JsonObject]:
    """Medication resources that the drafts refer to, from the call itself or from the server."""
    drafted = list(bundles.resources(call.drafts).resources)
    if not any("medicationReference" in resource for resource in drafted):
        return Chart(tuple(drafted), ()).medications
    sent = [r for value in call.prefetch.values() for r in bundles.resources(value).resources]
    known = [*drafted, *sent]
    fetched = await _medications(drafted, access, fhir, deadline, known)
    return Chart((*known, *fetched), ()).medications


async def _medications(
    resources: Iterable[JsonObject],
    access: Access | None,
    fhir: FhirClient,
    deadline: Deadline,
    known: Iterable[JsonObject] | None = None,
) -> list[JsonObject]:
    listed = list(resources)
    have = Chart(tuple(listed if known is None else known), ()).medications
    if access is None:
        return []
    wanted = [i for i in dict.fromkeys(_medications_named(listed, access.base)) if i not in have][:MOST_MEDICATIONS]
    fetched = await fhir.fetch(access, {i: f"Medication/{i}" for i in wanted}, deadline, wanted)
    return [page for one in fetched.values() for page in one.pages if page.get("resourceType") == "Medication"]


def _medications_named(resources: Iterable[JsonObject], base: str) -> Iterator[str]:
    """Ids of the Medications that are referred to outside the resource, on the same server."""
    for resource in resources:
        reference = text(obj(resource.get("medicationReference")).get("reference")) or ""
        if "://" in reference:
            reference = (within(reference, base) or "").removeprefix(base + "/")
        found = _MEDICATION.fullmatch(reference)
        if found is not None:
            yield found[1]


def _lost(fetched: Fetched | None) -> bool:
    return fetched is None or fetched.failure is not None


def _incomplete(
    queries: Mapping[str, str], supplied: Mapping[str, Prefetched], fetched: Mapping[str, Fetched]
) -> Iterator[str]:
    for key in queries:
        found = fetched.get(key)
        if key in supplied:
            if supplied[key].cut and (found is None or not found.complete):
                yield f"{key}: more was charted than was sent"
        elif found is None:
            yield f"{key}: not sent"
        elif found.failure is not None:
            yield f"{key}: {found.failure}"
        elif not found.complete:
            yield f"{key}: only the newest part"
