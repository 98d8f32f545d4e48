"""Findings of imaging from coded or numeric results: Observations, conclusion codes of reports, sides and times of studies.

Read are codes and numbers only: no pixels, no free text, no narrative. Where a code says what, but nothing says whether it is
there, the finding is not taken. Codes without a public source (quadrants of infiltrates, B-lines, positions of lines) come
from a site's own table.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from fhir_mapping.codes import LOINC, SNOMED, SiteCodes
from fhir_mapping.fields import Resource, codings, moment, name_of, number, obj, objs, period, quantity, reference_id, text
from fhir_mapping.issues import MappingIssue
from twin_engine.patient.findings import KINDS
from twin_engine.patient.record import Finding
from twin_engine.patient.units import UnitError, convert

FINAL = frozenset({"final", "amended", "corrected", "appended"})
POSITIVE = "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation"
PRESENT = frozenset({(LOINC, "LA9633-4"), (SNOMED, "52101004"), (SNOMED, "10828004"), (POSITIVE, "POS")})
ABSENT = frozenset({(LOINC, "LA9634-2"), (SNOMED, "2667000"), (SNOMED, "260385009"), (POSITIVE, "NEG")})
"""Answers: present and absent of LOINC and SNOMED CT, positive and negative of SNOMED CT and HL7 Version 3."""
SIDE_OF: Mapping[tuple[str, str], str] = {
    (SNOMED, "7771000"): "left",
    (SNOMED, "24028007"): "right",
    (SNOMED, "51440002"): "both",
    (SNOMED, "44029006"): "left",
    (SNOMED, "3341006"): "right",
    (SNOMED, "53727004"): "left",
    (SNOMED, "44788007"): "right",
}
"""Laterality, lungs and pleurae of SNOMED CT (DICOM PS3.16 CID 244, 6103 and 12294)."""

Read = tuple[tuple[Finding, ...], tuple[MappingIssue, ...]]


def is_finding(resource: Resource, codes: SiteCodes) -> bool:
    """Whether an Observation, or one of its components or answers, is one of imaging."""
    parts = (resource, *objs(resource.get("component")))
    return any(key in codes.findings for part in parts for key in (*codings(part.get("code")), *_answers(part)))


def read_findings(resource: Resource, codes: SiteCodes, studies: Mapping[str, Resource]) -> Read:
    """The findings of one Observation or DiagnosticReport; `studies`: ImagingStudy resources by id. Never raises."""
    if text(resource.get("status")) not in FINAL:
        return (), (MappingIssue(name_of(resource), "not_final", "result of imaging that is not final"),)
    time = _time(resource, studies)
    if time is None:
        return (), (MappingIssue(name_of(resource), "no_exact_time", "result of imaging without an exact time"),)
    read = tuple(_findings(resource, codes, time, _side(resource, studies)))
    return tuple(r for r in read if isinstance(r, Finding)), tuple(r for r in read if isinstance(r, MappingIssue))


def _findings(resource: Resource, codes: SiteCodes, time: datetime, side: str | None) -> Iterator[Finding | MappingIssue]:
    if text(resource.get("resourceType")) == "DiagnosticReport":
        for concept in objs(resource.get("conclusionCode")):
            for key in codings(concept):
                if key in codes.findings and not KINDS[codes.findings[key].name].unit:
                    yield Finding(codes.findings[key].name, time, side)
        return
    for part in (resource, *objs(resource.get("component"))):
        yield from _of_part(resource, part, codes, time, _coded_side(part.get("bodySite")) or side)


def _of_part(
    resource: Resource, part: Resource, codes: SiteCodes, time: datetime, side: str | None
) -> Iterator[Finding | MappingIssue]:
    named = [codes.findings[key] for key in codings(part.get("code")) if key in codes.findings]
    if not named:
        # A general question ("findings of chest radiograph") answered by the finding itself.
        for key in _answers(part):
            if key in codes.findings and not KINDS[codes.findings[key].name].unit:
                yield Finding(codes.findings[key].name, time, side)
        return
    meaning, kind = named[0], KINDS[named[0].name]
    if not kind.unit:
        present = _present(part)
        if present:
            yield Finding(meaning.name, time, side)
        elif present is None:
            yield MappingIssue(name_of(resource), "no_value", "neither said to be there nor said not to be", meaning.name)
        return
    value = _number(part, kind.unit)
    if value is None or not kind.low <= value <= kind.high:
        yield MappingIssue(name_of(resource), "no_value", f"no {kind.words} that can be read", meaning.name)
    else:
        yield Finding(meaning.name, time, side, value, kind.unit)


def _number(part: Resource, unit: str) -> float | None:
    read = quantity(part.get("valueQuantity"))
    if read is None:
        bare = number(part.get("valueInteger"))
        return bare if unit == "1" else None
    try:
        return convert(read[0], read[1], unit)
    except UnitError:
        return None


def _answers(part: Resource) -> Iterator[tuple[str, str]]:
    yield from codings(part.get("valueCodeableConcept"))


def _present(part: Resource) -> bool | None:
    said = part.get("valueBoolean")
    if isinstance(said, bool):
        return said
    answers = {*_answers(part), *(key for concept in objs(part.get("interpretation")) for key in codings(concept))}
    if bool(answers & PRESENT) == bool(answers & ABSENT):
        return None
    return bool(answers & PRESENT)


def _side(resource: Resource, studies: Mapping[str, Resource]) -> str | None:
    own = _coded_side(resource.get("bodySite"))
    if own is not None:
        return own
    sides = {
        side
        for study in _studies(resource, studies)
        for series in objs(study.get("series"))
        if (side := _coded(series.get("laterality")) or _coded(series.get("bodySite"))) is not None
    }
    return sides.pop() if len(sides) == 1 else None


def _coded_side(concept: object) -> str | None:
    return next((SIDE_OF[key] for key in codings(concept) if key in SIDE_OF), None)


def _coded(coding: object) -> str | None:
    item = obj(coding)
    return SIDE_OF.get((text(item.get("system")) or "", text(item.get("code")) or ""))


def _time(resource: Resource, studies: Mapping[str, Resource]) -> datetime | None:
    """When the image was made: the study, else the result, never when it was reported."""
    for study in _studies(resource, studies):
        started = moment(study.get("started"))
        if started is not None:
            return started
    start, end = period(resource, "effective")
    return end or start


def _studies(resource: Resource, studies: Mapping[str, Resource]) -> Iterable[Resource]:
    references = [r for name in ("imagingStudy", "partOf", "derivedFrom") for r in objs(resource.get(name))]
    return [studies[i] for r in references if (i := reference_id(r)) is not None and i in studies]
