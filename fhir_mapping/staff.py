"""Who reads the cards and where the patient lies: roles of a PractitionerRole, and the ward of an Encounter.

Roles are codes of the HL7 code system practitioner-role, or a site's own as "system|code". Nothing is read from names.
"""

from collections.abc import Iterable, Iterator, Mapping

from fhir_mapping.fields import Resource, codings, obj, objs, reference_id, text

PRACTITIONER_ROLE = "http://terminology.hl7.org/CodeSystem/practitioner-role"
STANDARD: Mapping[str, str] = {
    f"{PRACTITIONER_ROLE}|doctor": "prescriber",
    f"{PRACTITIONER_ROLE}|nurse": "nurse",
    f"{PRACTITIONER_ROLE}|pharmacist": "pharmacist",
}


def codes(resources: Iterable[Resource], user_id: str) -> frozenset[str]:
    """What the user ("PractitionerRole/x" or "Practitioner/x") is, as "system|code"."""
    kind, _, identity = user_id.rpartition("/")
    mine = (r for r in resources if text(r.get("resourceType")) == "PractitionerRole" and r.get("active") is not False)
    return frozenset(key for resource in mine if _is_of(resource, kind, identity) for key in _codes(resource))


def role(held: Iterable[str], own: Mapping[str, str]) -> str | None:
    """The role that the codes stand for where all known ones agree; else None. `own`: the site's codes."""
    known = {**STANDARD, **own}
    found = {known[key] for key in held if key in known}
    return found.pop() if len(found) == 1 else None


def unit(resources: Iterable[Resource], encounter_id: str | None) -> str | None:
    """Id of the Location where the patient of this Encounter lies now; None where that is not known."""
    for resource in resources:
        if text(resource.get("resourceType")) == "Encounter" and text(resource.get("id")) == encounter_id:
            places = objs(resource.get("location"))
            now = [p for p in places if text(p.get("status")) == "active"] or [p for p in places if _open(p)]
            return reference_id(now[-1].get("location")) if now else None
    return None


def _is_of(resource: Resource, kind: str, identity: str) -> bool:
    if kind == "PractitionerRole":
        return text(resource.get("id")) == identity
    return kind == "Practitioner" and reference_id(resource.get("practitioner")) == identity


def _codes(resource: Resource) -> Iterator[str]:
    for concept in objs(resource.get("code")):
        yield from (f"{system}|{code}" for system, code in codings(concept))


def _open(place: Resource) -> bool:
    return not place.get("status") and not obj(place.get("period")).get("end")
