"""Observations into measurements and settings: value, components, comparator, status, specimen, units by code or display."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fhir_mapping.codes import Meaning, SiteCodes
from fhir_mapping.fields import Resource, codings, moment, name_of, number, obj, objs, period, quantity, text
from fhir_mapping.issues import IssueCode, MappingIssue
from twin_engine.patient.quality import plausible
from twin_engine.patient.record import Measurement, Setting
from twin_engine.patient.units import UnitError, convert
from twin_engine.patient.variables import CATEGORIES, VARIABLES

USABLE = frozenset({"final", "amended", "corrected", "preliminary"})
COMPARATORS = frozenset({"<", "<=", ">", ">="})
TIMELESS = frozenset({"height"})
_SPECIMENS = {"arterial": "arterial", "venous": "venous", "capillary": "capillary", "mixed venous": "mixed_venous"}


@dataclass(frozen=True, slots=True)
class Charted:
    """What one Observation says, and what of it could not be used."""

    measurements: tuple[Measurement, ...]
    settings: tuple[Setting, ...]
    issues: tuple[MappingIssue, ...]


def read_observation(resource: Resource, codes: SiteCodes) -> Charted:
    """Read one Observation with all its components; never raises."""
    measurements: list[Measurement] = []
    settings: list[Setting] = []
    issues: list[MappingIssue] = []
    status = text(resource.get("status"))
    for part in (resource, *objs(resource.get("component"))):
        meaning = _meaning(part, codes)
        if meaning is None:
            if part is resource and not resource.get("component"):
                issues.append(_issue(resource, "unknown_code", "no code of ours"))
            continue
        if status not in USABLE:
            issues.append(_issue(resource, "not_final", f"status {status or 'absent'}"[:40], meaning.name))
            continue
        found = _read(resource, part, meaning)
        if isinstance(found, MappingIssue):
            if part is not resource or not resource.get("component"):
                issues.append(found)
        elif isinstance(found, Setting):
            settings.append(found)
        else:
            measurements.append(found)
    return Charted(tuple(measurements), tuple(settings), tuple(issues))


def _issue(resource: Resource, code: IssueCode, words: str, variable: str | None = None) -> MappingIssue:
    return MappingIssue(name_of(resource), code, words, variable)


def _meaning(part: Resource, codes: SiteCodes) -> Meaning | None:
    """The most specific known coding: one of the site that states its unit, else one with specimen or place."""
    known = [codes.variables[key] for key in codings(part.get("code")) if key in codes.variables]
    return max(known, key=lambda m: (m.unit is not None, (m.specimen != "unknown") + (m.site is not None)), default=None)


def _read(resource: Resource, part: Resource, meaning: Meaning) -> Measurement | Setting | MappingIssue:
    variable = VARIABLES[meaning.name]
    start, end = period(resource, "effective")
    time = end or start or (moment(resource.get("issued")) if meaning.name in TIMELESS else None)
    if time is None:
        return _issue(resource, "no_exact_time", "no exact time", variable.name)
    if variable.kind == "category":
        return _category(resource, part, variable.name, time)
    read = _number(part, meaning)
    if read is None:
        absent = next((code for _, code in codings(part.get("dataAbsentReason"))), None)
        return _issue(resource, "no_value", f"no value ({absent})"[:60] if absent else "no value", variable.name)
    value, unit, comparator = read
    try:
        value = convert(value, unit, variable.unit, substance=variable.name)
    except UnitError:
        return _issue(resource, "unknown_unit", f"unit {unit[:20]!r} cannot be used" if unit else "no unit", variable.name)
    if not plausible(variable.name, value):
        bounds = f"{variable.plausible_low:g}-{variable.plausible_high:g} {variable.unit}"
        return _issue(resource, "no_value", f"outside the plausible {bounds}", variable.name)
    identity = text(resource.get("id"))
    if variable.kind == "setting":
        return Setting(variable.name, value, variable.unit, time, id=identity)
    return Measurement(
        variable=variable.name,
        value=value,
        unit=variable.unit,
        time=time,
        start=start if end is not None else None,
        available=moment(resource.get("issued")),
        comparator=comparator,  # type: ignore[arg-type]
        specimen=_specimen(resource, meaning),  # type: ignore[arg-type]
        source=_source(resource),  # type: ignore[arg-type]
        site=meaning.site,
        id=identity,
    )


def _number(part: Resource, meaning: Meaning) -> tuple[float, str, str | None] | None:
    """(value, unit, comparator) from valueQuantity, valueInteger, or a valueString that is only a number with a site unit."""
    item: Any = obj(part.get("valueQuantity"))
    read = quantity(item)
    unitless = VARIABLES[meaning.name].unit == "1"
    if read is None and (value := number(item.get("value"))) is not None:
        read = (value, meaning.unit or ("1" if unitless else ""))
    if read is None:
        bare = number(part.get("valueInteger"))
        if bare is None and (unitless or meaning.unit):
            bare = number(part.get("valueString"))
        if bare is None:
            return None
        read = (bare, meaning.unit or ("1" if unitless else ""))
    comparator = text(item.get("comparator"))
    return (*read, comparator if comparator in COMPARATORS else None)


def _category(resource: Resource, part: Resource, name: str, time: datetime) -> Setting | MappingIssue:
    written = [code for _, code in codings(part.get("valueCodeableConcept"))]
    mode = next((code.lower() for code in written if code.lower() in CATEGORIES[name]), None)
    if mode is None:
        return _issue(resource, "unknown_code", "a mode without a code of ours", name)
    return Setting(name, None, "", time, category=mode, id=text(resource.get("id")))


def _specimen(resource: Resource, meaning: Meaning) -> str:
    if meaning.specimen != "unknown":
        return meaning.specimen
    said = (text(obj(resource.get("specimen")).get("display")) or "").lower()
    # "mixed venous" also contains "venous": the longer word decides.
    return next((kind for word, kind in sorted(_SPECIMENS.items(), key=lambda x: -len(x[0])) if word in said), "unknown")


def _source(resource: Resource) -> str:
    categories = {code for item in objs(resource.get("category")) for _, code in codings(item)}
    if "laboratory" in categories:
        return "laboratory"
    if resource.get("device"):
        return "device"
    return "nurse_validated" if objs(resource.get("performer")) else "unknown"
