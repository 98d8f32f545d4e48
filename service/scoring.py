"""Every prediction meets its outcome: what the call promised, whether the order was carried out as written, how far off it was.

A prediction is judged by the first value that is charted in its time, if what was given until then is what was ordered. The
scenario of the call is run again for the time of that value, so that a measured value is held against the interval for
measured values. Pure.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from service.store.predictions import Promise, Score
from twin_engine.patient.record import Administration, Measurement, Order, PatientRecord
from twin_engine.patient.variables import VARIABLES
from twin_engine.predict import VERSION, predict
from twin_engine.prediction import Forecast, Prediction, Reported
from twin_engine.scenario import NO_CHANGE, Scenario
from twin_engine.site import Site

ON_TIME = timedelta(hours=1)
"""A dose this much earlier or later than ordered is still the dose that was ordered."""
SAME_AMOUNT = 0.02
MEASURED = frozenset({"measured", "level"})
OTHERWISE_GIVEN, OTHER_VERSION, NOT_ANSWERED = (
    "given otherwise than ordered",
    "another version of the models",
    "not predicted again",
)


def promises(prediction: Prediction, scenario: Scenario, topics: dict[str, str]) -> tuple[Promise, ...]:
    """What this prediction says that can be measured: each variable of the orders as drafted. `topics` = topic of the shown
    card by drug."""
    drafted = {order.label: order for order in scenario.orders}
    found: list[Promise] = []
    for forecast in prediction.forecasts:
        if forecast.label not in drafted or forecast.label == NO_CHANGE:
            continue
        drugs = [drug for drug in dict.fromkeys(order.drug for order in forecast.orders) if drug is not None]
        for variable, closes_at in _measurable(forecast):
            drug = _owner(prediction, variable, drugs)
            topic, groups = topics.get(drug), _groups(prediction, scenario, drug)
            found.append(Promise(topic, drug, forecast.label[:300], variable, prediction.at, closes_at, VERSION, groups))
    return tuple(found)


def outcome(promise: Promise, record: PatientRecord) -> Measurement | None:
    """The first value charted in the time of the promise; one beyond the range of its assay cannot judge it."""
    values = (m for m in record.of(promise.variable) if m.value is not None and m.comparator is None)
    return min((m for m in values if promise.made_at < m.time <= promise.closes_at), key=lambda m: m.time, default=None)


def score(promise: Promise, scenario: Scenario, record: PatientRecord, measured: Measurement, site: Site) -> Score:
    """How the promise stands beside the measured value. `record` = the chart as it is now."""
    if promise.version != VERSION:
        return Score("void", OTHER_VERSION)
    ordered = tuple(order for order in scenario.orders if order.label == promise.option)
    if not carried_out(ordered, record, promise.made_at, measured.time):
        return Score("void", OTHERWISE_GIVEN)
    told = _reported(promise, scenario, measured.time, site)
    if told is None or measured.value is None:
        return Score("void", NOT_ANSWERED)
    error = told.median - measured.value
    return Score(
        "scored",
        lead_h=(measured.time - promise.made_at).total_seconds() / 3600.0,
        unit=measured.unit,
        error=error,
        relative=error / measured.value if measured.value > 0 else None,
        inside=told.predicted_low <= measured.value <= told.predicted_high,
    )


def carried_out(ordered: Sequence[Order], record: PatientRecord, since: datetime, until: datetime) -> bool:
    """Whether what was given and set in (since, until] is what was ordered, dose by dose."""
    drugs = {order.drug for order in ordered if order.drug is not None}
    if not drugs or any(order.settings or order.carbohydrate_g_per_day is not None for order in ordered):
        return False
    return all(_given_as_ordered([o for o in ordered if o.drug == drug], record.given(drug), since, until) for drug in drugs)


def _given_as_ordered(ordered: Sequence[Order], given: Sequence[Administration], since: datetime, until: datetime) -> bool:
    doses = [a for a in given if since - ON_TIME < a.start <= until and a.amount is not None]
    rates = [a for a in given if a.rate is not None and a.start <= until and (a.end is None or a.end > since)]
    for order in ordered:
        if order.stop or order.rate is not None:
            if not _rate_as_ordered(order, rates, since):
                return False
            rates = []
            continue
        for due in _due(order, since, until):
            match = next((a for a in doses if abs(a.start - due) <= ON_TIME and _same(a.amount, order.amount)), None)
            if match is not None:
                doses.remove(match)
            elif due + ON_TIME <= until:
                return False
    return not doses and not rates


def _rate_as_ordered(order: Order, rates: Sequence[Administration], since: datetime) -> bool:
    """The rate that ran last is the ordered one, and began on time; stopped = none runs on."""
    start = order.start or since
    later = [a for a in rates if a.end is None or a.end > start + ON_TIME]
    if order.stop:
        return not later
    return bool(later) and all(_same(a.rate, order.rate) and a.unit == order.unit for a in later)


def _due(order: Order, since: datetime, until: datetime) -> Iterator[datetime]:
    start = order.start or since
    most = 1 if order.interval_h is None else order.count or 10_000
    for n in range(most):
        due = start + timedelta(hours=n * (order.interval_h or 0.0))
        if due > until or (order.until is not None and due >= order.until):
            return
        yield due


def _same(one: float | None, other: float | None) -> bool:
    return one is not None and other is not None and abs(one - other) <= SAME_AMOUNT * other


def _owner(prediction: Prediction, variable: str, drugs: Sequence[str]) -> str:
    """The ordered drug whose models predict this variable; the variable itself where none of them does."""
    if variable in drugs:
        return variable
    return next((m.drug for m in prediction.twin.values() if m.variable == variable and m.drug in drugs), variable)


def _measurable(forecast: Forecast) -> Iterator[tuple[str, datetime]]:
    """Variables that a chart can hold, and until when each is predicted."""
    for variable, end in forecast.ends.items():
        if variable in VARIABLES and VARIABLES[variable].kind in MEASURED:
            yield variable, end


def _reported(promise: Promise, scenario: Scenario, at: datetime, site: Site) -> Reported | None:
    orders = tuple(order for order in scenario.orders if order.label == promise.option)
    asked = replace(scenario, orders=orders, alternatives="none", report_times=(at,))
    forecast = predict(asked, site).forecast(promise.option)
    told: Iterable[Reported] = () if forecast is None else forecast.report
    return next((r for r in told if r.variable == promise.variable and r.time == at), None)


def _groups(prediction: Prediction, scenario: Scenario, drug: str) -> dict[str, str]:
    models = [m for m in prediction.twin.values() if m.drug == drug]
    born = scenario.record.birth_date
    age = None if born is None else (scenario.at.date() - born).days / 365.25
    begun = [p for p in scenario.record.procedures if p.start is None or p.start <= scenario.at]
    replaced = any(p.end is None or p.end > scenario.at for p in begun)
    return {
        "levels used": "some" if any(m.n_observations for m in models) else "none",
        "age": "unknown" if age is None else "65 years or more" if age >= 65 else "under 65 years",
        "sex": str(scenario.record.sex),
        "organ support": "running" if replaced else "none charted",
    }
