"""What the circulation answers to a scenario: mean arterial pressure under every option, for an hour."""

from collections.abc import Mapping
from datetime import timedelta

import numpy as np

from twin_engine.circulation.chart import VARIABLE, CirculationChart, read
from twin_engine.circulation.effects import GAIN_MEDIAN
from twin_engine.circulation.forecast import Copies, Pressures, copies, loads_at, pressures
from twin_engine.circulation.pressors import PRESSORS
from twin_engine.circulation.tone import CUFF, FAST, GAIN, LEVEL, SLOW, TONE, WINDOW_H
from twin_engine.covariates import hours
from twin_engine.keep import Keep
from twin_engine.kernel.declare import Array
from twin_engine.kernel.quantiles import quantiles
from twin_engine.kernel.schedule import Dose
from twin_engine.options import option
from twin_engine.outcome import CannotPredict
from twin_engine.patient.record import DataQuality, Order
from twin_engine.prediction import Answer, Bands, Forecast, ModelSummary, ParameterSummary, Reported, SafetyVerdict
from twin_engine.safety.check import check
from twin_engine.scenario import NO_CHANGE, Scenario, grid
from twin_engine.site import Site

MODEL_ID = "map_tone"
VALID_H = 1.0
STATUS = "experimental"
UNIT = "mm[Hg]"
NORMAL_95 = 1.6449
_NAMES = {LEVEL: "level", SLOW: "slow", FAST: "fast", GAIN: "pressor_gain", CUFF: "cuff_offset"}


def takes(order: Order) -> bool:
    """Whether the order acts on the circulation as modelled here."""
    return order.drug in PRESSORS


def answer(scenario: Scenario, drafted: Mapping[str, tuple[Order, ...]], site: Site, keep: Keep) -> list[Answer]:
    """The answer of the circulation: where an order acts on it, or pressors were given lately. Remarks on its data are made
    only where an order acts on it: they are no business of another order."""
    ordered = any(takes(order) for orders in drafted.values() for order in orders)
    if scenario.models is not None and MODEL_ID not in scenario.models:
        return []
    if scenario.models is None and not ordered and not _on_pressors(scenario):
        return []
    found = keep(MODEL_ID, lambda: _refreshed(scenario))
    told = ordered or not drafted
    if isinstance(found, CannotPredict):
        return [Answer({}, (), {}, (found,), ())] if told else []
    chart, made = found
    remarks = _remarks(scenario, chart) if told else ()
    doses = _doses(scenario, chart, drafted)
    if isinstance(doses, CannotPredict):
        return [Answer(_summaries(chart, made), (), {}, (doses,), remarks)]
    return [Answer(_summaries(chart, made), _forecasts(scenario, chart, made, drafted, doses, site), {}, (), remarks)]


def _on_pressors(scenario: Scenario) -> bool:
    given = (a for a in scenario.record.administrations if a.drug in PRESSORS)
    return any(hours(a.end or scenario.at, scenario.at) > -WINDOW_H for a in given)


def _refreshed(scenario: Scenario) -> tuple[CirculationChart, Copies] | CannotPredict:
    chart = read(scenario.record, scenario.at)
    return chart if isinstance(chart, CannotPredict) else (chart, copies(chart, scenario.draws, scenario.seed))


def _doses(
    scenario: Scenario, chart: CirculationChart, drafted: Mapping[str, tuple[Order, ...]]
) -> dict[str, tuple[Dose, ...]] | CannotPredict:
    """Pressors from `at` on under each option, "no change" last, in ug of norepinephrine equivalents."""
    found: dict[str, tuple[Dose, ...]] = {}
    for label, orders in {**drafted, NO_CHANGE: ()}.items():
        given: list[Dose] = []
        for drug in PRESSORS:
            own = [o for o in orders if o.drug == drug]
            one = option(label, own, scenario.record, drug, chart.given[drug], scenario.at, VALID_H)
            if isinstance(one, CannotPredict):
                return CannotPredict(VARIABLE, f"{drug}: {one.reason}")
            if own and chart.weight_kg is None and drug == "vasopressin":
                return CannotPredict(VARIABLE, "the effect of vasopressin depends on weight, and none is charted")
            given.extend(chart.equivalents(drug, one.doses))
        found[label] = tuple(given)
    return found


