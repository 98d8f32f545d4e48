"""Observations into measurements and settings: value, components, comparator, status, specimen, units by code or display."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fhir_mapping.codes import LOINC, Meaning, SiteCodes
from fhir_mapping.devices import Surroundings
from fhir_mapping.fields import Resource, codings, day, entered, moment, name_of, number, obj, objs, period, quantity, text
from fhir_mapping.issues import IssueCode, MappingIssue
from twin_engine.patient.clash import UNIT_DOUBTED, other_unit
from twin_engine.patient.quality import plausible
from twin_engine.patient.record import Measurement, Setting
from twin_engine.patient.units import UnitError, convert
from twin_engine.patient.variables import CATEGORIES, VARIABLES

USABLE = frozenset({"final", "amended", "corrected", "preliminary"})
COMPARATORS = frozenset({"<", "<=", ">", ">="})
DATED = frozenset({"height", "weight"})
"""Variables that a day without an hour is exact enough for; the hour is then the first of that day, the oldest possible."""
PRESSURES = frozenset({"map", "sbp", "dbp"})
SATURATION = (LOINC, "2708-6")
"""Oxygen saturation in arterial blood: the parent code of pulse oximetry in US Core, and what laboratories send for SaO2."""
ROOM_AIR = 0.21
_PLAIN = str.maketrans("", "", "[]")
_SET = {"tidal_volume": "tidal_volume_set", "respiratory_rate": "respiratory_rate_set"}


@dataclass(frozen=True, slots=True)
class Charted:
    """What one Observation says, and what of it could not be used."""

    measurements: tuple[Measurement, ...]
    settings: tuple[Setting, ...]
    issues: tuple[MappingIssue, ...]
    preliminary: bool = False


def read_observation(resource: Resource, codes: SiteCodes, around: Surroundings | None = None) -> Charted:
    """Read one Observation with all its components; never raises."""
    around = around or Surroundings()
    measurements: list[Measurement] = []
    settings: list[Setting] = []
    issues: list[MappingIssue] = []
    status = text(resource.get("status"))
    off = f"status {status or 'absent'}"[:40] if status not in USABLE else around.not_measuring(resource)
    components = objs(resource.get("component"))
    known = False
    for part in (resource, *components):
        meaning = _meaning(resource, part, codes, around)
        if meaning is None:
            continue
        known = True
        if off is not None:
            issues.append(_issue(resource, "not_final", off, meaning.name))
            continue
        if part is not resource and meaning.name in PRESSURES and not _of_the_body(resource, codes):
            issues.append(_issue(resource, "unknown_code", "pressures of a panel that is no blood pressure of ours"))
            continue
        found = _read(resource, part, meaning, around, codes, issues)
        if isinstance(found, MappingIssue):
            if part is not resource or not components:
                issues.append(found)
        elif isinstance(found, Setting):
            settings.append(found)
        else:
            measurements.append(found)
    if not known:
        issues.append(_issue(resource, "unknown_code", "no code of ours"))
    return Charted(tuple(measurements), tuple(settings), tuple(issues), status == "preliminary")


def _issue(resource: Resource, code: IssueCode, words: str, variable: str | None = None) -> MappingIssue:
    return MappingIssue(name_of(resource), code, words, variable)


def _meaning(resource: Resource, part: Resource, codes: SiteCodes, around: Surroundings) -> Meaning | None:
    """The most specific known coding: one of the site that states its unit, else one with specimen or place."""
    keys = [key for key in codings(part.get("code")) if key in codes.variables]
    if not keys:
        return None
    if keys == [SATURATION] and _source(resource) == "laboratory":
        return Meaning("sao2", "arterial")
    known = [codes.variables[key] for key in keys]
    found = max(known, key=lambda m: (m.unit is not None, (m.specimen != "unknown") + (m.site is not None)))
    if found.name in _SET and around.role(resource) == "setting":
        return Meaning(_SET[found.name], unit=found.unit)
    return found


def _of_the_body(resource: Resource, codes: SiteCodes) -> bool:
    """Whether the panel is one of systemic pressures: left atrial and pulmonary ones reuse the codes of its parts."""
    for key in codings(resource.get("code")):
        if key in codes.panels or (key in codes.variables and codes.variables[key].name in PRESSURES):
            return True
    return False


def _read(
    resource: Resource, part: Resource, meaning: Meaning, around: Surroundings, codes: SiteCodes, issues: list[MappingIssue]
) -> Measurement | Setting | MappingIssue:
    variable = VARIABLES[meaning.name]
    start, end = period(resource, "effective")
    time = end or start
    if time is None and meaning.name in DATED:
        time = day(resource.get("effectiveDateTime")) or moment(resource.get("issued"))
        if time is not None:
            issues.append(_issue(resource, "assumed", "a day without an hour: the first hour is taken", variable.name))
    if time is None:
        return _issue(resource, "no_exact_time", "no exact time", variable.name)
    if variable.kind == "category":
        return _category(resource, part, variable.name, time, issues)
    read = _number(part, meaning) or _answer(part, meaning, codes)
    if read is None:
        absent = next((code for _, code in codings(part.get("dataAbsentReason"))), None)
        return _issue(resource, "no_value", f"no value ({absent})"[:60] if absent else "no value", variable.name)
    value, unit, comparator = read
    try:
        value = convert(value, unit, variable.unit, substance=variable.name)
    except UnitError:
        return _issue(resource, "unknown_unit", f"unit {unit[:20]!r} cannot be used" if unit else "no unit", variable.name)
    value = _fraction(resource, variable.name, value, issues)
    if not plausible(variable.name, value):
        other = other_unit(variable.name, value)
        if other is not None:
            name, unit = variable.name.replace("_", " "), variable.unit.translate(_PLAIN)
            words = (
                f"{name} cannot be true in {unit}, but in {other.translate(_PLAIN)}: {UNIT_DOUBTED}, and the value is not used"
            )
            return _issue(resource, "conflicting", words, variable.name)
        bounds = f"{variable.plausible_low:g}-{variable.plausible_high:g} {variable.unit}"
        return _issue(resource, "implausible", f"outside the plausible {bounds}", variable.name)
    identity = text(resource.get("id"))
    if variable.kind == "setting":
        return Setting(variable.name, value, variable.unit, time, id=identity)
    return Measurement(
        variable=variable.name,
        value=value,
        unit=variable.unit,
        time=time,
        start=start if end is not None else None,
        available=entered(resource),
        comparator=comparator,  # type: ignore[arg-type]
        specimen=meaning.specimen if meaning.specimen != "unknown" else around.specimen(resource),  # type: ignore[arg-type]
        source=_source(resource),  # type: ignore[arg-type]
        site=meaning.site,
        id=identity,
    )


def _fraction(resource: Resource, name: str, value: float, issues: list[MappingIssue]) -> float:
    """FiO2 sent as 0.4 % or as 40 (of 1): no gas mixture can be what is written, and only one reading can be breathed."""
    if name != "fio2" or plausible(name, value):
        return value
    for other in (value * 100.0, value / 100.0):
        if ROOM_AIR <= other <= 1.0:
            issues.append(_issue(resource, "assumed", "a fraction sent as percent or a percentage sent as fraction", name))
            return other
    return value


def _number(part: Resource, meaning: Meaning) -> tuple[float, str, str | None] | None:
    """(value, unit, comparator) of a quantity, integer, ratio, or a string that is only a number or a ratio."""
    item: Any = obj(part.get("valueQuantity"))
    read = quantity(item)
    unit = meaning.unit or ("1" if VARIABLES[meaning.name].unit == "1" else "")
    if read is None and (value := number(item.get("value"))) is not None:
        read = (value, unit)
    if read is None:
        bare = number(part.get("valueInteger"))
        if bare is None and unit:
            bare = number(part.get("valueString"))
        if bare is None and meaning.name == "ie_ratio":
            bare = _ratio(part)
        if bare is None:
            return None
        read = (bare, unit)
    comparator = text(item.get("comparator"))
    return (*read, comparator if comparator in COMPARATORS else None)


def _answer(part: Resource, meaning: Meaning, codes: SiteCodes) -> tuple[float, str, str | None] | None:
    """The number that a coded answer stands for ("Drowsy" of the sedation scale is -1)."""
    known = [codes.answers[key] for key in codings(part.get("valueCodeableConcept")) if key in codes.answers]
    value = next((m.value for m in known if m.name == meaning.name), None)
    return None if value is None else (value, VARIABLES[meaning.name].unit, None)


def _ratio(part: Resource) -> float | None:
    """1:2 as a string or a Ratio."""
    ratio = obj(part.get("valueRatio"))
    written = (text(part.get("valueString")) or "").split(":")
    top, bottom = number(obj(ratio.get("numerator")).get("value")), number(obj(ratio.get("denominator")).get("value"))
    if len(written) == len(("inspiration", "expiration")):
        top, bottom = number(written[0]), number(written[1])
    return None if top is None or not bottom else top / bottom


def _category(
    resource: Resource, part: Resource, name: str, time: datetime, issues: list[MappingIssue]
) -> Setting | MappingIssue:
    """The mode. One that cannot be read is in force as unknown: neither the mode before it nor a usual one may stand for it."""
    written = [code for _, code in codings(part.get("valueCodeableConcept"))]
    mode = next((code.lower() for code in written if code.lower() in CATEGORIES[name]), None)
    if mode is None:
        told = _issue(resource, "unknown_code", "a charted mode without a code of ours: the mode is not known", name)
        if not part.get("valueCodeableConcept") and not text(part.get("valueString")):
            return told
        issues.append(told)
    return Setting(name, None, "", time, category=mode or "unknown", id=text(resource.get("id")))


def _source(resource: Resource) -> str:
    categories = {code for item in objs(resource.get("category")) for _, code in codings(item)}
    if "laboratory" in categories:
        return "laboratory"
    if resource.get("device"):
        return "device"
    return "nurse_validated" if objs(resource.get("performer")) else "unknown"
