"""What the circulation answers to a scenario: mean arterial pressure under every option, for an hour.

Options are ranked by the probability of the aim, but none is suggested: the published gains are experimental.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

import numpy as np

from twin_engine.blood import intake
from twin_engine.circulation import unmodelled, whole
from twin_engine.circulation.acting import EVERY_H, PROPOFOL, acts
from twin_engine.circulation.aim import PressureAim, aim_of
from twin_engine.circulation.chart import VARIABLE, CirculationChart, read
from twin_engine.circulation.choices import Drafted, Options, options_of
from twin_engine.circulation.forecast import Copies, copies, effects_of, pressures
from twin_engine.circulation.judge import held, hours_of, metrics, metrics_alone, metrics_lowest, starts_h
from twin_engine.circulation.plan import VALID_H
from twin_engine.circulation.pressors import PRESSORS
from twin_engine.circulation.summary import MODEL_ID, bands, reported_rows, summaries
from twin_engine.circulation.tone import WINDOW_H
from twin_engine.covariates import hours
from twin_engine.keep import Keep
from twin_engine.kernel.declare import Array
from twin_engine.outcome import CannotPredict
from twin_engine.patient.contradiction import contradictions
from twin_engine.patient.fluids import FLUIDS
from twin_engine.patient.record import VENTILATOR, DataQuality, Order
from twin_engine.patient.substances import RUNS_UNREAD, SALT_UNCLEAR
from twin_engine.prediction import Answer, Forecast, Metric, Reported
from twin_engine.scenario import NO_CHANGE, Scenario, grid
from twin_engine.site import Site
from twin_engine.unread import left_out, unread_in

DEEPER_MMHG: Final = 1.0
"""By how much more propofol lowers the pressure before an option is judged, for that to be told: what a card can show."""


def takes(order: Order) -> bool:
    """Whether the order acts on the circulation as modelled here."""
    return order.drug in PRESSORS or acts(order)


def judged_h(orders: Iterable[Order], at: datetime) -> Array:
    """Hours from `at` when options with these orders are judged and where they lead (2)."""
    return hours_of((order for order in orders if takes(order)), at)


def reads(drug: str) -> frozenset[str]:
    """Charted variables that the forecast of a drug reads here."""
    return (
        frozenset({VARIABLE, "weight", "icp", "blood_loss"})
        if drug in (*PRESSORS, *FLUIDS, PROPOFOL, VENTILATOR)
        else frozenset()
    )


def answer(
    scenario: Scenario, drafted: Drafted, site: Site, keep: Keep, offered: Mapping[str, Forecast] | None = None
) -> list[Answer]:
    """The answer of the circulation: where an order acts on it, or pressors were given lately. Remarks on its data are made
    only where an order acts on it, in a way that is modelled or not: they are no business of another order. Of alternatives
    that others have `offered` those that act on it are forecast, too."""
    orders = [o for own in drafted.values() for o in own]
    ordered = any(takes(order) for order in orders)
    if scenario.models is not None and MODEL_ID not in scenario.models:
        return []
    if scenario.models is None and not ordered and not _on_pressors(scenario):
        return []
    told = ordered or not drafted
    if unclear := unread_in(scenario, PRESSORS):
        return [_without_pressor(scenario, *next(iter(unclear.items())), beside=ordered)] if told else []
    # Remarks on drafts are no part of the chart: what they refuse is not kept.
    found = _unclear(scenario) or keep(MODEL_ID, lambda: _refreshed(scenario))
    if isinstance(found, CannotPredict):
        return [Answer({}, (), {}, (found,), (), completeness=whole.of_refused(scenario, found))] if told else []
    chart, made = found
    judged = judged_h(orders, scenario.at)
    if judged[0] > VALID_H:
        words = (
            f"what is ordered acts in {60.0 * judged[0]:.0f} min at the earliest, the pressure is forecast for {VALID_H:g} h"
        )
        return [Answer(summaries(chart, made), (), {}, (CannotPredict(VARIABLE, words),), ())]
    acting = {label: one for label, one in (offered or {}).items() if any(acts(o) for o in one.orders)}
    options = options_of(scenario, chart, made, drafted, acting, site, keep)
    also = left_out(scenario, (VENTILATOR, PROPOFOL, *unmodelled.LOWERING), VARIABLE, "MAP may be lower than shown")
    remarks = (*also, *unmodelled.of_orders(orders), *(_remarks(scenario, chart, orders) if told else ()))
    if isinstance(options, CannotPredict):
        return [Answer(summaries(chart, made), (), {}, (options,), remarks)]
    told_by, forecasts = summaries(chart, made), _forecasts(scenario, chart, made, options, judged)
    doubts = (*scenario.remarks, *contradictions(scenario.record, scenario.at, (VARIABLE, "weight")), *chart.remarks)
    graded = whole.completeness(scenario, chart, made, options.doses[NO_CHANGE], doubts)
    return [Answer(told_by, forecasts, {}, (), (*options.left_out, *remarks), completeness=graded)]


def _without_pressor(scenario: Scenario, drug: str, why: str, *, beside: bool) -> Answer:
    """No forecast: a pressor that cannot be read may be many times what runs. `beside` = other orders act on the pressure."""
    chart = read(scenario.record, scenario.at)
    also = (chart,) if isinstance(chart, CannotPredict) else ()
    said = DataQuality(VARIABLE, "missing", f"no MAP: {drug}, ordered too, cannot be forecast ({why})")
    return Answer({}, (), {}, (CannotPredict(VARIABLE, f"{drug}: {why}"), *also), (said,) if beside else ())


def _on_pressors(scenario: Scenario) -> bool:
    given = (a for a in scenario.record.administrations if a.drug in PRESSORS)
    return any(hours(a.last(scenario.at), scenario.at) > -WINDOW_H for a in given)


def _unclear(scenario: Scenario) -> CannotPredict | None:
    """Why what is charted or drafted of a pressor cannot be told in its unit."""
    for remark in scenario.remarks:
        if SALT_UNCLEAR.get(remark.variable) == remark.effect:
            return CannotPredict(VARIABLE, f"{remark.variable} {remark.effect}")
        if remark.variable in PRESSORS and remark.effect == RUNS_UNREAD:
            return CannotPredict(VARIABLE, f"{remark.variable}: {remark.effect}")
    return None


def _refreshed(scenario: Scenario) -> tuple[CirculationChart, Copies] | CannotPredict:
    chart = read(scenario.record, scenario.at)
    return chart if isinstance(chart, CannotPredict) else (chart, copies(chart, scenario.draws, scenario.seed))


def _forecasts(
    scenario: Scenario, chart: CirculationChart, made: Copies, options: Options, judged_h: Array
) -> tuple[Forecast, ...]:
    first = options.drafted or NO_CHANGE
    judged = held(pressures(made, judged_h, options.courses(chart, judged_h), first), chart.last)
    soon = judged_h[:1]
    apart = options.courses_alone(chart, soon)
    unchanged = options.courses(chart, soon, [NO_CHANGE])[NO_CHANGE]
    effects_alone = dict(zip(apart, effects_of(made, soon, list(apart.values()), unchanged), strict=True))
    aim = aim_of(scenario.record, scenario.at)
    placed = options.placed(judged, aim) if aim.ranks else {}
    shown = options.shown(placed)
    lowest = _lowest(chart, made, options, float(judged_h[0]), aim)
    times = grid(min(scenario.asked_h, VALID_H))
    asked = [t for t in scenario.report_times if 0.0 <= hours(t, scenario.at) <= VALID_H + 1e-9]
    reported = np.array([hours(t, scenario.at) for t in asked])
    # No change is drawn, too: what an order does to a risk is told from it.
    drawn = [label for label in shown if label == NO_CHANGE or scenario.foretells(label)]
    curves = pressures(made, times, options.courses(chart, times, drawn), first)
    rows = pressures(made, reported, options.courses(chart, reported, shown), first) if asked else {}
    stamps = tuple(scenario.at + timedelta(hours=float(h)) for h in times)
    return tuple(
        Forecast(
            label=label,
            orders=options.orders[label],
            times=stamps,
            variables={VARIABLE: bands(curves[label].values)} if scenario.draws_effects else {},
            metrics=metrics(judged, label, aim, MODEL_ID) | metrics_alone(effects_alone, label) | lowest.get(label, {}),
            report=tuple(Reported(t, VARIABLE, *row) for t, row in zip(asked, reported_rows(rows[label]), strict=True))
            if asked
            else (),
            safety=options.verdicts[label],
            places=placed.get(label, {}),
            changes=options.changes[label][0] if label in options.changes else None,
            courses=_hour(times, curves[NO_CHANGE].values + curves[label].effect) if label in curves else {},
            ends={VARIABLE: stamps[-1]} if scenario.foretells(label) else {},
            moved_by={VARIABLE: tuple(dict.fromkeys(o.subject for o in options.orders[label] if o.subject and takes(o)))},
        )
        for label in shown
    )


def _lowest(
    chart: CirculationChart, made: Copies, options: Options, judged_h: float, aim: PressureAim
) -> dict[str, dict[str, Metric]]:
    """Metrics of the drafted options that propofol takes lower before they are judged than when they are."""
    found: dict[str, dict[str, Metric]] = {}
    soon, first = round(judged_h / EVERY_H), options.drafted or NO_CHANGE
    for label, besides in options.besides.items():
        if besides.propofol is None or label in options.changes:
            continue
        falls = np.median(besides.propofol[: soon + 1], axis=1)
        minute = int(falls.argmin())
        if chart.last * (falls[-1] - falls[minute]) >= DEEPER_MMHG:
            hour = np.array([minute * EVERY_H])
            courses = options.courses(chart, hour, dict.fromkeys((first, label, NO_CHANGE)))
            there = held(pressures(made, hour, courses, first), chart.last)
            found[label] = metrics_lowest(there[label], minute, aim, MODEL_ID)
    return found


def _hour(times: Array, values: Array) -> dict[str, Array]:
    """The median of the hour in every copy, if the whole hour was forecast. That of an option is no change and the published
    effect: its level by the chart holds what made somebody order it, and a risk would count that as the work of the order."""
    return {} if times[-1] < VALID_H else {VARIABLE: np.median(values[times > 0.0], axis=0)[:, None]}


def _remarks(scenario: Scenario, chart: CirculationChart, orders: Sequence[Order]) -> tuple[DataQuality, ...]:
    late = [t for t in scenario.report_times if hours(t, scenario.at) > VALID_H + 1e-9]
    words = f"the pressure is forecast for {VALID_H:g} h, the longest the model is valid for"
    beside = any(o.drug == PROPOFOL for o in orders)
    left_out = unmodelled.of_record(scenario.record, scenario.at, beside_propofol=beside)
    infused = (intake.ordered(o, scenario.at, VALID_H) for o in orders if intake.is_fluid(o))
    assumed = dict.fromkeys(DataQuality(VARIABLE, "assumed", one.assumed) for one in infused if one is not None and one.assumed)
    return (
        *left_out,
        *_later(scenario, orders),
        *assumed,
        *chart.remarks,
        *((DataQuality(VARIABLE, "ignored", words),) if late else ()),
    )


def _later(scenario: Scenario, orders: Sequence[Order]) -> Iterator[DataQuality]:
    """Orders that start only after the options are judged."""
    soon = judged_h(orders, scenario.at)[0]
    for order in orders:
        start = starts_h(order, scenario.at)
        if takes(order) and order.subject and start >= soon:
            starts = f"{order.subject}, which starts in {60.0 * start:.0f} min"
            words = f"not included: {starts}, in the pressure in {60.0 * soon:.0f} min"
            yield DataQuality(VARIABLE, "missing", words)