def _forecasts(
    scenario: Scenario,
    chart: CirculationChart,
    made: Copies,
    drafted: Mapping[str, tuple[Order, ...]],
    doses: Mapping[str, tuple[Dose, ...]],
    site: Site,
) -> tuple[Forecast, ...]:
    times = grid(min(scenario.asked_h, VALID_H))
    asked = [t for t in scenario.report_times if 0.0 <= hours(t, scenario.at) <= VALID_H + 1e-9]
    reported = np.array([hours(t, scenario.at) for t in asked])
    first = next(iter(doses))
    curves = pressures(made, times, loads_at(chart, doses, times), first)
    rows = pressures(made, reported, loads_at(chart, doses, reported), first)
    stamps = tuple(scenario.at + timedelta(hours=float(h)) for h in times)
    return tuple(
        Forecast(
            label=label,
            orders=drafted.get(label, ()),
            times=stamps,
            variables={VARIABLE: _bands(curves[label].values)},
            metrics={},
            report=tuple(Reported(t, VARIABLE, *row) for t, row in zip(asked, _rows(rows[label]), strict=True)),
            safety=_verdict(scenario, drafted.get(label, ()), site),
        )
        for label in doses
    )


def _verdict(scenario: Scenario, orders: tuple[Order, ...], site: Site) -> SafetyVerdict:
    return check(orders, scenario.record, scenario.at, site.limits)


def _bands(values: Array) -> Bands:
    return Bands(UNIT, *(tuple(row.tolist()) for row in quantiles(values, (0.05, 0.25, 0.5, 0.75, 0.95))))


def _rows(found: Pressures) -> list[tuple[float, float, float, float, float, float]]:
    """mode, median, low, high, predicted_low, predicted_high at each time."""
    if not len(found.mode):
        return []
    low, median, high = quantiles(found.values, (0.05, 0.5, 0.95))
    lowest, highest = quantiles(found.charted, (0.05, 0.95))
    table = np.stack([found.mode, median, low, high, lowest, highest], axis=1)
    return [(a, b, c, d, e, f) for a, b, c, d, e, f in table.tolist()]


def _summaries(chart: CirculationChart, made: Copies) -> dict[str, ModelSummary]:
    """The states as parameters of the answer: mean of the charts, and the patient's own."""
    sd = np.sqrt(np.diagonal(made.state.covariance)) * float(made.state.width) * TONE.width
    parameters: dict[str, ParameterSummary] = {}
    for i, name in _NAMES.items():
        own = float(made.state.mean[i])
        half = NORMAL_95 * float(sd[i])
        parameters[name] = ParameterSummary(UNIT, float(TONE.mean[i]), own, own, own - half, own + half)
    low, median, high = np.quantile(made.gain, (0.05, 0.5, 0.95))
    parameters["published_gain"] = ParameterSummary(UNIT, GAIN_MEDIAN, float(median), float(median), float(low), float(high))
    summary = ModelSummary(
        "", VARIABLE, STATUS, 1.0, len(chart.values), float(made.draws), parameters, population_estimate=False
    )
    return {MODEL_ID: summary}


def _remarks(scenario: Scenario, chart: CirculationChart) -> tuple[DataQuality, ...]:
    late = [t for t in scenario.report_times if hours(t, scenario.at) > VALID_H + 1e-9]
    words = f"the pressure is forecast for {VALID_H:g} h, the longest the model is valid for"
    return (*chart.remarks, *((DataQuality(VARIABLE, "ignored", words),) if late else ()))
