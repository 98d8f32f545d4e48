"""Read a scenario: values into canonical units, what cannot be used into remarks, what is malformed into a ScenarioError.

Unknown fields, variables and drugs are ignored with a remark, null is absent, and nothing that was not yet known at `at`
is ever used.
"""

import hashlib
import json
from datetime import datetime, timedelta
from typing import Literal, cast

from twin_engine.patient.record import DataQuality, PatientRecord, QualityStatus
from twin_engine.scenario import DEFAULT_DRAWS, DEFAULT_HORIZON_H, Scenario
from twin_engine.scenario_json.charted import charted
from twin_engine.scenario_json.context import conditions, findings, patient, procedures
from twin_engine.scenario_json.doses import administrations
from twin_engine.scenario_json.fields import (
    Row,
    ScenarioError,
    Unusable,
    above_zero,
    instant,
    items,
    mapping,
    number,
    rows,
    text,
    whole,
)
from twin_engine.scenario_json.ordered import orders
from twin_engine.scenario_json.remarks import Reading

SCENARIO_FIELDS = frozenset({
    "at", "seed", "horizon_h", "draws", "models", "patient", "measurements", "administrations", "settings", "procedures",
    "conditions", "findings", "current_orders", "orders", "alternatives", "report_times", "remarks",
})  # fmt: skip
REMARK_FIELDS = frozenset({"variable", "status", "effect", "age_h"})
STATUSES = frozenset({"stale", "missing", "implausible", "assumed", "conflicting", "ignored", "incomplete_dose_history"})
MOST_DRAWS = 20_000
LONGEST_HORIZON_H = 96.0
LONGEST_EFFECT = 2000
LARGEST_SEED = 2**64 - 1


def read(document: object) -> Scenario:
    """A scenario from parsed JSON. Raises ScenarioError with the path of the field and what is wrong with it."""
    top = mapping(document, "scenario")
    reading = Reading(_at(top))
    reading.known_fields(top, SCENARIO_FIELDS, "the scenario")
    for remark in _remarks(top):
        reading.keep(remark)
    if top.get("patient") is None:
        raise ScenarioError("patient: is needed")
    birth_date, sex = patient(reading, mapping(top["patient"], "patient"))
    measurements, settings = charted(reading, top)
    record = PatientRecord(
        birth_date=birth_date,
        sex=sex,
        measurements=measurements,
        administrations=administrations(reading, top),
        settings=settings,
        procedures=procedures(reading, top),
        conditions=conditions(reading, top),
        findings=findings(reading, top),
        current_orders=orders(reading, top, "current_orders", proposed=False),
    )
    return Scenario(
        at=reading.at,
        seed=_seed(top),
        record=record,
        orders=orders(reading, top, "orders", proposed=True),
        models=_models(top),
        horizon_h=above_zero(top, "horizon_h", "", LONGEST_HORIZON_H) or DEFAULT_HORIZON_H,
        draws=whole(top, "draws", "", 1, MOST_DRAWS) or DEFAULT_DRAWS,
        alternatives=_alternatives(top),
        report_times=_report_times(reading, top),
        remarks=reading.all(),
    )


def _at(top: Row) -> datetime:
    try:
        return instant(top.get("at"), "at")
    except Unusable as why:
        raise ScenarioError(f"at: {why.words}") from None


def _seed(top: Row) -> int:
    given = whole(top, "seed", "", 0, LARGEST_SEED)
    if given is not None:
        return given
    stated = {name: value for name, value in top.items() if value is not None}
    try:
        canonical = json.dumps(stated, sort_keys=True, separators=(",", ":"))
    except (TypeError, ValueError, RecursionError):
        raise ScenarioError("scenario: not JSON, or nested too deeply") from None
    return int.from_bytes(hashlib.sha256(canonical.encode()).digest()[:8], "big")


def _models(top: Row) -> tuple[str, ...] | None:
    found = [value for _, value in items(top, "models")]
    if not all(isinstance(value, str) for value in found):
        raise ScenarioError("models: a list of model ids is needed")
    return tuple(dict.fromkeys(cast("list[str]", found))) or None


def _alternatives(top: Row) -> Literal["auto", "none"]:
    given = top.get("alternatives")
    if given not in (None, "auto", "none"):  # a tuple: what is given may not be hashable
        raise ScenarioError('alternatives: "auto" or "none" is needed')
    return "none" if given == "none" else "auto"


def _report_times(reading: Reading, top: Row) -> tuple[datetime, ...]:
    found: list[datetime] = []
    latest = reading.at + timedelta(hours=LONGEST_HORIZON_H)
    for path, value in items(top, "report_times"):
        try:
            time = instant(value, path)
        except Unusable as why:
            reading.dropped("report_times", why)
            continue
        if time > latest:
            reading.remark("report_times", "ignored", f"not used: more than {LONGEST_HORIZON_H:g} h ahead")
        else:
            found.append(time)
    return tuple(found)


def _remarks(top: Row) -> tuple[DataQuality, ...]:
    """Remarks made when the scenario was first put together (by mapping or by an earlier reading)."""
    found: list[DataQuality] = []
    for path, row in rows(top, "remarks"):
        variable, status = text(row, "variable", path), text(row, "status", path)
        if variable is None or status not in STATUSES:
            raise ScenarioError(f"{path}: a variable and a known status are needed")
        effect, age_h = text(row, "effect", path, LONGEST_EFFECT) or "", number(row, "age_h", path)
        found.append(DataQuality(variable, cast("QualityStatus", status), effect, age_h))
    return tuple(found)
