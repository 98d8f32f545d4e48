"""Read a scenario: values into canonical units, what cannot be used into remarks, what is malformed into a ScenarioError.

Unknown fields, variables and drugs are ignored and remarked on, never an error; null is absent; measurements after `at`,
or not yet available then, are never used.
"""

import hashlib
import json
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from twin_engine import scenario_fields as f
from twin_engine.patient.quality import plausible
from twin_engine.patient.record import (
    Administration,
    Composition,
    Condition,
    DataQuality,
    Finding,
    Measurement,
    Order,
    PatientRecord,
    Procedure,
    QualityStatus,
    Setting,
)
from twin_engine.patient.units import UnitError, convert, is_known
from twin_engine.patient.variables import CONDITIONS, DRUGS, PROCEDURES, VARIABLES, VENTILATOR_MODES
from twin_engine.scenario import AS_ORDERED, DEFAULT_DRAWS, DEFAULT_HORIZON_H, Scenario
from twin_engine.scenario_fields import Row, ScenarioError

MOST_DRAWS = 20_000
LONGEST_HORIZON_H = 96.0
SPECIMENS = ("arterial", "venous", "mixed_venous", "capillary", "unknown")
SOURCES = ("device", "nurse_validated", "laboratory", "unknown")
COMPARATORS = ("<", "<=", ">", ">=")
FLUID_KINDS = ("crystalloid", "colloid", "red_cells", "feed")

_KNOWN = {
    "": "at seed horizon_h draws models patient measurements administrations settings procedures conditions findings "
    "current_orders orders alternatives report_times",
    "patient": "birth_date sex",
    "measurements": "variable value category unit time start available comparator specimen source during_infusion site id",
    "administrations": "drug amount rate unit start end route concentration concentration_unit kind last_charted id "
    "carbohydrate_g_per_day carbohydrate_g_per_l sodium_mmol_per_l potassium_mmol_per_l protein_g_per_l",
    "settings": "variable value category unit time id",
    "procedures": "procedure start end effluent_ml_per_h",
    "conditions": "condition onset",
    "findings": "finding side value unit time",
    "orders": "label drug amount rate unit interval_h infusion_h count start until settings stop as_needed max_amount "
    "max_rate route dosing_weight_kg id concentration concentration_unit kind carbohydrate_g_per_day carbohydrate_g_per_l "
    "sodium_mmol_per_l potassium_mmol_per_l protein_g_per_l",
}
KNOWN_FIELDS = {name: frozenset(fields.split()) for name, fields in _KNOWN.items()}
KNOWN_FIELDS["current_orders"] = KNOWN_FIELDS["orders"]


@dataclass(slots=True)
class _Reading:
    """The instant of the scenario and the remarks made on the way."""

    at: datetime
    remarks: list[DataQuality] = field(default_factory=list[DataQuality])

    def remark(self, variable: str, status: QualityStatus, effect: str) -> None:
        found = DataQuality(variable[:60], status, effect)
        if found not in self.remarks:
            self.remarks.append(found)

    def unknown_fields(self, kind: str, row: Row) -> None:
        for name in row:
            if name not in KNOWN_FIELDS[kind]:
                self.remark(str(name), "ignored", "unknown field" + (f" of {kind}" if kind else ""))


