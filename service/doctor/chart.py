"""One patient's chart, read as the hooks read it: what is there, in which units, and which models would run. Pure."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import pairwise

from fhir_mapping import bundles
from fhir_mapping.codes import standard
from fhir_mapping.fields import Resource, codings, moment, obj, objs, text
from fhir_mapping.record import MappedChart, map_chart
from service.doctor.questions import questions
from service.doctor.report import Answered, Patient, Runnable, Unknown, Variable
from service.fhir_client import Fetched
from twin_engine.covariates import covariate_path, hours
from twin_engine.outcome import CannotPredict
from twin_engine.patient.record import PatientRecord
from twin_engine.registry import MODELS
from twin_engine.risk.load import RiskModels

MOST_UNKNOWN = 15
EMPTY: Resource = {}
BROAD = "everything"
"""The key of the one query that asks for no code, to see what else is charted."""


def examined(
    patient_id: str, fetched: Mapping[str, Fetched], seconds: Mapping[str, float], at: datetime, risks: RiskModels
) -> Patient:
    """The chart in these answers."""
    resources = {key: list(_resources(one)) for key, one in fetched.items()}
    mapped = map_chart((r for key, listed in resources.items() if key != BROAD for r in listed), at=at)
    return Patient(
        id=patient_id,
        answered=tuple(_answered(key, fetched[key], resources[key], seconds[key]) for key in fetched if key != BROAD),
        variables=tuple(_variables(mapped.record, resources, at)),
        doses=dict(Counter(a.drug for a in mapped.record.administrations).most_common()),
        dropped=_dropped(mapped),
        unknown=tuple(_unknown(resources.get(BROAD, []))),
        models=tuple(_models(mapped.record, at)),
        questions=questions(mapped.record, at, risks),
    )


def _resources(one: Fetched) -> Iterator[Resource]:
    for page in one.pages:
        yield from bundles.resources(page).resources


def _answered(key: str, one: Fetched, resources: Sequence[Resource], seconds: float) -> Answered:
    times = [t for r in resources if (t := _time(r)) is not None]
    in_order = all(later >= earlier for later, earlier in pairwise(times))
    return Answered(key, len(resources), seconds, one.complete, one.failure, in_order)


def _time(resource: Resource) -> datetime | None:
    return moment(resource.get("effectiveDateTime")) if resource.get("resourceType") == "Observation" else None


def _variables(record: PatientRecord, resources: Mapping[str, list[Resource]], at: datetime) -> Iterator[Variable]:
    units: dict[str, Counter[str]] = {}
    asked = (r for key, listed in resources.items() if key != BROAD for r in listed)
    for observation in (r for r in asked if r.get("resourceType") == "Observation"):
        for part in (observation, *objs(observation.get("component"))):
            for key in codings(part.get("code")):
                if key in standard().variables:
                    units.setdefault(standard().variables[key].name, Counter())[_unit(part)] += 1
    counted = Counter(m.variable for m in record.measurements) + Counter(s.variable for s in record.settings)
    newest: dict[str, datetime] = {}
    for one in (*record.measurements, *record.settings):
        if one.time is not None:
            newest[one.variable] = max(one.time, newest.get(one.variable, one.time))
    for name in sorted(counted.keys() | units.keys()):
        age = -hours(newest[name], at) if name in newest else None
        yield Variable(name, counted[name], age, tuple(u for u, _ in units.get(name, Counter[str]()).most_common(3)))


def _unit(part: Resource) -> str:
    quantity = obj(part.get("valueQuantity"))
    return text(quantity.get("code")) or text(quantity.get("unit")) or ("no unit" if quantity else "no quantity")


def _dropped(mapped: MappedChart) -> dict[str, int]:
    """Remarks of the mapping, counted; those on single values are cut to their kind."""
    counted = Counter(f"{i.variable}: {i.text}" if i.variable else i.text for i in mapped.issues if i.code != "unknown_code")
    return dict(counted.most_common(20))


def _unknown(observations: Iterable[Resource]) -> Iterator[Unknown]:
    known, seen = standard(), Counter[tuple[str, str, str, str]]()
    for observation in observations:
        keys = codings(observation.get("code"))
        if observation.get("resourceType") != "Observation" or any(k in known.variables or k in known.panels for k in keys):
            continue
        concept = obj(observation.get("code"))
        first = (*objs(concept.get("coding")), EMPTY)[0]
        display = text(first.get("display")) or text(concept.get("text")) or ""
        seen[text(first.get("system")) or "", text(first.get("code")) or "", display[:60], _unit(observation)] += 1
    for (system, code, display, unit), count in seen.most_common(MOST_UNKNOWN):
        yield Unknown(system, code, display, unit, count)


def _models(record: PatientRecord, at: datetime) -> Iterator[Runnable]:
    for model in MODELS.values():
        path = covariate_path(model, record, at)
        yield Runnable(model.id, model.status, path.reason if isinstance(path, CannotPredict) else "")
