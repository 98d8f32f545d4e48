"""Conditions and treatment limits that change what the twin may do."""

from fhir_mapping.codes import SiteCodes
from fhir_mapping.fields import Resource, codings, name_of, objs, period, text
from fhir_mapping.issues import MappingIssue
from twin_engine.patient.record import Condition

_ABSENT = frozenset({"entered-in-error", "refuted"})
_OVER = frozenset({"inactive", "remission", "resolved"})
_DO_NOT_RESUSCITATE = frozenset({("http://loinc.org", "75320-2"), ("http://snomed.info/sct", "304253006")})
_ABATED = ("abatementDateTime", "abatementBoolean", "abatementString", "abatementAge", "abatementPeriod", "abatementRange")


def read_conditions(resource: Resource, codes: SiteCodes) -> tuple[tuple[Condition, ...], tuple[MappingIssue, ...]]:
    """The conditions of ours that one Condition stands for; refuted, resolved and abated ones are an issue."""
    names = _names(resource.get("code"), codes)
    if not names:
        return (), ()
    verified = {code for _, code in codings(resource.get("verificationStatus"))}
    course = {code for _, code in codings(resource.get("clinicalStatus"))}
    abated = any(bool(resource.get(name)) for name in _ABATED)
    if verified & _ABSENT or course & _OVER or abated:
        return (), (MappingIssue(name_of(resource), "not_final", "refuted or resolved"),)
    onset, _ = period(resource, "onset")
    return tuple(Condition(name, onset) for name in names), ()


def _names(concept: object, codes: SiteCodes) -> tuple[str, ...]:
    """Type 1 diabetes with ketoacidosis is both: every table row that fits counts. Some systems leave out the dot of ICD."""
    found: dict[str, None] = {}
    for key in codings(concept):
        if key in codes.conditions:
            found[codes.conditions[key].name] = None
        bare = key[1].replace(".", "")
        for system, prefix, name in codes.condition_prefixes:
            if key[0] == system and bare.startswith(prefix.replace(".", "")):
                found[name] = None
    return tuple(found)


def limits_treatment(resource: Resource, codes: SiteCodes) -> bool:
    """Whether an active Flag or Consent, or a Procedure in progress (comfort measures), speaks of a limitation of treatment."""
    holds = "in-progress" if text(resource.get("resourceType")) == "Procedure" else "active"
    if text(resource.get("status")) != holds:
        return False
    concepts: list[object] = [resource.get("code"), resource.get("scope"), *objs(resource.get("category"))]
    return any(key in _DO_NOT_RESUSCITATE for c in concepts for key in codings(c)) or any(
        "limitation_of_treatment" in _names(c, codes) for c in concepts
    )
