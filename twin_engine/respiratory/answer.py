"""What lungs and ventilator answer to a scenario: pressures, oxygen, carbon dioxide and pH under every option."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import numpy as np

from twin_engine.covariates import hours
from twin_engine.keep import Keep
from twin_engine.kernel.declare import Array
from twin_engine.kernel.quantiles import quantiles
from twin_engine.outcome import CannotPredict
from twin_engine.patient.record import DataQuality, Order
from twin_engine.patient.variables import VARIABLES
from twin_engine.prediction import Answer, Bands, Forecast, Reported
from twin_engine.respiratory.bounds import metrics
from twin_engine.respiratory.chart import LungChart, mechanical, read
from twin_engine.respiratory.copies import LungCopies, lung_copies
from twin_engine.respiratory.oxygenation import (
    Oxygenation,
    measured_pao2,
    measured_spo2,
    oxygen_course,
    oxygenation,
)
from twin_engine.respiratory.plan import Plan, plan
from twin_engine.respiratory.pressures import PressureState, measured_pressure, pressure_course, pressure_state
from twin_engine.respiratory.settings import PRESSURE_MODES, SUBJECT
from twin_engine.respiratory.summaries import GAS, OXYGEN, PRESSURE, summaries
from twin_engine.respiratory.washout import PH_NOISE, CarbonState, carbon_course, carbon_state, measured_paco2
from twin_engine.safety.check import check
from twin_engine.scenario import NO_CHANGE, Scenario, grid
from twin_engine.site import Site

MODELS: Final = (PRESSURE, OXYGEN, GAS)
VALID_H: Final = 12.0
READ: Final = frozenset({
    "ventilator_mode", "fio2", "peep", "tidal_volume_set", "respiratory_rate_set", "inspiratory_pressure",
    "inspiratory_time", "ie_ratio", "pao2", "paco2", "ph", "spo2", "plateau_pressure", "peak_pressure",
    "mean_airway_pressure", "tidal_volume", "respiratory_rate", "hemoglobin", "temperature", "cardiac_output", "height",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Lungs:
    """The chart, the copies, and what was filtered that does not depend on an order."""

    chart: LungChart
    copies: LungCopies
    oxygen: Oxygenation | None
    pressures: PressureState | None


@dataclass(frozen=True, slots=True)
class Course:
    """One option: values of the copies and what would be measured, (hours, copies), by variable."""

    values: Mapping[str, Array]
    measured: Mapping[str, Array]


def takes(order: Order) -> bool:
    """Whether the order acts on the ventilator."""
    return bool(order.settings)


def answer(scenario: Scenario, drafted: Mapping[str, tuple[Order, ...]], site: Site, keep: Keep) -> list[Answer]:
    """The answer of the lungs: where an order sets a ventilator, or nothing is ordered and one is running."""
    if not _asked(scenario, drafted):
        return []
    lungs = keep(SUBJECT, lambda: _refreshed(scenario))
    if isinstance(lungs, CannotPredict):
        return [Answer({}, (), {}, (lungs,), ())]
    plans = _plans(lungs.chart, drafted)
    if isinstance(plans, CannotPredict):
        return [Answer({}, (), {}, (plans,), lungs.chart.remarks)]
    gaps, remarks = _gaps(lungs)
    times = grid(min(scenario.asked_h, VALID_H))
    asked = [t for t in scenario.report_times if 0.0 <= hours(t, scenario.at) <= VALID_H + 1e-9]
    reported = np.array([hours(t, scenario.at) for t in asked])
    carbon = _carbon(lungs, plans)
    stamps = tuple(scenario.at + timedelta(hours=float(h)) for h in times)
    forecasts: list[Forecast] = []
    for label, option in plans.items():
        curves = _course(lungs, carbon, plans, option, times)
        rows = _course(lungs, carbon, plans, option, reported)
        orders = drafted.get(label, ())
        forecasts.append(
            Forecast(
                label=label,
                orders=orders,
                times=stamps,
                variables={name: _bands(name, values) for name, values in curves.values.items()},
                metrics=metrics(curves.values, times, option.starts_h[-1], scenario.record),
                report=tuple(Reported(t, name, *_row(rows, name, i)) for i, t in enumerate(asked) for name in rows.values),
                safety=check(orders, scenario.record, scenario.at, site.limits),
            )
        )
    late = [t for t in scenario.report_times if hours(t, scenario.at) > VALID_H + 1e-9]
    if late:
        words = f"the lungs are forecast for {VALID_H:g} h, the longest the models are valid for"
        remarks = (*remarks, DataQuality(SUBJECT, "ignored", words))
    told = summaries(lungs.oxygen, lungs.pressures, carbon, lungs.copies)
    return [Answer(told, tuple(forecasts), {}, gaps, (*lungs.chart.remarks, *remarks))]


def reads(drug: str) -> frozenset[str]:
    """Charted variables that the forecast of an order reads; `drug` is the subject of a ventilator order."""
    return READ if drug == SUBJECT else frozenset[str]()


def written(scenario: Scenario, orders: tuple[Order, ...], hours_h: Array, keep: Keep) -> Mapping[str, Array]:
    """Named variables of every copy under these orders, (hours, copies), for the models that read them (mean airway
    pressure, PEEP); empty where the lungs cannot be predicted."""
    lungs = keep(SUBJECT, lambda: _refreshed(scenario))
    if isinstance(lungs, CannotPredict):
        return {}
    option = plan(lungs.chart, orders)
    if isinstance(option, CannotPredict):
        return {}
    plans = {"option": option}
    found = dict(_course(lungs, _carbon(lungs, plans), plans, option, hours_h).values)
    peep = np.empty((len(hours_h), lungs.copies.draws))
    for settings, mask in option.masks(hours_h):
        peep[mask] = settings.peep or 0.0
    return {**found, "peep": peep}


def _asked(scenario: Scenario, drafted: Mapping[str, tuple[Order, ...]]) -> bool:
    if scenario.models is not None and not set(scenario.models) & set(MODELS):
        return False
    if any(takes(order) for orders in drafted.values() for order in orders):
        return True
    running = any(s.variable == "peep" for s in scenario.record.settings)
    return running and (scenario.models is not None or not drafted)


def _refreshed(scenario: Scenario) -> Lungs | CannotPredict:
    chart = read(scenario.record, scenario.at)
    if isinstance(chart, CannotPredict):
        return chart
    copies = lung_copies(scenario.draws, scenario.seed)
    pressures = None if mechanical(chart) is not None else pressure_state(chart)
    oxygen = None if chart.now.fio2 is None or chart.hemoglobin is None else oxygenation(chart, chart.hemoglobin, copies)
    return Lungs(chart, copies, oxygen, pressures)


def _plans(chart: LungChart, drafted: Mapping[str, tuple[Order, ...]]) -> dict[str, Plan] | CannotPredict:
    """The settings under each option, those as drafted first, "no change" last."""
    found: dict[str, Plan] = {}
    for label, orders in {**drafted, NO_CHANGE: ()}.items():
        one = plan(chart, orders)
        if isinstance(one, CannotPredict):
            return one
        if chart.now.mode in PRESSURE_MODES and _another_cycle(chart, one):
            return CannotPredict(SUBJECT, "in pressure control the volume at another rate or time needs the resistance")
        found[label] = one
    return found


def _another_cycle(chart: LungChart, option: Plan) -> bool:
    now, then = chart.now, option.final
    return (now.respiratory_rate_set, now.inspiration_s) != (then.respiratory_rate_set, then.inspiration_s)


def _carbon(lungs: Lungs, plans: Mapping[str, Plan]) -> CarbonState | None:
    if lungs.pressures is None or lungs.pressures.by_pressure:
        return None
    drafted = next(iter(plans.values())).final
    return carbon_state(lungs.chart, drafted)


def _course(lungs: Lungs, carbon: CarbonState | None, plans: Mapping[str, Plan], option: Plan, hours_h: Array) -> Course:
    """Every variable of one option; the first option places the level."""
    chart, copies = lungs.chart, lungs.copies
    drafted = next(iter(plans.values())).final
    values: dict[str, Array] = {}
    measured: dict[str, Array] = {}
    if lungs.oxygen is not None:
        oxygen = oxygen_course(lungs.oxygen, copies, drafted, option, hours_h)
        if oxygen.pao2 is not None:
            values["pao2"], measured["pao2"] = oxygen.pao2, measured_pao2(oxygen.pao2, copies)
        if oxygen.spo2 is not None:
            values["spo2"], measured["spo2"] = oxygen.spo2, measured_spo2(oxygen.spo2, copies)
        if lungs.oxygen.charted:
            values["shunt_fraction"] = oxygen.shunt
    if carbon is not None:
        gas = carbon_course(carbon, chart, copies, drafted, option, hours_h)
        values["paco2"], measured["paco2"] = gas.paco2, measured_paco2(gas.paco2, copies)
        values["dead_space_fraction"] = gas.dead_space
        if gas.ph is not None:
            values["ph"], measured["ph"] = gas.ph, gas.ph + PH_NOISE * copies.error(2)
    if lungs.pressures is not None:
        peep = np.empty(len(hours_h))
        for settings, mask in option.masks(hours_h):
            peep[mask] = settings.peep or 0.0
        for name, found in pressure_course(lungs.pressures, chart, copies, drafted, option, hours_h).items():
            values[name], measured[name] = found, measured_pressure(name, found, peep, copies)
    return Course(values, measured)


def _gaps(lungs: Lungs) -> tuple[tuple[CannotPredict, ...], tuple[DataQuality, ...]]:
    """What is not predicted and why, and what is only assumed."""
    chart = lungs.chart
    gaps: list[CannotPredict] = []
    remarks: list[DataQuality] = []
    refused = mechanical(chart)
    if refused is not None:
        gaps.append(refused)
    if chart.now.fio2 is None:
        gaps.append(CannotPredict("pao2", "FiO2 is not charted in the last 12 h"))
    elif lungs.oxygen is not None and lungs.oxygen.last is None:
        gaps.append(CannotPredict("pao2", "no arterial gas with its FiO2 in 48 h"))
    if chart.latest_gas("paco2") is None:
        gaps.append(CannotPredict("paco2", "no arterial gas in 48 h"))
    if lungs.oxygen is not None and not lungs.oxygen.saturation.n:
        gaps.append(CannotPredict("spo2", "no saturation by pulse oximetry in 12 h"))
    if chart.hemoglobin is None:
        words = "no haemoglobin is charted in 7 days"
        gaps += [CannotPredict(variable, words) for variable in ("pao2", "spo2", "ph")]
    if lungs.pressures is not None and not lungs.pressures.plateau.n:
        remarks.append(DataQuality("plateau_pressure", "missing", "population estimate: no suggestion"))
    if refused is None and chart.now.inspiration_s is None:
        gaps.append(CannotPredict("peep_total", "neither inspiratory time nor I:E is charted: auto-PEEP is not known"))
    return tuple(gaps), tuple(remarks)


def _bands(name: str, values: Array) -> Bands:
    levels = quantiles(values, (0.05, 0.25, 0.5, 0.75, 0.95))
    return Bands(VARIABLES[name].unit, *(tuple(row.tolist()) for row in levels))


def _row(course: Course, name: str, i: int) -> tuple[float, float, float, float, float, float]:
    """mode, median, low, high, predicted_low, predicted_high at one time; what is not measured has one interval."""
    values = course.values[name][i]
    measured = course.measured.get(name, course.values[name])[i]
    low, median, high = np.quantile(values, (0.05, 0.5, 0.95)).tolist()
    lowest, highest = np.quantile(measured, (0.05, 0.95)).tolist()
    return median, median, low, high, lowest, highest
