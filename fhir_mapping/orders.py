"""Draft orders of a hook into proposed orders; `rewriting` goes the other way."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from fhir_mapping.bundles import resources
from fhir_mapping.codes import SiteCodes, standard
from fhir_mapping.drafts import Draft
from fhir_mapping.fields import Resource, name_of, reference_id, text
from fhir_mapping.requests import read_request
from fhir_mapping.rewriting import rewritten
from twin_engine.scenario import AS_ORDERED

__all__ = ["Draft", "read_drafts", "rewritten"]

STOPS = frozenset({"stopped", "cancelled"})


def read_drafts(
    bundle: object, *, at: datetime, medications: Mapping[str, Resource] | None = None, site: SiteCodes | None = None
) -> tuple[Draft, ...]:
    """Every request of a draftOrders Bundle, with or without type and fullUrl; RequestGroups bring no order of their own.

    `medications`: referenced Medication resources by id. Orders start at `at` unless they say otherwise.
    """
    codes = standard() if site is None else standard().also(site)
    found = resources(bundle).resources
    known = {**{str(r.get("id")): r for r in found if r.get("resourceType") == "Medication"}, **(medications or {})}
    return tuple(_draft(r, codes, known, at) for r in found if _orderable(r))


def _orderable(resource: Resource) -> bool:
    return (text(resource.get("resourceType")) or "").endswith(("Request", "Order"))


def _draft(resource: Resource, codes: SiteCodes, medications: Mapping[str, Resource], at: datetime) -> Draft:
    drug, orders, problems = None, (), ()
    status = text(resource.get("status"))
    if resource.get("resourceType") == "MedicationRequest" and status != "entered-in-error":
        read = read_request(resource, codes, medications, label=AS_ORDERED, stopping=STOPS)
        drug, problems = read.drug, read.problems
        orders = tuple(replace(o, start=at if o.start is None else max(o.start, at)) for o in read.orders)
    owner = reference_id(resource.get("subject")) or reference_id(resource.get("patient"))
    return Draft(name_of(resource), resource, orders, owner, status, problems, drug)
