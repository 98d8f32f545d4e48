"""Check the orders of one option against the limits: single dose, dose per weight, rate, and the fullest 24 h, with what
was already given. Unknown is not cleared; a range or an as-needed order is judged at its highest.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from twin_engine.patient.record import Order, PatientRecord
from twin_engine.patient.units import UnitError, convert
from twin_engine.patient.variables import DRUGS
from twin_engine.prediction import SafetyFinding, SafetyVerdict
from twin_engine.safety.limits import LEVEL_COUNTS_FOR_H, LIMITS, Limit, limits_of

DAY_H = 24.0
LOOK_AHEAD_H = 96.0
BOLUS_H = 0.5
"""A dose given within this time is a bolus."""
_TOLERANCE = 1.0 + 1e-6
_INSTANT_H = 1e-6
_ABSURD = 1e15


@dataclass(frozen=True, slots=True)
class _Given:
    """An amount going in evenly from start to end, hours relative to `at`."""

    start_h: float
    end_h: float
    amount: float


def check(orders: Sequence[Order], record: PatientRecord, at: datetime, limits: Sequence[Limit] = LIMITS) -> SafetyVerdict:
    """Verdict on the orders of one option as written."""
    findings: list[SafetyFinding] = []
    for drug in dict.fromkeys(o.drug for o in orders if o.drug and not o.stop):
        mine = [o for o in orders if o.drug == drug and not o.stop]
        findings.extend(_check_drug(drug, mine, record, at, limits_of(drug, limits)))
    for order in orders:
        if order.drug is None and not order.stop:
            findings.append(_unknown("no limits are declared for this kind of order"))
    return SafetyVerdict(not findings, tuple(dict.fromkeys(findings)))


def _unknown(reason: str) -> SafetyFinding:
    return SafetyFinding("unknown", reason, "")


def _check_drug(
    drug: str, orders: Sequence[Order], record: PatientRecord, at: datetime, limits: Sequence[Limit]
) -> list[SafetyFinding]:
    if not limits or drug not in DRUGS:
        return [_unknown(f"no limits are declared for {drug}")]
    findings: list[SafetyFinding] = []
    planned: list[_Given] = []
    latest = record.latest("weight", at)
    for order in orders:
        weight = order.dosing_weight_kg or (None if latest is None else latest.value)
        read = _highest(order, drug, weight)
        if isinstance(read, SafetyFinding):
            findings.append(read)
            continue
        amount, rate = read
        findings.extend(_single(order, amount, rate, limits, weight))
        planned.extend(_doses(order, amount, rate, at))
    return findings + _totals(drug, planned, limits, record, at)


def _highest(order: Order, drug: str, weight: float | None) -> tuple[float | None, float | None] | SafetyFinding:
    """Largest single amount and rate the order allows, in the drug's units, or why they are unknown."""
    unit = DRUGS[drug].amount_unit
    amounts = [a for a in (order.amount, order.max_amount) if a is not None]
    rates = [r for r in (order.rate, order.max_rate) if r is not None]
    if not amounts and not rates:
        return _unknown("the order states no dose that can be read")
    if max(amounts + rates) <= 0:
        return _unknown("the order states a dose of 0")
    try:
        amount = convert(max(amounts), order.unit or "", unit, substance=drug, weight_kg=weight) if amounts else None
        rate = convert(max(rates), order.unit or "", f"{unit}/h", substance=drug, weight_kg=weight) if rates else None
    except UnitError as error:
        return _unknown(str(error))
    return amount, rate


def _single(
    order: Order, amount: float | None, rate: float | None, limits: Sequence[Limit], weight: float | None
) -> list[SafetyFinding]:
    findings: list[SafetyFinding] = []
    repeating = order.interval_h is not None
    at_once = amount is not None and (order.infusion_h is None or order.infusion_h <= BOLUS_H)
    per_hour = rate
    if amount is not None and order.infusion_h is not None:
        per_hour = amount / order.infusion_h if order.infusion_h > 0 else float("inf")
    for limit in limits:
        if limit.repeating is not None and limit.repeating != repeating:
            continue
        if limit.quantity == "single_dose" and amount is not None:
            findings.extend(_crossed(limit, amount, "single dose"))
        elif limit.quantity == "dose_per_kg" and amount is not None:
            if weight is None:
                findings.append(_unknown("no weight: the dose per kg cannot be checked"))
            else:
                findings.extend(_crossed(limit, amount / weight, "dose"))
        elif limit.quantity == "rate_per_h" and per_hour is not None:
            findings.extend(_crossed(limit, per_hour, "infusion rate"))
    return findings + _by_pump(amount if at_once else None, None if at_once else per_hour, limits, weight)


