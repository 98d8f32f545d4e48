"""What sedation answers to a scenario: the bispectral index and the drive to breathe under propofol and remifentanil together,
option by option.

Nothing is suggested: the joint effect is experimental, and no bound of the index for sedation in intensive care has a source.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import numpy as np

from twin_engine import registry
from twin_engine.completeness import graded, narrowed
from twin_engine.covariates import hours
from twin_engine.keep import Keep
from twin_engine.kernel.declare import Array
from twin_engine.kernel.quantiles import quantiles
from twin_engine.outcome import CannotPredict
from twin_engine.patient.blocking import BODY
from twin_engine.patient.quality import Freshness, states
from twin_engine.patient.record import DataQuality, Order
from twin_engine.prediction import Answer, Bands, Completeness, Forecast, Metric, ModelSummary, ParameterSummary, Reported
from twin_engine.safety.check import check
from twin_engine.scenario import NO_CHANGE, Scenario, grid
from twin_engine.sedation.bodies import VARIABLE, Bodies, Chart, bodies
from twin_engine.sedation.breathing import DRIVE, DRIVE_ID, Breathing, breathing, metrics, summary
from twin_engine.sedation.chart import INDEX_HOLDS_H, lately, newest_within, remarks, unreadable
from twin_engine.sedation.forecast import Doses, doses_of, index, index_mode, response_of
from twin_engine.sedation.surface import ADDITIVE, INERT, OPIOID, POTENCY, PROPOFOL
from twin_engine.site import Site
from twin_engine.unread import left_out

MODEL_ID: Final = "bis_propofol_remifentanil"
MODELS: Final = (MODEL_ID, DRIVE_ID)
STATUS: Final = "experimental"
UNIT: Final = "1"
NOW, SOON, LATER = "bis_now", "bis_10min", "bis_60min"
EFFECT, EFFECT_LATER = "bis_effect_10min", "bis_effect_60min"
INERTLY, ADDING = "inert", "additive"
"""The effect by each of the two findings on the opioid: bis_effect_10min_inert, bis_effect_10min_additive, and in 1 h."""
APART: Final = 0.05
"""Share of the copies below which a finding is not told apart."""
SOON_H, LATER_H = 10.0 / 60.0, 1.0
AFTER_H: Final = (0.0, SOON_H, LATER_H)
LOWEST: Final = "bis_lowest"
"""With the minute after it: where a push of propofol takes the index lower than it is when it is judged."""
DIP_MIN: Final = np.arange(1.0, 8.0)
DEEPER: Final = 2.0
"""By how much lower, for that to be told."""
STREAM: Final = 6
READING: Final = 7
PART: Final = "sedation"


@dataclass(frozen=True, slots=True)
class _Option:
    """One option: its orders, the copies they act on, their doses, and its first hour."""

    label: str
    orders: tuple[Order, ...]
    body: Bodies
    doses: Doses
    start_h: float


def takes(order: Order) -> bool:
    """Whether the order acts on the index and on breathing as modelled here."""
    return order.drug in (PROPOFOL, OPIOID)


def reads(drug: str) -> frozenset[str]:
    """Charted variables that the forecast of a drug reads here."""
    return frozenset({VARIABLE, "rass", "ventilator_mode"}) if drug in (PROPOFOL, OPIOID) else frozenset()


def answer(scenario: Scenario, drafted: Mapping[str, tuple[Order, ...]], site: Site, keep: Keep) -> list[Answer]:
    """The answer of sedation: the index where propofol is given or ordered, and the drive to breathe where an order acts on it.
    Each that cannot be told is a gap."""
    orders = [o for own in drafted.values() for o in own]
    ordered = any(takes(o) for o in orders)
    asked = _asked(scenario, orders, drawn=not drafted)
    refused = unreadable(scenario.record, scenario.at) if asked else None
    breath = breathing(scenario, orders) if ordered and _named(scenario, DRIVE_ID) else None
    gaps = [gap for gap in (refused, breath) if isinstance(gap, CannotPredict)]
    asked, alone = asked and refused is None, breath if isinstance(breath, Breathing) else None
    if not asked and alone is None:
        return [Answer({}, (), {}, tuple(gaps), ())] if gaps else []
    beside = any(o.drug == OPIOID for o in orders)
    chart = keep(f"{MODEL_ID} {beside}", lambda: _chart(scenario, beside=beside))
    if isinstance(chart, CannotPredict):
        return [Answer({}, (), {}, (chart if asked else CannotPredict(DRIVE, chart.reason), *gaps), ())]
    found = chart.as_charted
    options = _options(scenario, chart, drafted)
    if isinstance(options, CannotPredict):
        return [Answer({}, (), {}, (options, *gaps), found.remarks)]
    unclear = left_out(scenario, (PROPOFOL, OPIOID), VARIABLE, "BIS and drive to breathe may be lower than shown")
    told, graded = (*unclear, *found.remarks), None
    if asked:
        soon = index(found, options[-1].doses, np.array([0.0, SOON_H]))
        told = (*told, *remarks(scenario.record, scenario.at, soon[0]))
        graded = _graded(scenario, soon, told)
    summaries = (_summaries(found) if asked else {}) | ({} if alone is None else {DRIVE_ID: summary(alone)})
    forecasts = _forecasts(scenario, options, site, alone, asked=asked)
    return [Answer(summaries, forecasts, {}, tuple(gaps), told, completeness=graded)]


def _graded(scenario: Scenario, soon: Array, remarks: Sequence[DataQuality]) -> Completeness:
    """What the index is forecast from; `soon` = the index of every copy now and in ten minutes, (2, copies). A reading helps
    and is not needed."""
    record, at = scenario.record, scenario.at
    body = states(record, sorted(BODY & registry.needs(PROPOFOL)), at)
    reading: Freshness | None = None if record.latest(VARIABLE, at) is None else "beyond"
    if newest_within(record, VARIABLE, at, INDEX_HOLDS_H) is not None:
        reading = "fresh"
    worth = {}
    if reading != "fresh":
        rng = np.random.default_rng([scenario.seed & 0xFFFFFFFF, scenario.seed >> 32, READING])
        charted = response_of(adds=False).residual.noisy(soon[:1], rng.standard_normal((1, soon.shape[1])))[0]
        worth = {VARIABLE: narrowed(charted, soon[1])}
    doubts = [r for r in (*scenario.remarks, *remarks) if r.variable != VARIABLE]
    return graded(PART, body, doubts, also=(PROPOFOL, OPIOID), helpful={VARIABLE: reading}, if_measured=worth)


def _named(scenario: Scenario, model: str) -> bool:
    return scenario.models is None or model in scenario.models


def _asked(scenario: Scenario, orders: Sequence[Order], *, drawn: bool) -> bool:
    """Whether the index is to be forecast; `drawn` = nothing is drafted."""
    if not _named(scenario, MODEL_ID):
        return False
    ordered = {o.drug for o in orders}
    return PROPOFOL in ordered or (lately(scenario.record, PROPOFOL, scenario.at) and (OPIOID in ordered or drawn))


def _chart(scenario: Scenario, *, beside: bool) -> Chart | CannotPredict:
    return bodies(scenario.record, scenario.at, beside=beside, draws=scenario.draws, seed=scenario.seed)


def _options(scenario: Scenario, chart: Chart, drafted: Mapping[str, tuple[Order, ...]]) -> list[_Option] | CannotPredict:
    """The options as drafted, and last "no change", judged from the start of the first draft."""
    made: list[_Option] = []
    for label, orders in {**drafted, NO_CHANGE: ()}.items():
        starts = [max(hours(o.start, scenario.at), 0.0) if o.start else 0.0 for o in orders if takes(o)]
        start = min(starts, default=made[0].start_h if made else 0.0)
        body = chart.under(orders)
        doses = doses_of(scenario, body, orders, max(_horizon(scenario), start + AFTER_H[-1]))
        if isinstance(doses, CannotPredict):
            return doses
        made.append(_Option(label, orders, body, doses, start))
    return made


def _horizon(scenario: Scenario) -> float:
    return min(scenario.asked_h, INERT.valid_h)


def _forecasts(
    scenario: Scenario, options: Sequence[_Option], site: Site, alone: Breathing | None, *, asked: bool
) -> tuple[Forecast, ...]:
    times = grid(_horizon(scenario)) if asked else np.empty(0)
    wanted = [t for t in scenario.report_times if asked and 0.0 <= hours(t, scenario.at) <= INERT.valid_h + 1e-9]
    reported = np.array([hours(t, scenario.at) for t in wanted])
    rng = np.random.default_rng([scenario.seed & 0xFFFFFFFF, scenario.seed >> 32, STREAM])
    normal = rng.standard_normal((len(reported), scenario.draws))
    unchanged, ends = options[-1], scenario.at + timedelta(hours=float(times[-1]) if asked else 0.0)
    return tuple(
        Forecast(
            label=one.label,
            orders=one.orders,
            times=tuple(scenario.at + timedelta(hours=float(h)) for h in times),
            variables=({VARIABLE: _bands(index(one.body, one.doses, times))} if asked and scenario.draws_effects else {}),
            metrics=(_metrics(one, unchanged) if asked else {})
            | ({} if alone is None else metrics(alone, one.body, one.doses, one.start_h)),
            report=tuple(
                Reported(t, VARIABLE, *row) for t, row in zip(wanted, _rows(one.body, one.doses, reported, normal), strict=True)
            ),
            safety=check(one.orders, scenario.record, scenario.at, site.limits),
            ends={VARIABLE: ends} if asked and scenario.foretells(one.label) else {},
        )
        for one in options
    )


def _bands(values: Array) -> Bands:
    return Bands(UNIT, *(tuple(row.tolist()) for row in quantiles(values, (0.05, 0.25, 0.5, 0.75, 0.95))))


def _rows(found: Bodies, doses: Doses, hours_h: Array, normal: Array) -> list[tuple[float, float, float, float, float, float]]:
    """mode, median, low, high and the interval of a reading, at each hour."""
    if not len(hours_h):
        return []
    values = index(found, doses, hours_h)
    charted = np.clip(response_of(adds=False).residual.noisy(values, normal), 0.0, 100.0)
    low, median, high = quantiles(values, (0.05, 0.5, 0.95))
    lowest, highest = quantiles(charted, (0.05, 0.95))
    table = np.stack([index_mode(found, doses, hours_h), median, low, high, lowest, highest], axis=1)
    return [(a, b, c, d, e, f) for a, b, c, d, e, f in table.tolist()]


def _metrics(one: _Option, unchanged: _Option) -> dict[str, Metric]:
    after, pushed = np.array(AFTER_H), any(o.drug == PROPOFOL and o.amount is not None for o in one.orders)
    at = one.start_h + after
    every = index(one.body, one.doses, one.start_h + np.concatenate([after, DIP_MIN / 60.0]) if pushed else at)
    own, dip = every[: len(after)], every[len(after) :]
    told = {name: _metric(name, own[i]) for i, name in enumerate((NOW, SOON, LATER))}
    if one.label != NO_CHANGE:
        told |= _lowest(one.start_h, dip, told[SOON].median) if pushed else {}
        effect = own - index(unchanged.body, unchanged.doses, at)
        for i, name in ((1, EFFECT), (2, EFFECT_LATER)):
            told[name] = _metric(name, effect[i])
            told |= {f"{name}_{finding}": _metric(f"{name}_{finding}", x) for finding, x in _apart(one.body, effect[i])}
    return told


def _lowest(start_h: float, values: Array, soon: float) -> dict[str, Metric]:
    """The index at its lowest before it is judged, after a push of propofol; `values` at `DIP_MIN` after the start, (minutes,
    copies), `soon` = its median when it is judged."""
    middle = np.median(values, axis=1)
    place = int(middle.argmin())
    if middle[place] > soon - DEEPER:
        return {}
    name = f"{LOWEST}_{round(60.0 * start_h + DIP_MIN[place])}min"
    return {name: _metric(name, values[place])}


def lowest_of(metrics: Mapping[str, Metric]) -> tuple[int, Metric] | None:
    """Minutes to where the index is lowest, and the index there; None = its other metrics tell it."""
    for name, found in metrics.items():
        if name.startswith(f"{LOWEST}_"):
            return int(name.removeprefix(f"{LOWEST}_").removesuffix("min")), found
    return None


def _apart(found: Bodies, values: Array) -> Iterator[tuple[str, Array]]:
    """Values (copies) by finding, where both have a share: the median of two groups of copies together is that of neither."""
    parts = found.blocks
    if len(parts) > 1 and APART <= found.additive_share <= 1.0 - APART:
        first = parts[0][0].path.draws
        yield INERTLY, values[:first]
        yield ADDING, values[first:]


def _metric(name: str, values: Array) -> Metric:
    low, median, high = (float(x) for x in quantiles(values[None, :], (0.05, 0.5, 0.95))[:, 0])
    return Metric(UNIT, median, low, high, 1.0, 0.0, 0.0, 0.0, (None, None), None, name)


def _summaries(found: Bodies) -> dict[str, ModelSummary]:
    parameters: dict[str, ParameterSummary] = {}
    for copies, adds in found.blocks:
        model = ADDITIVE if adds else INERT
        names = model.kinetics
        for name in (POTENCY,) if adds else ("CE50",):
            row = names.index(name)
            own, mode = copies.path.at(0.0)[row], float(copies.mode_path.at(0.0)[row, 0])
            low, median, high = (float(x) for x in np.quantile(own, (0.05, 0.5, 0.95)))
            typical = model.theta[name]
            parameters[name] = ParameterSummary(model.unit_of(name), typical, mode, median, low, high)
    weight = found.additive_share if found.opioid is not None else 1.0
    summary = ModelSummary("", VARIABLE, STATUS, weight, found.seen, found.ess, parameters, population_estimate=found.seen == 0)
    return {MODEL_ID: summary}
