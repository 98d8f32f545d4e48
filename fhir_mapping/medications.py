"""Which drugs of ours a request or administration is about: its own codes, a contained or referenced Medication, or the
ingredients of a mixture, each with its strength; and the way into the body that the product leaves.
"""

from collections.abc import Mapping
from dataclasses import replace

from fhir_mapping.amounts import Medication, milligrams, strength
from fhir_mapping.codes import SAME_SYSTEM, Code, SiteCodes
from fhir_mapping.combinations import ALONE, COMBINED, names_a_partner
from fhir_mapping.fields import Resource, codings, obj, objs, quantity, reference_id, text
from fhir_mapping.names import by_rxnorm_name
from fhir_mapping.prodrugs import FOSPHENYTOIN
from fhir_mapping.routes import Route, way_of_form, way_of_words


def identify(
    resource: Resource, codes: SiteCodes, medications: Mapping[str, Resource] | None = None
) -> tuple[Medication, ...] | None:
    """The drugs of ours; empty = another drug, None = a Medication that is referred to but not at hand."""
    own = _of_concept(resource.get("medicationCodeableConcept"), codes)
    if own is not None:
        return (own,)
    if not obj(resource.get("medicationReference")):
        return ()
    known = medications or {}
    found = _referenced(resource, known)
    if found is None:
        return None
    whole = _of_concept(found.get("code"), codes) or _by_identifier(found, codes)
    parts = _ingredients(found, codes, known)
    form = way_of_form(found)
    if whole is None:
        return tuple(replace(part, way=form or part.way) for part in parts.values())
    part = parts.get(whole.drug)
    alone = whole.alone and len(objs(found.get("ingredient"))) <= 1
    return (
        replace(
            whole,
            per_ml=None if part is None else part.per_ml,
            in_mg=part is not None and part.in_mg,
            way=whole.way or form,
            alone=alone,
            partnered=whole.partnered or (part is not None and part.partnered),
        ),
    )


def _ingredients(medication: Resource, codes: SiteCodes, medications: Mapping[str, Resource]) -> dict[str, Medication]:
    """Ingredients of ours by drug. What is in twice adds up; one unknown strength makes the sum unknown."""
    found: dict[str, Medication] = {}
    ingredients = objs(medication.get("ingredient"))
    said = [words for i in ingredients for words in _words(i.get("itemCodeableConcept"))]
    for ingredient in ingredients:
        one = _of_concept(ingredient.get("itemCodeableConcept"), codes)
        inner = medications.get(reference_id(ingredient.get("itemReference")) or "")
        if one is None and inner is not None:
            one = _of_concept(inner.get("code"), codes) or _by_identifier(inner, codes)
        if one is None:
            continue
        per_ml = strength(ingredient.get("strength"), one.drug)
        if one.drug in found:
            before = found[one.drug].per_ml
            per_ml = None if per_ml is None or before is None else per_ml + before
        partnered = one.partnered or (one.drug != COMBINED and names_a_partner(said))
        weighed = milligrams(quantity(obj(ingredient.get("strength")).get("numerator")))
        found[one.drug] = replace(
            one, per_ml=per_ml, alone=one.alone and len(ingredients) == 1, in_mg=weighed, partnered=partnered
        )
    return found


def _of_concept(concept: object, codes: SiteCodes) -> Medication | None:
    """By any code of ours, the one that also says the way first; else by its RxNorm name."""
    keys = [(SAME_SYSTEM.get(system, system), code) for system, code in codings(concept)]
    known = [_by_code(key, codes) for key in keys if key in codes.drugs]
    if not known:
        return by_rxnorm_name(concept)
    first = known[0]
    ways = {m.way for m in known if m.drug == first.drug and m.way is not None} | {_said(concept)} - {None}
    return replace(
        first,
        way="other" if "other" in ways else "iv" if "iv" in ways else None,
        alone=all(m.alone for m in known),
        partnered=first.drug != COMBINED and names_a_partner(_words(concept)),
    )


def _said(concept: object) -> Route | None:
    """The way that the words beside the codes name: ingredient codes often stand beside "vancomycin 125 mg oral capsule"."""
    return way_of_words(_words(concept))


def _words(concept: object) -> list[str | None]:
    item = obj(concept)
    return [text(item.get("text")), *(text(c.get("display")) for c in objs(item.get("coding")))]


def _by_code(key: Code, codes: SiteCodes) -> Medication:
    meaning = codes.drugs[key]
    way: Route | None = "iv" if meaning.route == "iv" else "other" if meaning.route == "other" else None
    return Medication(meaning.name, way=way, alone=key in ALONE, prodrug=key in FOSPHENYTOIN)


def _by_identifier(medication: Resource, codes: SiteCodes) -> Medication | None:
    keys = [(text(i.get("system")) or "", text(i.get("value")) or "") for i in objs(medication.get("identifier"))]
    return next((_by_code(key, codes) for key in keys if key in codes.drugs), None)


def _referenced(resource: Resource, medications: Mapping[str, Resource]) -> Resource | None:
    reference = text(obj(resource.get("medicationReference")).get("reference")) or ""
    if reference.startswith("#"):
        return next((c for c in objs(resource.get("contained")) if text(c.get("id")) == reference[1:]), None)
    return medications.get(reference_id(resource.get("medicationReference")) or "")