def _by_pump(bolus: float | None, per_hour: float | None, limits: Sequence[Limit], weight: float | None) -> list[SafetyFinding]:
    """Boluses and infusion rates, each in the unit of its limit."""
    findings: list[SafetyFinding] = []
    for limit in limits:
        value = {"bolus": bolus, "infusion_rate": per_hour}.get(limit.quantity)
        if value is None:
            continue
        words = limit.quantity.replace("_", " ")
        if "/kg" in limit.unit and weight is None:
            findings.append(_unknown(f"no weight: the {words} per kg cannot be checked"))
            continue
        per_kg = weight if weight is not None and "/kg" in limit.unit else 1.0
        per_minute = 60.0 if limit.unit.endswith("/min") else 1.0
        findings.extend(_crossed(limit, value / per_kg / per_minute, words))
    return findings


def _doses(order: Order, amount: float | None, rate: float | None, at: datetime) -> list[_Given]:
    start = 0.0 if order.start is None else max((order.start - at).total_seconds() / 3600.0, 0.0)
    stop = LOOK_AHEAD_H if order.until is None else (order.until - at).total_seconds() / 3600.0
    if rate is not None:
        return [_Given(start, stop, rate * (stop - start))] if stop > start else []
    if amount is None:
        return []
    length = order.infusion_h or 0.0
    if order.interval_h is None:
        return [_Given(start, start + length, amount)]
    most = min(order.count or 10_000, int((min(stop, start + LOOK_AHEAD_H) - start) / order.interval_h) + 1)
    return [_Given(start + i * order.interval_h, start + i * order.interval_h + length, amount) for i in range(most)]


def _totals(
    drug: str, planned: Sequence[_Given], limits: Sequence[Limit], record: PatientRecord, at: datetime
) -> list[SafetyFinding]:
    if not planned:
        return []
    unit = DRUGS[drug].amount_unit
    past: list[_Given] = []
    for row in record.given(drug):
        start = (row.start - at).total_seconds() / 3600.0
        over = row.end or (row.start if row.rate is None else at)
        if over < at - timedelta(hours=DAY_H):
            continue
        end = 0.0 if row.end is None else (row.end - at).total_seconds() / 3600.0
        if row.amount is not None and row.unit == unit:
            past.append(_Given(start, start if row.end is None else end, row.amount))
        elif row.rate is not None and row.unit == f"{unit}/h" and end > start:
            past.append(_Given(start, end, row.rate * (end - start)))
    fullest = _fullest_day([*past, *planned], planned)
    seen = any(
        0 <= (at - m.time).total_seconds() / 3600.0 <= LEVEL_COUNTS_FOR_H for m in record.of(drug) if m.value is not None
    )
    findings: list[SafetyFinding] = []
    for limit in limits:
        if limit.quantity == "total_24h" or (limit.quantity == "total_24h_without_level" and not seen):
            words = "total in 24 h" + (" without a level" if limit.quantity.endswith("level") else "")
            findings.extend(_crossed(limit, fullest, words))
    if any(f.severity == "absolute" for f in findings):
        findings = [f for f in findings if f.severity == "absolute"]
    return findings


def _fullest_day(everything: Sequence[_Given], planned: Sequence[_Given]) -> float:
    """Most that goes in within any 24 h that end with a planned dose, or a day from now."""
    starts = np.array([g.start_h for g in everything])
    lengths = np.array([max(g.end_h - g.start_h, 0.0) for g in everything])
    # An absurd amount is as far beyond every limit when cut here, and cannot overflow the sum.
    amounts = np.minimum(np.array([g.amount for g in everything]), _ABSURD)
    # A window that ends just after a start holds a bolus given then.
    ends = np.array([*(max(g.start_h, g.end_h) for g in planned), *(g.start_h for g in planned), DAY_H])[:, None] + _INSTANT_H
    inside = np.minimum(starts + lengths, ends) - np.maximum(starts, ends - DAY_H)
    infused = np.clip(inside, 0.0, None) / np.where(lengths > 0, lengths, 1.0)
    given_at_once = (starts >= ends - DAY_H) & (starts < ends)
    return float((np.where(lengths > 0, infused, given_at_once) * amounts).sum(axis=1).max())


def _crossed(limit: Limit, value: float, words: str) -> list[SafetyFinding]:
    if value <= limit.highest * _TOLERANCE:
        return []
    highest = f"{_said(limit.highest)} {limit.unit}"
    reason = f"{limit.drug} {words} {_said(value)} {limit.unit} is above the {limit.severity} limit of {highest}"
    return [SafetyFinding(limit.severity, reason, limit.source)]


def _said(value: float) -> str:
    return f"{value:,.0f}" if 20.0 <= value < 1e7 else f"{value:.3g}"
