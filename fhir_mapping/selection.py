"""Which resources and values count: one version of each resource, one encounter, one value per minute."""

from collections.abc import Iterable, Sequence

from fhir_mapping.fields import Resource, moment, name_of, number, obj, reference_id, text
from fhir_mapping.issues import MappingIssue
from twin_engine.patient.contradiction import contradict, in_one_minute
from twin_engine.patient.record import Measurement, sorted_by_time
from twin_engine.patient.variables import VARIABLES

_RANK = {"nurse_validated": 0, "laboratory": 0, "device": 1, "unknown": 2}
MIC = "_mic"
_OPEN = frozenset({"in-progress", "onleave"})


def newest_versions(resources: Iterable[Resource]) -> tuple[list[Resource], list[MappingIssue]]:
    """Each resource once, by type and id: the same one comes in several prefetch keys or pages, and may have changed."""
    found: dict[object, Resource] = {}
    issues: list[MappingIssue] = []
    for i, resource in enumerate(resources):
        kind, identity = text(resource.get("resourceType")), text(resource.get("id"))
        key = i if kind is None or identity is None else (kind, identity)
        other = found.get(key)
        if other is None:
            found[key] = resource
        elif other != resource:
            issues.append(MappingIssue(name_of(resource), "duplicate", "two versions of one resource"))
            found[key] = max(other, resource, key=_version)
    return list(found.values()), issues


def _version(resource: Resource) -> tuple[float, float]:
    meta = obj(resource.get("meta"))
    updated = moment(meta.get("lastUpdated"))
    return (0.0 if updated is None else updated.timestamp(), number(meta.get("versionId")) or 0.0)


def encounter_family(encounter_id: str | None, encounters: Sequence[Resource]) -> frozenset[str] | None:
    """Ids of the current encounter, of those it is part of and of its parts; None when no encounter is known to be current.

    Without an id the one open encounter is current, or the open one that all other open ones are part of.
    """
    parents = {str(e.get("id")): reference_id(e.get("partOf")) for e in encounters}
    if encounter_id is None:
        open_ones = {str(e.get("id")) for e in encounters if text(e.get("status")) in _OPEN}
        roots = {i for i in open_ones if parents.get(i) not in open_ones}
        if len(roots) != 1:
            return None
        (encounter_id,) = roots
    family = {encounter_id}
    above = parents.get(encounter_id)
    while above is not None and above not in family:
        family.add(above)
        above = parents.get(above)
    while below := {i for i, parent in parents.items() if parent in family and i not in family}:
        family |= below
    return frozenset(family)


def one_value_a_minute(
    found: Iterable[tuple[Measurement, bool]],
) -> tuple[tuple[Measurement, ...], list[MappingIssue]]:
    """One value per variable, minute, specimen and site (second of a pair = preliminary); amounts that add up all stay.

    Final before preliminary, validated and laboratory before device before unknown, then the one that came out last. Of
    the inhibitory concentrations of several isolates of one sample the highest counts: the dose has to reach all of them.
    A drug level, or a variable's newest value, that contradicts another of its minute is a conflict.
    """
    kept: dict[tuple[object, ...], tuple[Measurement, bool]] = {}
    dropped: list[tuple[Measurement, Measurement, bool]] = []
    for i, pair in enumerate(found):
        m = pair[0]
        minute = m.time.replace(second=0, microsecond=0)
        key = (m.variable, minute, m.specimen, m.site, i if VARIABLES[m.variable].adds_up else None)
        other = kept.setdefault(key, pair)
        if other is not pair:
            better, worse = sorted((other, pair), key=_by_resistance if m.variable.endswith(MIC) else _order)
            kept[key] = better
            dropped.append((worse[0], better[0], worse[1] == better[1]))
    measurements = sorted_by_time(pair[0] for pair in kept.values())
    last = {m.variable: m.time for m in measurements}
    issues: list[MappingIssue] = []
    for worse, better, same_standing in dropped:
        if better.variable.endswith(MIC):
            if contradict(worse, better):
                words = "several isolates of one sample: the highest inhibitory concentration counts"
                issues.append(MappingIssue(f"Observation/{worse.id or '?'}", "assumed", words, worse.variable))
            continue
        counts = VARIABLES[better.variable].kind == "level" or better.time == last[better.variable]
        code = "conflicting" if counts and same_standing and contradict(worse, better) else "duplicate"
        issues.append(MappingIssue(f"Observation/{worse.id or '?'}", code, in_one_minute(worse.variable), worse.variable))
    return measurements, issues


def _by_resistance(pair: tuple[Measurement, bool]) -> tuple[float, bool]:
    m, _ = pair
    return -(m.value or 0.0), m.comparator not in {">", ">="}


def _order(pair: tuple[Measurement, bool]) -> tuple[bool, int, float, str]:
    m, preliminary = pair
    return preliminary, _RANK[m.source], -m.available.timestamp() if m.available else 0.0, m.id or ""
