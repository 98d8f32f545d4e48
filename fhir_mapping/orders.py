"""Draft orders of a hook into proposed orders, and a changed order back into the full resource it came from."""

import copy
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, cast

from fhir_mapping.bundles import resources
from fhir_mapping.codes import SiteCodes, standard
from fhir_mapping.fields import Resource, name_of, obj, objs, reference_id, text
from fhir_mapping.issues import MappingIssue
from fhir_mapping.requests import read_request
from twin_engine.patient.record import Order
from twin_engine.scenario import AS_ORDERED

STOPS = frozenset({"stopped", "cancelled"})
UCUM = "http://unitsofmeasure.org"


@dataclass(frozen=True, slots=True)
class Draft:
    """One drafted request: reference, raw resource, plain orders, whose it is, and what of it could not be read.

    `drug` None = nothing of ours (another drug, another kind of order).
    """

    reference: str
    resource: Resource
    orders: tuple[Order, ...]
    patient_id: str | None
    status: str | None
    problems: tuple[MappingIssue, ...]
    drug: str | None


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


def rewritten(draft: Draft, order: Order) -> dict[str, Any]:
    """The draft's whole resource with the dose, interval and infusion time (or the rate) of `order`; everything else,
    unknown extensions included, as it came. The free text of the dosage is dropped: it would contradict the new dose.

    Raises ValueError for a draft whose dosage is not one single instruction, or an order of another kind.
    """
    resource = copy.deepcopy(dict(draft.resource))
    dosages = objs(resource.get("dosageInstruction"))
    if len(dosages) != 1 or not draft.orders:
        raise ValueError("only an order with one dosage instruction can be changed")
    dosage = cast("dict[str, Any]", dosages[0])
    for name in ("text", "patientInstruction", "_text", "doseQuantity", "rateQuantity", "rateRatio"):
        dosage.pop(name, None)
    kept = objs(dosage.get("doseAndRate"))
    ordered = dict(kept[0]) if len(kept) == 1 else {}
    for name in ("doseQuantity", "doseRange", "rateQuantity", "rateRange", "rateRatio"):
        ordered.pop(name, None)
    if order.rate is not None:
        ordered["rateQuantity"] = _quantity(order.rate, order.unit or "")
    elif order.amount is not None:
        ordered["doseQuantity"] = _quantity(order.amount, order.unit or "")
        if order.infusion_h:
            ordered["rateQuantity"] = _quantity(order.amount / order.infusion_h, f"{order.unit}/h")
    else:
        raise ValueError("an order without a dose")
    dosage["doseAndRate"] = [ordered]
    if order.interval_h is not None:
        _set_interval(dosage, order.interval_h)
    resource["dosageInstruction"] = [dosage]
    # The shapes some clients send (an object where R4 has a list, no intent) are mended: what we emit is valid R4.
    if isinstance(resource.get("category"), Mapping):
        resource["category"] = [resource["category"]]
    resource.setdefault("intent", "order")
    resource.setdefault("status", "draft")
    return resource


def _set_interval(dosage: dict[str, Any], interval_h: float) -> None:
    timing = dict(obj(dosage.get("timing")))
    repeat = dict(obj(timing.get("repeat")))
    for name in (
        "frequency",
        "frequencyMax",
        "period",
        "periodMax",
        "periodUnit",
        "duration",
        "durationMax",
        "durationUnit",
        "timeOfDay",
        "when",
    ):
        repeat.pop(name, None)
    repeat.update({"frequency": 1, "period": _plain(interval_h), "periodUnit": "h"})
    timing.pop("code", None)
    timing.pop("event", None)
    timing["repeat"] = repeat
    dosage["timing"] = timing


def _quantity(value: float, unit: str) -> dict[str, Any]:
    return {"value": _plain(value), "unit": unit, "system": UCUM, "code": unit}


def _plain(value: float) -> float | int:
    rounded = round(value, 4)
    return int(rounded) if float(rounded).is_integer() else rounded
