"""Organ support: from Procedures, from the use of a device, and from parameters that only a running device has.

A charted effluent rate or circuit flow above zero is a sign that the support runs, whether or not somebody charted it as a
procedure: support that is not noticed would let models forecast for patients whom they were not built on.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from fhir_mapping.codes import SiteCodes
from fhir_mapping.fields import Resource, codings, name_of, obj, objs, period, quantity, reference_id, text
from fhir_mapping.issues import MappingIssue
from fhir_mapping.observations import USABLE
from twin_engine.patient.record import Procedure
from twin_engine.patient.units import UnitError, convert
from twin_engine.patient.variables import SUPPORT_IN_WORDS

PLANNED = "preparation"
NOT_DONE = frozenset({PLANNED, "not-done", "entered-in-error"})
NOT_IN_USE = frozenset({"entered-in-error", "intended"})
OVER = frozenset({"completed", "stopped"})
EFFLUENT_UNIT = "mL/h"
SIGN_LASTS = timedelta(hours=4)
"""Device parameters are charted every few hours: after this long without one the support is taken to have paused."""
HIGHEST_EFFLUENT_ML_PER_H = 20_000.0
"""Well above any continuous treatment; more is a volume or a mistake."""


@dataclass(frozen=True, slots=True)
class Sign:
    """One charted parameter of running support; `effluent_ml_per_h` where it is that rate."""

    procedure: str
    time: datetime
    effluent_ml_per_h: float | None


def read_procedure(
    resource: Resource, codes: SiteCodes, at: datetime, around: Sequence[Resource] = ()
) -> list[Procedure | MappingIssue]:
    """The organ support of ours that a Procedure or DeviceUseStatement charts, and remarks; empty for other things.

    at: what is planned for later is known to begin then, what was planned for earlier is not done.
    around: the chart's Devices, where a DeviceUseStatement says what is used.
    """
    concepts = [resource.get("code")]
    used = text(resource.get("resourceType")) == "DeviceUseStatement"
    if used:
        device = reference_id(resource.get("device"))
        concepts = [d.get("type") for d in around if device is not None and text(d.get("id")) == device]
        concepts += [obj(resource.get("device")).get("concept")]
    meaning = next((codes.procedures[key] for c in concepts for key in codings(c) if key in codes.procedures), None)
    if meaning is None:
        return []
    status = text(resource.get("status"))
    start, end = period(resource, "timing" if used else "performed")
    if status == PLANNED and start is not None and not used:
        words = f"{SUPPORT_IN_WORDS[meaning.name]} is planned for {start:%Y-%m-%d %H:%M}Z: the forecast is without it"
        planned = [Procedure(meaning.name, start, end)] if start > at else []  # type: ignore[arg-type]
        return [*planned, MappingIssue(name_of(resource), "assumed", words, meaning.name)]
    if status in (NOT_IN_USE if used else NOT_DONE):
        return [MappingIssue(name_of(resource), "not_final", "not done")]
    if end is None and status in OVER:
        end = start
    found: list[Procedure | MappingIssue] = [Procedure(meaning.name, start, end)]  # type: ignore[arg-type]
    if meaning.site == "unspecified":
        words = "dialysis of another kind, or of a kind that is not stated: counts as haemodialysis"
        found.append(MappingIssue(name_of(resource), "assumed", words))
    return found


def read_signs(resource: Resource, codes: SiteCodes) -> list[Sign | MappingIssue]:
    """What one Observation says of running support: its own value and those of its components."""
    found: list[Sign | MappingIssue] = []
    for part in (resource, *objs(resource.get("component"))):
        meaning = next((codes.signs[key] for key in codings(part.get("code")) if key in codes.signs), None)
        if meaning is None:
            continue
        start, end = period(resource, "effective")
        time, value = end or start, quantity(part.get("valueQuantity"))
        if text(resource.get("status")) not in USABLE or time is None or value is None:
            found.append(MappingIssue(name_of(resource), "no_value", "a parameter of organ support without value or time"))
            continue
        rate = _effluent(value, meaning.name)
        if value[0] > 0:
            found.append(Sign(meaning.name, time, rate))
    return found


def _effluent(value: tuple[float, str], procedure: str) -> float | None:
    if procedure != "crrt":
        return None
    try:
        rate = convert(value[0], value[1], EFFLUENT_UNIT)
    except UnitError:
        return None
    return rate if 0 < rate <= HIGHEST_EFFLUENT_ML_PER_H else None


def with_signs(
    procedures: Sequence[Procedure], signs: Iterable[Sign], at: datetime
) -> tuple[tuple[Procedure, ...], tuple[MappingIssue, ...]]:
    """The procedures with what the signs add: support that nobody charted, and the effluent of what was charted."""
    known = sorted((s for s in signs if s.time <= at), key=lambda s: s.time)
    found: list[Procedure] = []
    issues: list[MappingIssue] = []
    for procedure in procedures:
        own = [s for s in known if s.procedure == procedure.procedure and s.effluent_ml_per_h and _within(s, procedure)]
        found += _by_effluent(procedure, own)
        if own and procedure.start is not None and own[0].time - procedure.start > SIGN_LASTS:
            words = "the effluent rate before its first charting is taken to be that one"
            issues.append(MappingIssue("Procedure/crrt", "assumed", words))
    for name in dict.fromkeys(s.procedure for s in known):
        charted = [p for p in procedures if p.procedure == name]
        loose = [s for s in known if s.procedure == name and not any(_within(s, p) for p in charted)]
        for run in _runs(loose):
            end = None if at - run[-1].time <= SIGN_LASTS else run[-1].time
            found += _by_effluent(Procedure(name, run[0].time, end), [s for s in run if s.effluent_ml_per_h])  # type: ignore[arg-type]
            issues.append(
                MappingIssue(f"Observation/{name}", "assumed", f"{name} is known from charted device parameters only")
            )
    return tuple(dict.fromkeys(found)), tuple(dict.fromkeys(issues))


def _within(sign: Sign, procedure: Procedure) -> bool:
    began = procedure.start is None or sign.time >= procedure.start
    return began and (procedure.end is None or sign.time <= procedure.end)


def _by_effluent(procedure: Procedure, signs: Sequence[Sign]) -> list[Procedure]:
    """One row for each charted change of the effluent rate; the first rate also holds from the start."""
    changes = [s for i, s in enumerate(signs) if i == 0 or s.effluent_ml_per_h != signs[i - 1].effluent_ml_per_h]
    if not changes:
        return [procedure]
    starts = [procedure.start, *(s.time for s in changes[1:])]
    ends = [*(s.time for s in changes[1:]), procedure.end]
    return [
        replace(procedure, start=start, end=end, effluent_ml_per_h=sign.effluent_ml_per_h)
        for sign, start, end in zip(changes, starts, ends, strict=True)
    ]


def _runs(signs: Sequence[Sign]) -> list[list[Sign]]:
    """Signs split where more time passed than a parameter lasts."""
    found: list[list[Sign]] = []
    for sign in signs:
        if found and sign.time - found[-1][-1].time <= SIGN_LASTS:
            found[-1].append(sign)
        else:
            found.append([sign])
    return found
