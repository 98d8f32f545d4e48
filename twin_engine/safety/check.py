"""Check the orders of one option against the limits: single dose, dose per weight, rate, and the fullest 24 h, with what
was already given and what goes on beside. Unknown is not cleared; a range or an as-needed order is judged at its highest.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from twin_engine.covariates import hours
from twin_engine.history import into_the_blood
from twin_engine.patient.record import Order, PatientRecord
from twin_engine.patient.units import UnitError, convert
from twin_engine.patient.variables import DRUGS
from twin_engine.prediction import SafetyFinding, SafetyVerdict
from twin_engine.safety.limits import LEVEL_COUNTS_FOR_H, LIMITS, Limit, limits_of
from twin_engine.safety.settings import check_settings
from twin_engine.safety.totals import (
    DAY_H,
    LOOK_AHEAD_H,
    Charted,
    Days,
    Replaced,
    Times,
    charted,
    days,
    going_on,
    replaced_from,
)

BOLUS_H = 0.5
"""A dose given within this time is a bolus."""
THROUGHOUT = 0.9
"""A repeated dose that runs for this share of its interval is a continuous infusion in bags: no single dose. Our own choice."""
_TOLERANCE = 1.0 + 1e-6


@dataclass(frozen=True, slots=True)
class _Drug:
    """What is known of one drug: its limits, those of them on the total of a day that hold (some only while no level is recent
    enough to count), and what the chart says was given."""

    limits: tuple[Limit, ...]
    totals: tuple[Limit, ...]
    past: Charted


@dataclass(frozen=True, slots=True)
class _Chart:
    """One chart and the limits; `known` by drug, and `days` by drug, the hour from which it is replaced and what is planned,
    are worked out once for all options."""

    record: PatientRecord
    at: datetime
    limits: Sequence[Limit]
    weight: float | None
    known: Callable[[str], _Drug]
    days: Callable[[str, Replaced, tuple[Times, ...]], Days]


def check(orders: Sequence[Order], record: PatientRecord, at: datetime, limits: Sequence[Limit] = LIMITS) -> SafetyVerdict:
    """Verdict on the orders of one option as written."""
    return checker(record, at, limits)(orders)


def checker(
    record: PatientRecord, at: datetime, limits: Sequence[Limit] = LIMITS
) -> Callable[[Sequence[Order]], SafetyVerdict]:
    """`check` for many options of one chart, whose doses are counted once."""
    latest = record.latest("weight", at)
    weight = None if latest is None else latest.value

    @cache
    def known(drug: str) -> _Drug:
        measured = any(0 <= -hours(m.time, at) <= LEVEL_COUNTS_FOR_H for m in record.of(drug) if m.value is not None)
        left_out = "total_24h_without_level" if measured else None
        own = limits_of(drug, limits)
        totals = tuple(one for one in own if one.quantity.startswith("total_24h") and one.quantity != left_out)
        return _Drug(own, totals, charted(drug, record, at, weight))

    @cache
    def looked_at(drug: str, replaced: Replaced, planned: tuple[Times, ...]) -> Days:
        past = known(drug).past
        return days(planned, (*past.given, *going_on(drug, record, at, past, replaced)))

    chart = _Chart(record, at, limits, weight, known, looked_at)
    return lambda orders: _verdict(orders, chart)


def _verdict(orders: Sequence[Order], chart: _Chart) -> SafetyVerdict:
    findings: list[SafetyFinding] = []
    for drug in dict.fromkeys(o.drug for o in orders if o.drug and not o.stop):
        findings.extend(_check_drug(drug, [o for o in orders if o.drug == drug], chart))
    settings = [one for order in orders for one in order.settings]
    if settings:
        findings.extend(check_settings(settings, chart.record, chart.at, limits_of("ventilator", chart.limits)))
    for order in orders:
        if not order.settings and order.drug is None and not order.stop:
            findings.append(_unknown("no limits are declared for this kind of order"))
    return SafetyVerdict(not findings, tuple(dict.fromkeys(findings)))


def _unknown(reason: str) -> SafetyFinding:
    return SafetyFinding("unknown", reason, "")


def _check_drug(drug: str, orders: Sequence[Order], chart: _Chart) -> list[SafetyFinding]:
    limits = chart.known(drug).limits if drug in DRUGS else ()
    if not limits:
        return [_unknown(f"no limits are declared for {drug}")]
    findings: list[SafetyFinding] = []
    planned: list[tuple[float, Times]] = []
    for order in orders:
        if order.stop:
            continue
        weight = order.dosing_weight_kg or chart.weight
        read = _highest(order, drug, weight)
        if isinstance(read, SafetyFinding):
            findings.append(read)
            continue
        amount, rate = read
        findings.extend(_single(order, amount, rate, limits, weight, _runs_h(order, chart.at)))
        planned.extend(_planned(order, amount, rate, chart.at))
    return findings + _totals(drug, planned, orders, chart)


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


def _runs_h(order: Order, at: datetime) -> float | None:
    """For how long a rate runs, where its end is stated."""
    return None if order.rate is None or order.until is None else hours(order.until, order.start or at)


def _single(
    order: Order,
    amount: float | None,
    rate: float | None,
    limits: Sequence[Limit],
    weight: float | None,
    runs_h: float | None,
) -> list[SafetyFinding]:
    findings: list[SafetyFinding] = []
    repeating = order.interval_h is not None
    at_once = amount is not None and (order.infusion_h is None or order.infusion_h <= BOLUS_H)
    per_hour = rate
    if amount is not None and order.infusion_h is not None:
        per_hour = amount / order.infusion_h if order.infusion_h > 0 else float("inf")
    for limit in limits:
        if limit.repeating not in (None, repeating) or limit.prodrug not in (None, order.prodrug):
            continue
        if limit.quantity == "rate_per_h" and not into_the_blood(order.route):
            continue
        if limit.quantity in {"single_dose", "dose_per_kg"} and _throughout(order):
            continue
        if limit.quantity == "single_dose" and amount is not None:
            findings.extend(_crossed(limit, amount, "single dose"))
        elif limit.quantity == "dose_per_kg" and amount is not None:
            if weight is None:
                findings.append(_unknown("no weight: the dose per kg cannot be checked"))
            else:
                findings.extend(_crossed(limit, amount / weight, "dose"))
        elif limit.quantity == "regular_daily_per_kg" and (daily := _regular_daily(order, amount, rate)) is not None:
            if weight is None:
                findings.append(_unknown("no weight: the daily dose per kg cannot be checked"))
            else:
                findings.extend(_crossed(limit, daily / weight, "daily dose"))
        elif limit.quantity == "rate_per_h" and per_hour is not None:
            findings.extend(_crossed(limit, per_hour, "infusion rate"))
        elif limit.quantity == "rate_per_h" and limit.severity == "absolute":
            findings.append(
                _unknown(f"no infusion time: the rate, at most {_said(limit.highest)} {limit.unit}, cannot be checked")
            )
    pumped = _by_pump(order, amount if at_once else None, None if at_once else per_hour, limits, weight)
    if rate is not None and runs_h is not None and 0 < runs_h <= BOLUS_H and any(f.severity != "unknown" for f in pumped):
        # A load written as a rate, as labels do: "1 ug/kg over 10 min" is 6 ug/kg/h with an end.
        loaded = _by_pump(order, rate * runs_h, None, limits, weight)
        pumped = pumped if any(f.severity == "unknown" for f in loaded) else loaded
    return findings + pumped


def _throughout(order: Order) -> bool:
    return order.interval_h is not None and (order.infusion_h or 0.0) >= THROUGHOUT * order.interval_h


def _regular_daily(order: Order, amount: float | None, rate: float | None) -> float | None:
    """What an order that goes on for longer than a day comes to per day; shorter ones are judged by their total."""
    if order.until is not None and order.start is not None and hours(order.until, order.start) <= DAY_H:
        return None
    if rate is not None:
        return rate * DAY_H
    if amount is None or order.interval_h is None or (order.count is not None and order.count * order.interval_h <= DAY_H):
        return None
    return amount * DAY_H / order.interval_h


def _by_pump(
    order: Order, bolus: float | None, per_hour: float | None, limits: Sequence[Limit], weight: float | None
) -> list[SafetyFinding]:
    """Boluses and infusion rates, each in the unit of its limit."""
    known = {limit.quantity for limit in limits}
    findings: list[SafetyFinding] = []
    if bolus is not None and "infusion_rate" in known and "bolus" not in known:
        findings.append(_unknown(f"no limit of a bolus of {limits[0].drug} is declared"))
    if per_hour is not None and "bolus" in known and "infusion_rate" not in known:
        findings.append(_unknown(f"no limit of an infusion of {limits[0].drug} is declared"))
    for limit in limits:
        value = {"bolus": bolus, "infusion_rate": per_hour}.get(limit.quantity)
        if value is None:
            continue
        words = limit.quantity.replace("_", " ")
        if limit.into_a_vein and not into_the_blood(order.route):
            continue
        if limit.into_a_vein and order.route is None:
            if value > limit.highest * _TOLERANCE:
                findings.append(_unknown(f"no route: a {words} into a vein is at most {_said(limit.highest)} {limit.unit}"))
            continue
        if "/kg" in limit.unit and weight is None:
            findings.append(_unknown(f"no weight: the {words} per kg cannot be checked"))
            continue
        per_kg = weight if weight is not None and "/kg" in limit.unit else 1.0
        per_minute = 60.0 if limit.unit.endswith("/min") else 1.0
        findings.extend(_crossed(limit, value / per_kg / per_minute, words))
    return findings


def _planned(order: Order, amount: float | None, rate: float | None, at: datetime) -> Iterator[tuple[float, Times]]:
    """The amount of each dose of an order, and when they go in; nothing when none does."""
    start = 0.0 if order.start is None else max(hours(order.start, at), 0.0)
    stop = LOOK_AHEAD_H if order.until is None else hours(order.until, at)
    length = order.infusion_h or 0.0
    if rate is not None:
        if stop > start:
            yield rate * (stop - start), ((start, stop - start),)
    elif amount is not None and order.interval_h is None:
        yield amount, ((start, length),)
    elif amount is not None and order.interval_h is not None:
        most = min(order.count or 10_000, int((min(stop, start + LOOK_AHEAD_H) - start) / order.interval_h) + 1)
        if most > 0:
            yield amount, tuple((start + i * order.interval_h, length) for i in range(most))


def _totals(drug: str, planned: Sequence[tuple[float, Times]], orders: Sequence[Order], chart: _Chart) -> list[SafetyFinding]:
    known = chart.known(drug)
    if not planned or not known.totals:
        return []
    amounts, times = zip(*planned, strict=True)
    fullest = chart.days(drug, replaced_from(orders, chart.at), times).fullest(amounts)
    beside_load = _beside_load(drug, planned, orders, chart)
    weight = next((o.dosing_weight_kg for o in orders if o.dosing_weight_kg), chart.weight)
    findings: list[SafetyFinding] = []
    for limit in known.totals:
        per_kg = limit.quantity == "total_24h_per_kg"
        if per_kg and weight is None:
            findings.append(_unknown("no weight: the total in 24 h per kg cannot be checked"))
            continue
        words = "total in 24 h" + (" without a level" if limit.quantity.endswith("level") else "")
        total = fullest
        if limit.beside_load and beside_load is not None:
            words, total = f"{words} beside one load", beside_load
        findings.extend(_crossed(limit, total / weight if per_kg and weight is not None else total, words))
    if any(f.severity == "absolute" for f in findings):
        return [f for f in findings if f.severity == "absolute"]
    if known.past.uncounted:
        findings.append(_unknown(f"{drug} was given within 24 h in an amount that cannot be read: the total is not checked"))
    return findings


def _beside_load(drug: str, planned: Sequence[tuple[float, Times]], orders: Sequence[Order], chart: _Chart) -> float | None:
    """The fullest day without the load of the continuous infusion that is ordered: the largest single bolus beside it, as far
    as a single dose may go; None where there is none."""
    if not any(not o.stop and (o.rate is not None or o.max_rate is not None or _throughout(o)) for o in orders):
        return None
    amounts, times = zip(*planned, strict=True)
    boluses = [i for i, own in enumerate(times) if len(own) == 1 and own[0][1] <= BOLUS_H]
    if not boluses or len(boluses) == len(planned):
        return None
    load = max(boluses, key=lambda i: amounts[i])
    most = min((limit.highest for limit in chart.known(drug).limits if limit.quantity == "single_dose"), default=0.0)
    fewer = [max(amount - most, 0.0) if i == load else amount for i, amount in enumerate(amounts)]
    return chart.days(drug, replaced_from(orders, chart.at), times).fullest(fewer)


def _crossed(limit: Limit, value: float, words: str) -> list[SafetyFinding]:
    if value <= limit.highest * _TOLERANCE:
        return []
    found = f"{words} {_said(value)} {limit.unit}" if value < float("inf") else "given at once"
    reason = f"{limit.drug} {found} is above the {limit.severity} limit of {_said(limit.highest)} {limit.unit}"
    return [SafetyFinding(limit.severity, reason, limit.source)]


def _said(value: float) -> str:
    return f"{value:,.0f}" if 20.0 <= value < 1e7 else f"{value:.3g}"