def read(document: object) -> Scenario:
    """A scenario from parsed JSON. Raises ScenarioError with the path of what is wrong."""
    top = f.mapping(document, "scenario")
    at = f.moment(top, "at", "scenario")
    if at is None:
        raise ScenarioError("scenario.at: a date and time with zone is needed")
    if top.get("patient") is None:
        raise ScenarioError("scenario.patient: is needed")
    patient = f.mapping(top["patient"], "patient")
    reading = _Reading(at)
    reading.unknown_fields("", top)
    reading.unknown_fields("patient", patient)
    settings = _settings(reading, f.rows(top, "settings"), "settings")
    measurements = _without_duplicates(reading, _measurements(reading, top, settings))
    sex = f.one_of(patient, "sex", "patient", ("male", "female", "unknown", "other"), "unknown")
    record = PatientRecord(
        birth_date=f.day(patient, "birth_date", "patient"),
        sex="unknown" if sex == "other" else sex,  # type: ignore[arg-type]
        measurements=measurements,
        administrations=_administrations(reading, top),
        settings=tuple(settings),
        procedures=_procedures(reading, top),
        conditions=_conditions(reading, top),
        findings=_findings(reading, top),
        current_orders=_orders(reading, top, "current_orders"),
    )
    alternatives = f.one_of(top, "alternatives", "scenario", ("auto", "none"), "auto")
    return Scenario(
        at=at,
        seed=_seed(top),
        record=record,
        orders=_orders(reading, top, "orders"),
        models=_models(top),
        horizon_h=f.number(top, "horizon_h", "scenario", 0.01, LONGEST_HORIZON_H) or DEFAULT_HORIZON_H,
        draws=_whole(top, "draws", "scenario", 1, MOST_DRAWS) or DEFAULT_DRAWS,
        alternatives=alternatives,  # type: ignore[arg-type]
        report_times=_report_times(top),
        remarks=tuple(reading.remarks),
    )


def _seed(top: Row) -> int:
    given = _whole(top, "seed", "scenario", 0, 2**64 - 1)
    if given is not None:
        return given
    canonical = json.dumps(top, sort_keys=True, separators=(",", ":"), default=str)
    return int.from_bytes(hashlib.sha256(canonical.encode()).digest()[:8], "big")


def _whole(row: Row, name: str, path: str, low: int, high: int) -> int | None:
    value = row.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise ScenarioError(f"{path}.{name}: a whole number from {low} to {high} is needed")
    return value


def _models(top: Row) -> tuple[str, ...] | None:
    value = top.get("models")
    if value is None:
        return None
    if not isinstance(value, list) or not value or not all(isinstance(v, str) for v in value):  # type: ignore[union-attr]
        raise ScenarioError("scenario.models: a list of model ids is needed")
    return tuple(dict.fromkeys(value))  # type: ignore[arg-type]


def _report_times(top: Row) -> tuple[datetime, ...]:
    value = top.get("report_times")
    if value is None:
        return ()
    if not isinstance(value, list):
        raise ScenarioError("scenario.report_times: a list is needed")
    found = [f.moment({"time": v}, "time", f"report_times[{i}]") for i, v in enumerate(value)]  # type: ignore[arg-type]
    if any(t is None for t in found):
        raise ScenarioError("scenario.report_times: every time needs a zone")
    return tuple(t for t in found if t is not None)


def _value(reading: _Reading, row: Row, path: str, variable: str) -> tuple[float | None, str] | None:
    """The value in canonical unit, or None when the row cannot be used (with a remark)."""
    rule = VARIABLES[variable]
    value = f.number(row, "value", path)
    if rule.kind == "category":
        return None, ""
    if value is None:
        reading.remark(variable, "ignored", "a row without a value")
        return None
    unit = f.text(row, "unit", path) or ""
    try:
        value = convert(value, unit, rule.unit, substance=variable)
    except UnitError as error:
        reading.remark(variable, "ignored", str(error) if unit else "a value without a unit")
        return None
    if not plausible(variable, value):
        low, high = rule.plausible_low, rule.plausible_high
        reading.remark(variable, "implausible", f"a value outside {low:g}-{high:g} {rule.unit} is not used")
        return None
    return value, rule.unit


