"""Intensive care stays of the MIMIC-IV demo, with the orders of modelled drugs as they were written."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from fhir_mapping.codes import site, standard
from fhir_mapping.fields import moment, obj
from fhir_mapping.record import map_chart
from fhir_mapping.requests import read_request
from twin_engine.patient.record import Administration, Order, PatientRecord, was_known
from twin_engine.registry import drugs
from twin_engine.scenario import AS_ORDERED
from validation.adapters import mimic_iv_demo
from validation.adapters.fhir_ndjson import Resource, charts

LOOK_BACK = timedelta(days=8)
LONGEST_H = 96.0
"""Longer stays are cut, so that a few patients do not decide."""


@dataclass(frozen=True, slots=True)
class Written:
    """One order: when, the drug, and what it orders; no orders = it could not be read whole."""

    at: datetime
    drug: str
    orders: tuple[Order, ...]


@dataclass(frozen=True, slots=True)
class Stay:
    """One stay: patient, start and end, the whole record, and the orders written during it."""

    patient: str
    start: datetime
    end: datetime
    record: PatientRecord
    written: tuple[Written, ...]


def stays() -> list[Stay]:
    """Every stay of at least six hours. Raises FileNotFoundError when the data are absent."""
    found: list[Stay] = []
    folder = mimic_iv_demo.folder()
    for patient, chart in charts(*(folder / name for name in mimic_iv_demo.FILES)).items():
        record = map_chart(chart, at=mimic_iv_demo.AFTER_EVERYTHING, site=site("mimic_iv_demo")).record
        written = _written(chart)
        for resource in chart:
            span = obj(resource.get("period"))
            # Of encounters the adapter reads those of intensive care only.
            if resource["resourceType"] != "Encounter":
                continue
            start, end = moment(span.get("start")), moment(span.get("end"))
            if start is None or end is None or end - start < timedelta(hours=6):
                continue
            end = min(end, start + timedelta(hours=LONGEST_H))
            found.append(Stay(patient, start, end, record, tuple(w for w in written if start <= w.at <= end)))
    return found


def _written(chart: list[Resource]) -> list[Written]:
    codes = standard().also(site("mimic_iv_demo"))
    medications = {r["id"]: r for r in chart if r["resourceType"] == "Medication"}
    found: list[Written] = []
    for resource in chart:
        at = moment(resource.get("authoredOn"))
        if resource["resourceType"] != "MedicationRequest" or at is None:
            continue
        read = read_request({**resource, "status": "draft"}, codes, medications, label=AS_ORDERED)
        drug = next((o.drug for o in read.orders if o.drug), None) or read.drug
        if drug in drugs():
            whole = () if read.problems else tuple(replace(o, start=at) for o in read.orders)
            found.append(Written(at, drug, whole))
    return sorted(found, key=lambda w: w.at)


def as_of(record: PatientRecord, at: datetime) -> PatientRecord:
    """The record as it stood: rows of later or not yet charted are gone, and an infusion that ends later is running."""
    since = at - LOOK_BACK
    return replace(
        record,
        measurements=tuple(
            m for m in record.measurements if (since <= m.time or m.variable in BODY) and m.time <= at and was_known(m, at)
        ),
        administrations=tuple(_running(a, at) for a in record.administrations if since <= a.start <= at and was_known(a, at)),
        settings=tuple(s for s in record.settings if s.time is not None and since <= s.time <= at),
        procedures=tuple(p for p in record.procedures if p.start is None or p.start <= at),
        current_orders=(),
    )


BODY = frozenset({"weight", "height"})


def _running(given: Administration, at: datetime) -> Administration:
    if given.end is None or given.end <= at:
        return given
    return replace(given, end=None, last_charted=at) if given.rate is not None else given
