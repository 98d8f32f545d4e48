"""Fluids that go into a vein: which product of ours was given or ordered, and which is a fluid that is not modelled.

An isotonic crystalloid is known by a code of its product, by its RxNorm name, which states every strength, or by a strength of
sodium chloride beside its ingredient. Sodium chloride alone names no tonicity: 0.45, 3 and 23.4 % exist.

Sodium chloride in RxNorm names, mg/mL (labels of the products): 9 in 0.9 %, 6 in lactated Ringer's, 5.26 in Plasma-Lyte A and
Normosol-R; 1 mmol has 58.44 mg.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from math import isclose
from typing import Final

from fhir_mapping.amounts import Medication
from fhir_mapping.codes import RXNORM, SAME_SYSTEM, SNOMED, SiteCodes
from fhir_mapping.fields import Resource, codings, obj, objs, quantity, reference_id, text
from fhir_mapping.routes import way_of_form, way_of_words
from twin_engine.patient.fluids import FLUIDS
from twin_engine.patient.units import UnitError, convert

UNMODELLED: Final = "fluid_not_modelled"
"""Products whose tonicity their code leaves open, or of which no model here says what stays in the blood."""
NOT_COUNTED: Final = "a fluid whose tonicity is not told by its code, or that is not modelled: not counted"
CARRIER: Final = "a fluid that carries a drug: not counted as given for its volume"
FLUSH_ML: Final = 50.0
"""Less is a flush of a line: prefilled syringes hold up to 20 mL, the smallest bag for an infusion 50."""
_SALINE: Final = frozenset({(RXNORM, "9863"), (SNOMED, "387390002")})
"""Sodium chloride as an ingredient."""
_ISOTONIC_MG_PER_ML: Final = 9.0
_COMPOSED: Final = {
    frozenset({"sodium chloride"}): ("sodium_chloride", 9.0),
    frozenset({"calcium chloride", "potassium chloride", "sodium chloride", "sodium lactate"}): ("ringer_lactate", 6.0),
    frozenset({"magnesium chloride", "potassium chloride", "sodium acetate", "sodium chloride", "sodium gluconate"}): (
        "balanced_crystalloid",
        5.26,
    ),
}
"""Ingredients of an RxNorm name: the fluid, and its sodium chloride, mg/mL."""
_SAME: Final = 0.02
_MG_PER_MEQ: Final = 58.44
_PART: Final = re.compile(r"^(?P<name>[a-z, ]+?) (?P<value>[0-9.]+) (?P<unit>mg|meq)/ml(?P<form> inject(ion|able solution))?$")
_BRAND: Final = re.compile(r"\s*\[[^\]]*\]\s*$")
_QUANTITY: Final = re.compile(r"^\d+(\.\d+)?\s+ml\s+")


def fluid(resource: Resource, codes: SiteCodes, medications: Mapping[str, Resource]) -> Medication | str | None:
    """The fluid of ours that a request or administration is about, why one is not counted, or None = no fluid."""
    product = _product(resource, medications)
    concepts = [c for c in (resource.get("medicationCodeableConcept"), product.get("code")) if c]
    name = _name(concepts, objs(product.get("ingredient")), codes)
    if name not in FLUIDS:
        return NOT_COUNTED if name == UNMODELLED else None
    ways = {way_of_words(w for c in concepts for w in _said(c)), way_of_form(product)}
    return Medication(name, per_ml=1.0, way="other" if "other" in ways else "iv", composition=FLUIDS[name])


def carries(resource: Resource, codes: SiteCodes) -> bool:
    """Whether an administration is charted under a heading of drugs: the fluid carries one."""
    headings = ((SAME_SYSTEM.get(system, system), code) for system, code in codings(resource.get("category")))
    return any(key in codes.carriers for key in headings)


def _name(concepts: Sequence[object], ingredients: Sequence[Resource], codes: SiteCodes) -> str:
    keys = [(SAME_SYSTEM.get(system, system), code) for concept in concepts for system, code in codings(concept)]
    coded = [codes.products[key].name for key in keys if key in codes.products]
    named = [_by_rxnorm_name(concept) for concept in concepts] if any(system == RXNORM for system, _ in keys) else []
    told = {name for name in (*coded, *named) if name is not None and name in FLUIDS}
    if len(told) == 1:
        return told.pop()
    if told or UNMODELLED in coded:
        return UNMODELLED
    salt = not ingredients and not _SALINE.isdisjoint(keys)
    if len(ingredients) == 1:
        salt = not _SALINE.isdisjoint(codings(ingredients[0].get("itemCodeableConcept")))
        if salt and _isotonic(ingredients[0].get("strength")):
            return "sodium_chloride"
    return UNMODELLED if salt else ""


def _isotonic(strength: object) -> bool:
    top, bottom = quantity(obj(strength).get("numerator")), quantity(obj(strength).get("denominator"))
    if top is None or bottom is None or bottom[0] <= 0:
        return False
    try:
        found = convert(top[0], top[1], "mg") / convert(bottom[0], bottom[1], "mL")
    except (UnitError, ZeroDivisionError):
        return False
    return isclose(found, _ISOTONIC_MG_PER_ML, rel_tol=_SAME)


def _by_rxnorm_name(concept: object) -> str | None:
    """The fluid whose whole composition the display of an RxNorm coding states."""
    for coding in objs(obj(concept).get("coding")):
        if text(coding.get("system")) != RXNORM:
            continue
        shown = (text(coding.get("display")) or "").lower()
        parts = [_PART.match(part.strip()) for part in _QUANTITY.sub("", _BRAND.sub("", shown)).split(" / ")]
        read = [part for part in parts if part is not None]
        if len(read) < len(parts) or read[-1]["form"] is None:
            continue
        found, salt = _COMPOSED.get(frozenset(part["name"] for part in read), ("", 0.0))
        own = [float(p["value"]) * (_MG_PER_MEQ if p["unit"] == "meq" else 1.0) for p in read if p["name"] == "sodium chloride"]
        if found and isclose(own[0], salt, rel_tol=_SAME):
            return found
    return None


def _product(resource: Resource, medications: Mapping[str, Resource]) -> Resource:
    reference = obj(resource.get("medicationReference"))
    if not reference:
        return {}
    inside = {f"#{text(c.get('id'))}": c for c in objs(resource.get("contained"))}
    return inside.get(text(reference.get("reference")) or "") or medications.get(reference_id(reference) or "", {})


def _said(concept: object) -> Iterator[str | None]:
    item = obj(concept)
    yield text(item.get("text"))
    yield from (text(c.get("display")) for c in objs(item.get("coding")))