def _measurements(reading: _Reading, top: Row, settings: list[Setting]) -> list[Measurement]:
    found: list[Measurement] = []
    for path, row in f.rows(top, "measurements"):
        reading.unknown_fields("measurements", row)
        variable = f.text(row, "variable", path)
        if variable is None:
            raise ScenarioError(f"{path}.variable: is needed")
        if variable not in VARIABLES:
            reading.remark(variable, "ignored", "unknown variable")
            continue
        if VARIABLES[variable].kind in {"setting", "category"}:
            settings.extend(_settings(reading, [(path, row)], "measurements"))
            continue
        time = f.moment(row, "time", path)
        available = f.moment(row, "available", path)
        converted = _value(reading, row, path, variable)
        if converted is None:
            continue
        if time is None:
            reading.remark(variable, "ignored", "a value without an exact time")
            continue
        if time > reading.at or (available is not None and available > reading.at):
            reading.remark(variable, "ignored", "a value from after the time of the prediction")
            continue
        found.append(
            Measurement(
                variable=variable,
                value=converted[0],
                unit=converted[1],
                time=time,
                start=f.moment(row, "start", path),
                available=available,
                comparator=f.one_of(row, "comparator", path, COMPARATORS, None),  # type: ignore[arg-type]
                specimen=f.one_of(row, "specimen", path, SPECIMENS, "unknown"),  # type: ignore[arg-type]
                source=f.one_of(row, "source", path, SOURCES, "unknown"),  # type: ignore[arg-type]
                during_infusion=f.flag(row, "during_infusion", path),
                site=f.text(row, "site", path),
                id=f.text(row, "id", path),
            )
        )
    return found


def _without_duplicates(reading: _Reading, found: list[Measurement]) -> tuple[Measurement, ...]:
    kept: dict[tuple[object, ...], Measurement] = {}
    for one in found:
        key = (one.variable, one.time.replace(second=0, microsecond=0), one.specimen, one.site)
        other = kept.get(key)
        if other is None:
            kept[key] = one
            continue
        if other.value != one.value:
            reading.remark(one.variable, "conflicting", "two values in one minute; the validated or earlier one is used")
        kept[key] = preferred(other, one)
    return tuple(sorted(kept.values(), key=lambda m: m.time))


def preferred(one: Measurement, other: Measurement) -> Measurement:
    """Of two values of one variable in the same minute: validated and laboratory before device before unknown."""
    order = {"nurse_validated": 0, "laboratory": 0, "device": 1, "unknown": 2}
    return one if order[one.source] <= order[other.source] else other


def _settings(reading: _Reading, items: list[tuple[str, Row]], kind: str) -> list[Setting]:
    found: list[Setting] = []
    for path, row in items:
        if kind == "settings":
            reading.unknown_fields("settings", row)
        variable = f.text(row, "variable", path)
        if variable is None:
            raise ScenarioError(f"{path}.variable: is needed")
        if variable not in VARIABLES:
            reading.remark(variable, "ignored", "unknown variable")
            continue
        time = f.moment(row, "time", path)
        if time is None or time > reading.at:
            reading.remark(variable, "ignored", "a setting without an exact time up to now")
            continue
        setting = _setting(reading, row, path, variable, time)
        if setting is not None:
            found.append(setting)
    return found


def _setting(reading: _Reading, row: Row, path: str, variable: str, time: datetime | None) -> Setting | None:
    if variable == "ventilator_mode":
        mode = f.text(row, "category", path)
        if mode not in VENTILATOR_MODES:
            reading.remark(variable, "ignored", "unknown ventilator mode")
            return None
        return Setting(variable, None, "", time, category=mode, id=f.text(row, "id", path))
    converted = _value(reading, row, path, variable)
    return None if converted is None else Setting(variable, *converted, time, id=f.text(row, "id", path))


def _composition(row: Row, path: str) -> Composition | None:
    names = ("carbohydrate_g_per_l", "sodium_mmol_per_l", "potassium_mmol_per_l", "protein_g_per_l")
    values = {name: f.positive(row, name, path) for name in names}
    kind = f.one_of(row, "kind", path, FLUID_KINDS, None)
    if kind is None and all(v is None for v in values.values()):
        return None
    return Composition(**values, kind=kind)  # type: ignore[arg-type]


def _drug_unit(reading: _Reading, row: Row, path: str, drug: str) -> str | None:
    unit = f.text(row, "unit", path)
    if unit is None or not is_known(unit):
        reading.remark(drug, "ignored", "a dose without a known unit")
        return None
    return unit


def _canonical(value: float | None, unit: str, target: str, drug: str) -> tuple[float | None, str]:
    """The value in the drug's unit; per-weight units stay as they are until the weight is known."""
    if value is None or "/kg" in unit:
        return value, unit
    return convert(value, unit, target, substance=drug), target


