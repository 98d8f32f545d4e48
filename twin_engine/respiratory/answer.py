"""What lungs and ventilator answer to a scenario: pressures, oxygen, carbon dioxide and pH under every option."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

import numpy as np

from twin_engine.covariates import hours
from twin_engine.keep import Keep
from twin_engine.kernel.declare import Array
from twin_engine.kernel.quantiles import quantiles
from twin_engine.outcome import CannotPredict
from twin_engine.patient.contradiction import contradictions
from twin_engine.patient.record import DataQuality, Order
from twin_engine.patient.variables import VARIABLES
from twin_engine.prediction import Answer, Bands, Forecast, Metric, Reported
from twin_engine.respiratory import whole
from twin_engine.respiratory.bounds import BY_CHART, metrics
from twin_engine.respiratory.choices import VALID_H, Options, options_of
from twin_engine.respiratory.lungs import Lungs, course, gaps, lungs_of, measured
from twin_engine.respiratory.population import LUNGS, Population
from twin_engine.respiratory.settings import SUBJECT
from twin_engine.respiratory.summaries import GAS, OXYGEN, PRESSURE, summaries
from twin_engine.scenario import NO_CHANGE, Scenario, grid
from twin_engine.site import Site

MODELS: Final = (PRESSURE, OXYGEN, GAS)
READ: Final = frozenset({
    "ventilator_mode", "fio2", "peep", "tidal_volume_set", "respiratory_rate_set", "inspiratory_pressure",
    "inspiratory_time", "ie_ratio", "pao2", "paco2", "ph", "spo2", "plateau_pressure", "peak_pressure",
    "carboxyhemoglobin", "methemoglobin",
    "mean_airway_pressure", "peep_total", "tidal_volume", "respiratory_rate", "hemoglobin", "temperature", "cardiac_output",
    "height",
})  # fmt: skip


def takes(order: Order) -> bool:
    """Whether the order acts on the ventilator."""
    return bool(order.settings)


def answer(
    scenario: Scenario, drafted: Mapping[str, tuple[Order, ...]], site: Site, keep: Keep, population: Population = LUNGS
) -> list[Answer]:
    """The answer of the lungs: where an order sets a ventilator, or nothing is ordered and one is running."""
    if not _asked(scenario, drafted):
        return []
    lungs = lungs_of(scenario, keep, population)
    if isinstance(lungs, CannotPredict):
        return [Answer({}, (), {}, (lungs,), (), completeness=whole.of_refused(scenario, lungs))]
    options = options_of(scenario, lungs, drafted, site)
    if isinstance(options, CannotPredict):
        return [Answer({}, (), {}, (options,), lungs.chart.remarks)]
    missing, remarks = gaps(lungs, options.anchors, options.plans.values())
    late = [t for t in scenario.report_times if hours(t, scenario.at) > VALID_H + 1e-9]
    if late:
        words = f"the lungs are forecast for {VALID_H:g} h, the longest the models are valid for"
        remarks = (*remarks, DataQuality(SUBJECT, "ignored", words))
    told = summaries(lungs.oxygen, lungs.pressures, options.anchors.carbon_drafted, lungs.copies)
    suggested = {} if options.suggested is None else {SUBJECT: options.suggested}
    said = (*lungs.chart.remarks, *remarks, *options.remarks)
    doubts = (*scenario.remarks, *contradictions(scenario.record, scenario.at, READ), *lungs.chart.remarks)
    graded = whole.completeness(scenario, lungs, options.anchors, options.plans[NO_CHANGE], doubts)
    return [Answer(told, _forecasts(scenario, lungs, options), suggested, missing, said, completeness=graded)]


def reads(drug: str) -> frozenset[str]:
    """Charted variables that the forecast of an order reads; `drug` is the subject of a ventilator order."""
    return READ if drug == SUBJECT else frozenset[str]()


def _asked(scenario: Scenario, drafted: Mapping[str, tuple[Order, ...]]) -> bool:
    if scenario.models is not None and not set(scenario.models) & set(MODELS):
        return False
    if any(takes(order) for orders in drafted.values() for order in orders):
        return True
    running = any(s.variable == "peep" for s in scenario.record.settings)
    return running and (scenario.models is not None or not drafted)


def _forecasts(scenario: Scenario, lungs: Lungs, options: Options) -> tuple[Forecast, ...]:
    times = grid(min(scenario.asked_h, VALID_H))
    asked = [t for t in scenario.report_times if 0.0 <= hours(t, scenario.at) <= VALID_H + 1e-9]
    reported = np.array([hours(t, scenario.at) for t in asked])
    stamps = tuple(scenario.at + timedelta(hours=float(h)) for h in times)
    found: list[Forecast] = []
    for label, option in options.plans.items():
        curves = course(lungs, options.anchors, option, times) if scenario.draws_effects else {}
        rows = course(lungs, options.anchors, option, reported) if asked else {}
        charted = measured(rows, lungs, options.anchors, option, reported)
        found.append(
            Forecast(
                label=label,
                orders=options.orders[label],
                times=stamps,
                variables={name: _bands(name, values) for name, values in curves.items()},
                metrics=_metrics(scenario, options, label),
                report=tuple(
                    Reported(t, name, *_row(rows[name][i], charted[name][i])) for i, t in enumerate(asked) for name in rows
                ),
                safety=options.verdicts[label],
                places={SUBJECT: options.places[label]} if label in options.places else {},
                changes=options.changes.get(label),
                ends=dict.fromkeys(options.values[label], stamps[-1]) if scenario.foretells(label) else {},
            )
        )
    return tuple(found)


def _metrics(scenario: Scenario, options: Options, label: str) -> dict[str, Metric]:
    found = metrics(options.values[label], scenario.record, scenario.at) | dict(options.effects.get(label, {}))
    if label == NO_CHANGE:
        found |= {f"{name}_{BY_CHART}": one for name, one in metrics(options.by_chart, scenario.record, scenario.at).items()}
    return found


def _bands(name: str, values: Array) -> Bands:
    levels = quantiles(values, (0.05, 0.25, 0.5, 0.75, 0.95))
    return Bands(VARIABLES[name].unit, *(tuple(row.tolist()) for row in levels))


def _row(values: Array, charted: Array) -> tuple[float, float, float, float, float, float]:
    """mode, median, low, high, predicted_low, predicted_high at one time; what is not measured has one interval."""
    low, median, high = np.quantile(values, (0.05, 0.5, 0.95)).tolist()
    lowest, highest = np.quantile(charted, (0.05, 0.95)).tolist()
    return median, median, low, high, lowest, highest
