"""Which drugs of ours a request or administration is about: its own codes, a contained or referenced Medication, or the
ingredients of a mixture, each with its strength.
"""

from collections.abc import Mapping

from fhir_mapping.amounts import Medication, strength
from fhir_mapping.codes import SiteCodes
from fhir_mapping.fields import Resource, codings, obj, objs, reference_id, text


def identify(
    resource: Resource, codes: SiteCodes, medications: Mapping[str, Resource] | None = None
) -> tuple[Medication, ...] | None:
    """The drugs of ours; empty = another drug, None = a Medication that is referred to but not at hand."""
    own = _by_codes(resource.get("medicationCodeableConcept"), codes)
    if own is not None:
        return (Medication(own),)
    if not obj(resource.get("medicationReference")):
        return ()
    known = medications or {}
    found = _referenced(resource, known)
    if found is None:
        return None
    whole = _by_codes(found.get("code"), codes) or _by_identifier(found, codes)
    parts = _ingredients(found, codes, known)
    if whole is None:
        return tuple(parts.values())
    return (parts.get(whole, Medication(whole)),)


def _ingredients(medication: Resource, codes: SiteCodes, medications: Mapping[str, Resource]) -> dict[str, Medication]:
    """Ingredients of ours by drug. What is in twice adds up; one unknown strength makes the sum unknown."""
    found: dict[str, Medication] = {}
    for ingredient in objs(medication.get("ingredient")):
        drug = _by_codes(ingredient.get("itemCodeableConcept"), codes)
        inner = medications.get(reference_id(ingredient.get("itemReference")) or "")
        if drug is None and inner is not None:
            drug = _by_codes(inner.get("code"), codes) or _by_identifier(inner, codes)
        if drug is None:
            continue
        per_ml = strength(ingredient.get("strength"), drug)
        if drug in found:
            before = found[drug].per_ml
            per_ml = None if per_ml is None or before is None else per_ml + before
        found[drug] = Medication(drug, per_ml)
    return found


def _by_codes(concept: object, codes: SiteCodes) -> str | None:
    return next((codes.drugs[key].name for key in codings(concept) if key in codes.drugs), None)


def _by_identifier(medication: Resource, codes: SiteCodes) -> str | None:
    keys = [(text(i.get("system")) or "", text(i.get("value")) or "") for i in objs(medication.get("identifier"))]
    return next((codes.drugs[key].name for key in keys if key in codes.drugs), None)


def _referenced(resource: Resource, medications: Mapping[str, Resource]) -> Resource | None:
    reference = text(obj(resource.get("medicationReference")).get("reference")) or ""
    if reference.startswith("#"):
        return next((c for c in objs(resource.get("contained")) if text(c.get("id")) == reference[1:]), None)
    return medications.get(reference_id(resource.get("medicationReference")) or "")