def _quantities(reading: _Reading, row: Row, path: str, drug: str) -> dict[str, Any] | None:
    """amount/rate (and the upper ends of ranges) with their unit, or None when they cannot be read."""
    unit = _drug_unit(reading, row, path, drug)
    if unit is None:
        return None
    amount, rate = f.positive(row, "amount", path), f.positive(row, "rate", path)
    concentration, per = f.positive(row, "concentration", path), f.text(row, "concentration_unit", path)
    canonical = DRUGS[drug].amount_unit if drug in DRUGS else None
    if canonical is None:
        return {"amount": amount, "rate": rate, "unit": unit}
    highest = {"max_amount": f.positive(row, "max_amount", path), "max_rate": f.positive(row, "max_rate", path)}
    try:
        if unit.startswith(("mL", "L")) and concentration is not None and per is not None:
            strength = convert(concentration, per, f"{canonical}/mL", substance=drug)
            volume, unit = convert(1.0, unit, "mL/h" if rate is not None else "mL") * strength, canonical
            unit = f"{canonical}/h" if rate is not None else canonical
            amount = None if amount is None else amount * volume
            rate = None if rate is None else rate * volume
            highest = {k: None if v is None else v * volume for k, v in highest.items()}
        is_rate = rate is not None or (amount is None and highest["max_rate"] is not None)
        target = f"{canonical}/h" if is_rate else canonical
        found: dict[str, Any] = {}
        found["amount"], one = _canonical(amount, unit, target, drug)
        found["rate"], two = _canonical(rate, unit, target, drug)
        found["max_amount"], three = _canonical(highest["max_amount"], unit, target, drug)
        found["max_rate"], four = _canonical(highest["max_rate"], unit, target, drug)
        units = {
            u
            for u, v in ((one, amount), (two, rate), (three, highest["max_amount"]), (four, highest["max_rate"]))
            if v is not None
        }
        found["unit"] = units.pop() if units else unit
    except UnitError as error:
        reading.remark(drug, "ignored", str(error))
        return None
    return found


def _administrations(reading: _Reading, top: Row) -> tuple[Administration, ...]:
    found: list[Administration] = []
    for path, row in f.rows(top, "administrations"):
        reading.unknown_fields("administrations", row)
        drug = f.text(row, "drug", path)
        start = f.moment(row, "start", path)
        if drug is None:
            raise ScenarioError(f"{path}.drug: is needed")
        composition = _composition(row, path)
        carbohydrate = f.positive(row, "carbohydrate_g_per_day", path)
        if drug not in DRUGS and composition is None and carbohydrate is None:
            reading.remark(drug, "ignored", "unknown drug")
            continue
        if start is None:
            reading.remark(drug, "incomplete_dose_history", "a dose without an exact time")
            continue
        if start > reading.at:
            reading.remark(drug, "ignored", "a dose from after the time of the prediction")
            continue
        amounts: dict[str, Any] | None = {"amount": None, "rate": None, "unit": ""}
        if carbohydrate is None:
            amounts = _quantities(reading, row, path, drug)
        if amounts is None:
            reading.remark(drug, "incomplete_dose_history", "a dose that cannot be read")
            continue
        end = f.moment(row, "end", path)
        if end is not None and end < start:
            raise ScenarioError(f"{path}.end: before start")
        if drug in DRUGS and amounts["amount"] is None and amounts["rate"] is None:
            reading.remark(drug, "incomplete_dose_history", "a dose without an amount")
            continue
        found.append(
            Administration(
                drug=drug,
                start=start,
                unit=amounts["unit"],
                amount=amounts["amount"],
                rate=amounts["rate"],
                end=end,
                route=f.text(row, "route", path),
                carbohydrate_g_per_day=carbohydrate,
                composition=composition,
                concentration=f.positive(row, "concentration", path),
                concentration_unit=f.text(row, "concentration_unit", path),
                last_charted=f.moment(row, "last_charted", path),
                id=f.text(row, "id", path),
            )
        )
    return tuple(sorted(found, key=lambda a: a.start))


