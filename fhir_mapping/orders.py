"""Draft orders of a hook into proposed orders; `rewriting` goes the other way."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime

from fhir_mapping.bundles import resources
from fhir_mapping.codes import SiteCodes, standard
from fhir_mapping.drafts import Draft
from fhir_mapping.fields import Resource, name_of, reference_id, text
from fhir_mapping.groups import CHOICE, contained, to_choose_from
from fhir_mapping.issues import MappingIssue
from fhir_mapping.nutrition import read_nutrition
from fhir_mapping.requests import read_request
from fhir_mapping.rewriting import rewritten
from fhir_mapping.ventilator import read_settings
from twin_engine.patient.record import VENTILATOR, Order
from twin_engine.scenario import AS_ORDERED

__all__ = ["Draft", "read_drafts", "rewritten"]

TOGETHER = "the single and the regular dose are taken to begin together, as the regular one states no later start"
STOPS = frozenset({"stopped", "cancelled"})


def read_drafts(
    bundle: object, *, at: datetime, medications: Mapping[str, Resource] | None = None, site: SiteCodes | None = None
) -> tuple[Draft, ...]:
    """Every request of a draftOrders Bundle, with or without type and fullUrl, and those that a RequestGroup contains.

    `medications`: referenced Medication resources by id. Orders start at `at` unless they say otherwise.
    """
    codes = standard() if site is None else standard().also(site)
    found = resources(bundle).resources
    known = {**{str(r.get("id")): r for r in found if r.get("resourceType") == "Medication"}, **(medications or {})}
    choices = to_choose_from(found)
    drafts = [_draft(r, codes, known, at) for r in found if _orderable(r)]
    drafts += [_inside(r, group, codes, known, at) for group in found for r in contained(group) if _orderable(r)]
    loaded = {d.drug for d in drafts if any(_single(o) and o.start == at for o in d.orders)}
    drafts = [_beside_a_load(d) if d.drug in loaded and any(_begins(o, at) for o in d.orders) else d for d in drafts]
    return tuple(_with_choice(d) if d.reference in choices else d for d in drafts)


def _single(order: Order) -> bool:
    return order.amount is not None and order.interval_h is None and not order.as_needed


def _begins(order: Order, at: datetime) -> bool:
    return order.start == at and order.interval_h is not None


def _beside_a_load(draft: Draft) -> Draft:
    return replace(draft, remarks=(*draft.remarks, MappingIssue(draft.reference, "assumed", TOGETHER, draft.drug)))


def _orderable(resource: Resource) -> bool:
    return (text(resource.get("resourceType")) or "").endswith(("Request", "Order"))


def _draft(resource: Resource, codes: SiteCodes, medications: Mapping[str, Resource], at: datetime) -> Draft:
    kind, status = text(resource.get("resourceType")), text(resource.get("status"))
    owner = reference_id(resource.get("subject")) or reference_id(resource.get("patient"))
    empty = Draft(name_of(resource), resource, (), owner, status, (), None)
    if status == "entered-in-error":
        return empty
    if kind == "NutritionOrder":
        found = list(_nutrition(resource, at))
        orders = tuple(f for f in found if isinstance(f, Order))
        return replace(empty, orders=orders, problems=tuple(f for f in found if isinstance(f, MappingIssue)))
    if kind == "DeviceRequest":
        return _ventilator(empty, codes, at)
    if kind != "MedicationRequest":
        return empty
    read = read_request(resource, codes, medications, label=AS_ORDERED, stopping=STOPS, begins=at)
    return replace(
        empty,
        drug=read.drug,
        problems=read.problems,
        orders=tuple(_not_before(o, at) for o in read.orders),
        remarks=read.remarks,
        written_per_amount=read.written_per_amount,
    )


def _ventilator(empty: Draft, codes: SiteCodes, at: datetime) -> Draft:
    found = read_settings(empty.resource, codes, label=AS_ORDERED, at=at)
    if not found:
        return empty
    problems = tuple(f for f in found if isinstance(f, MappingIssue))
    return replace(empty, drug=VENTILATOR, orders=tuple(f for f in found if isinstance(f, Order)), problems=problems)


def _not_before(order: Order, at: datetime) -> Order:
    return replace(order, start=at if order.start is None else max(order.start, at))


def _nutrition(resource: Resource, at: datetime) -> Iterator[Order | MappingIssue]:
    found = read_nutrition(resource, label=AS_ORDERED)
    if found is not None:
        yield _not_before(found, at) if isinstance(found, Order) else found


def _inside(resource: Resource, group: Resource, codes: SiteCodes, medications: Mapping[str, Resource], at: datetime) -> Draft:
    """A request that a group contains: it has the group's patient, status and place unless it says otherwise."""
    whole = name_of(group)
    draft = _draft({"status": group.get("status"), "subject": group.get("subject"), **resource}, codes, medications, at)
    return replace(draft, reference=f"{whole}#{text(resource.get('id')) or '?'}"[:240], resource=resource, within=whole)


def _with_choice(draft: Draft) -> Draft:
    return replace(draft, problems=(*draft.problems, MappingIssue(draft.reference, "assumed", CHOICE, draft.drug)))