def _orders(reading: _Reading, top: Row, kind: str) -> tuple[Order, ...]:
    found: list[Order] = []
    for path, row in f.rows(top, kind):
        reading.unknown_fields(kind, row)
        drug = f.text(row, "drug", path)
        settings = _order_settings(reading, row, path)
        stop = f.flag(row, "stop", path)
        carbohydrate = f.positive(row, "carbohydrate_g_per_day", path)
        amounts: dict[str, Any] = {}
        if drug is not None and not stop and carbohydrate is None:
            amounts = _quantities(reading, row, path, drug) or {}
        if drug is None and not settings and carbohydrate is None:
            raise ScenarioError(f"{path}: an order needs a drug, settings or nutrition")
        start = f.moment(row, "start", path)
        order = Order(
            label=f.text(row, "label", path, 120) or AS_ORDERED,
            drug=drug,
            interval_h=f.number(row, "interval_h", path, 0.05, 24 * 30.0),
            infusion_h=f.number(row, "infusion_h", path, 0.0, 24 * 7.0),
            count=_whole(row, "count", path, 1, 10_000),
            start=start if start is not None and start > reading.at else reading.at,
            until=f.moment(row, "until", path),
            settings=settings,
            carbohydrate_g_per_day=carbohydrate,
            composition=_composition(row, path),
            concentration=f.positive(row, "concentration", path),
            concentration_unit=f.text(row, "concentration_unit", path),
            stop=stop,
            as_needed=f.flag(row, "as_needed", path),
            route=f.text(row, "route", path),
            dosing_weight_kg=f.number(row, "dosing_weight_kg", path, 0.1, 1000.0),
            id=f.text(row, "id", path),
        )
        found.append(replace(order, **amounts))
    return tuple(found)


def _order_settings(reading: _Reading, row: Row, path: str) -> tuple[Setting, ...]:
    value = row.get("settings")
    if value is None:
        return ()
    found: list[Setting] = []
    for name, item in f.mapping(value, f"{path}.settings").items():
        inner = f"{path}.settings.{name}"
        if name not in VARIABLES:
            reading.remark(str(name), "ignored", "unknown setting")
            continue
        setting = _setting(reading, f.mapping(item, inner), inner, name, None)
        if setting is not None:
            found.append(setting)
    return tuple(found)


def _procedures(reading: _Reading, top: Row) -> tuple[Procedure, ...]:
    found: list[Procedure] = []
    for path, row in f.rows(top, "procedures"):
        reading.unknown_fields("procedures", row)
        name = f.text(row, "procedure", path)
        if name not in PROCEDURES:
            reading.remark(name or "procedure", "ignored", "unknown procedure")
            continue
        effluent = f.positive(row, "effluent_ml_per_h", path)
        found.append(Procedure(name, f.moment(row, "start", path), f.moment(row, "end", path), effluent))  # type: ignore[arg-type]
    return tuple(found)


def _conditions(reading: _Reading, top: Row) -> tuple[Condition, ...]:
    found: list[Condition] = []
    for path, row in f.rows(top, "conditions"):
        reading.unknown_fields("conditions", row)
        name = f.text(row, "condition", path)
        if name not in CONDITIONS:
            reading.remark(name or "condition", "ignored", "unknown condition")
            continue
        found.append(Condition(name, f.moment(row, "onset", path)))
    return tuple(found)


def _findings(reading: _Reading, top: Row) -> tuple[Finding, ...]:
    found: list[Finding] = []
    for path, row in f.rows(top, "findings"):
        reading.unknown_fields("findings", row)
        name, time = f.text(row, "finding", path), f.moment(row, "time", path)
        if name is None:
            raise ScenarioError(f"{path}.finding: is needed")
        if time is None or time > reading.at:
            reading.remark(name, "ignored", "a finding without an exact time up to now")
            continue
        found.append(Finding(name, time, f.text(row, "side", path), f.number(row, "value", path), f.text(row, "unit", path)))
    return tuple(found)
