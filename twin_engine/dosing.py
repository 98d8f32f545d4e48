"""One drug of one scenario: its twin, every option through it, the choice among them, and the reasons for no choice."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

import numpy as np

from twin_engine.covariates import hours
from twin_engine.kernel.declare import Model
from twin_engine.options import Option, option
from twin_engine.outcome import CannotPredict
from twin_engine.patient.record import DataQuality, Order
from twin_engine.prediction import Forecast, Metric, ModelSummary, ParameterSummary
from twin_engine.proposals.alternatives import candidates
from twin_engine.proposals.choose import Choice, Ranking, rank
from twin_engine.proposals.targets import Target, auc_target
from twin_engine.readiness import obstacles, weight_remark
from twin_engine.safety.check import check
from twin_engine.scenario import NO_CHANGE, Scenario
from twin_engine.twin import FittedModel, Twin, refresh
from twin_engine.what_if import Exposure, bands, exposure, grid, metric, report

FIRST_DAY_H = 24.0
UNSTABLE_KIDNEY_PER_DAY = 0.20
SHOWN_ALTERNATIVES = 3


@dataclass(frozen=True, slots=True)
class DrugAnswer:
    """What the scenario's prediction says of one drug."""

    summaries: Mapping[str, ModelSummary]
    forecasts: tuple[Forecast, ...]
    suggested: str | None
    gaps: tuple[CannotPredict, ...]
    remarks: tuple[DataQuality, ...]


@dataclass(frozen=True, slots=True)
class _Evaluated:
    """Options with their exposure; `changes` maps an alternative's label to the drafted option it varies."""

    options: tuple[Option, ...]
    exposure: Exposure
    metric_name: str
    drafted: str | None
    changes: Mapping[str, str]
    verdicts: Mapping[str, bool]


def answer(
    scenario: Scenario, drug: str, models: Sequence[Model], drafted: Mapping[str, tuple[Order, ...]], horizon_h: float
) -> DrugAnswer:
    """Predict one drug; `drafted` holds this drug's orders of each option, in the order as written."""
    as_published = scenario.models is not None and len(scenario.models) == 1
    twin, refusals, remarks = refresh(
        scenario.record, drug, models, scenario.at, draws=scenario.draws, seed=scenario.seed, as_published=as_published
    )
    if twin is None:
        return DrugAnswer({}, (), None, refusals, remarks)
    remarks = (*remarks, *weight_remark(scenario.record, scenario.at))
    built = _evaluate(scenario, twin, drafted, horizon_h)
    if isinstance(built, CannotPredict):
        return DrugAnswer(_summaries(twin), (), None, (built,), remarks)
    blocked = obstacles(scenario.record, twin, scenario.at)
    target = auc_target(drug)
    ranking = None if target is None else _rank(twin, built, target)
    forecasts = _forecasts(scenario, twin, built, target, ranking, horizon_h)
    suggested = None if ranking is None or blocked else ranking.suggested
    return DrugAnswer(_summaries(twin), forecasts, suggested, (), (*remarks, *blocked))


def _evaluate(
    scenario: Scenario, twin: Twin, drafted: Mapping[str, tuple[Order, ...]], horizon_h: float
) -> _Evaluated | CannotPredict:
    starts = [hours(o.start, scenario.at) for orders in drafted.values() for o in orders if o.start]
    until = max(horizon_h, max(starts, default=0.0) + FIRST_DAY_H)
    varied: dict[str, tuple[Order, ...]] = {}
    changes: dict[str, str] = {}
    if scenario.alternatives == "auto":
        for label, orders in drafted.items():
            for name, alternative in _alternatives(orders):
                if name not in drafted and name not in varied:
                    varied[name], changes[name] = alternative, label
    options: list[Option] = []
    first = next(iter(drafted), None)
    metric_name = ""
    for label, orders in {**drafted, NO_CHANGE: (), **varied}.items():
        if label in varied and metric_name.endswith("_next") and any((o.interval_h or 0.0) > FIRST_DAY_H for o in orders):
            # One day cannot tell a dose every 24 h from the same dose every 48 h.
            continue
        made = option(label, orders, scenario.record, twin.drug, twin.history, scenario.at, until)
        if isinstance(made, CannotPredict):
            return made
        options.append(made)
        if label == NO_CHANGE:
            metric_name = _metric_name(scenario, twin, options, first)
    verdicts = {o.label: check(o.orders, scenario.record, scenario.at).cleared for o in options}
    built = {label: draft for label, draft in changes.items() if label in verdicts}
    return _Evaluated(tuple(options), exposure(twin, options), metric_name, first, built, verdicts)


def _alternatives(orders: tuple[Order, ...]) -> list[tuple[str, tuple[Order, ...]]]:
    """Each deliverable change of one order, the others as written."""
    found: list[tuple[str, tuple[Order, ...]]] = []
    for i, order in enumerate(orders):
        for candidate in candidates(order):
            # The label names the option; the order keeps the identity of the draft it replaces.
            varied = tuple(replace(o, label=candidate.label) for o in (*orders[:i], candidate, *orders[i + 1 :]))
            found.append((candidate.label, varied))
    return found


def _metric_name(scenario: Scenario, twin: Twin, options: Sequence[Option], first: str | None) -> str:
    """`_next` in the first 24 h of therapy, for single doses and while the kidney changes; else `_steady`."""
    ordered = next((o for o in options if o.label == first), options[0])
    began = twin.history.first_start_h
    early = began is None or ordered.start_h - began < FIRST_DAY_H
    use_next = early or ordered.once_only or ordered.daily_amount == 0 or _kidney_changes(scenario)
    return f"{twin.drug}_auc24_{'next' if use_next else 'steady'}"


def _kidney_changes(scenario: Scenario) -> bool:
    known = [m for m in scenario.record.of("creatinine") if m.value and m.time <= scenario.at]
    recent = [m for m in known if known[-1].time - timedelta(hours=30) <= m.time]
    if len(recent) < 2:
        return False
    days = max((recent[-1].time - recent[0].time).total_seconds() / 86400.0, 0.25)
    values = [m.value for m in recent if m.value]
    return abs(values[-1] / values[0] - 1.0) / days > UNSTABLE_KIDNEY_PER_DAY


def _rank(twin: Twin, built: _Evaluated, target: Target) -> Ranking:
    values = built.exposure.of(built.metric_name)
    choices = [
        Choice(o.label, values[i], o.daily_amount, _first_amount(o), built.verdicts[o.label], o.label in built.changes)
        for i, o in enumerate(built.options)
    ]
    began = twin.history.first_start_h
    return rank(choices, built.drafted, target, first_day=began is None or began > -FIRST_DAY_H)


def _first_amount(chosen: Option) -> float:
    amounts = [o.amount if o.amount is not None else (o.rate or 0.0) * 24.0 for o in chosen.orders]
    return max((a for a in amounts), default=0.0)


def _forecasts(
    scenario: Scenario,
    twin: Twin,
    built: _Evaluated,
    target: Target | None,
    ranking: Ranking | None,
    horizon_h: float,
) -> tuple[Forecast, ...]:
    hours_ahead = grid(horizon_h)
    times = tuple(scenario.at + timedelta(hours=float(h)) for h in hours_ahead)
    rng = np.random.default_rng([scenario.seed & 0xFFFFFFFF, scenario.seed >> 32, 1])
    asked = [t for t in scenario.report_times if (t - scenario.at).total_seconds() <= horizon_h * 3600.0 + 1.0]
    found: list[Forecast] = []
    for label in _shown(built, ranking):
        i = next(k for k, o in enumerate(built.options) if o.label == label)
        chosen = built.options[i]
        metrics: dict[str, Metric] = {}
        if target is not None:
            metrics[f"{twin.drug}_auc24_next"] = metric(built.exposure.next[i], target)
            if chosen.daily_amount > 0:
                metrics[f"{twin.drug}_auc24_steady"] = metric(built.exposure.steady[i], target)
        place = None if ranking is None else ranking.ranked[label]
        found.append(
            Forecast(
                label=label,
                orders=chosen.orders,
                times=times,
                variables={twin.drug: bands(twin, chosen, hours_ahead)},
                metrics=metrics,
                report=report(twin, chosen, asked, rng),
                safety=check(chosen.orders, scenario.record, scenario.at),
                rank=None if place is None else place.place,
                ranking_metric=built.metric_name,
                utility=None if place is None else place.utility,
                better_in=None if place is None else place.better_in,
                changes=built.changes.get(label),
            )
        )
    return tuple(found)


def _shown(built: _Evaluated, ranking: Ranking | None) -> list[str]:
    """Options as written, "no change", then the suggested and the best cleared alternatives, three at most."""
    labels = [o.label for o in built.options if o.label not in built.changes]
    if ranking is None:
        return labels
    best = sorted((name for name in built.changes if built.verdicts[name]), key=lambda name: ranking.ranked[name].place)
    if ranking.suggested is not None:
        best = [ranking.suggested, *(name for name in best if name != ranking.suggested)]
    return labels + best[:SHOWN_ALTERNATIVES]


def _summaries(twin: Twin) -> dict[str, ModelSummary]:
    return {f.model.id: _summary(f) for f in twin.fitted}


def _summary(fit: FittedModel) -> ModelSummary:
    typical = fit.individual.typical()
    parameters: dict[str, ParameterSummary] = {}
    for i, name in enumerate(fit.model.kinetics):
        low, median, high = np.quantile(fit.now[i], (0.05, 0.5, 0.95))
        parameters[name] = ParameterSummary(
            fit.model.unit_of(name), float(typical[i]), float(fit.mode_now[i, 0]), float(median), float(low), float(high)
        )
    return ModelSummary(
        drug=fit.model.drug,
        variable=fit.model.output,
        status=fit.model.status,
        weight=fit.weight,
        n_observations=fit.n_levels,
        ess=fit.posterior.ess,
        parameters=parameters,
        population_estimate=fit.n_levels == 0,
        shrinkage={n: float(s) for n, s in zip(fit.model.eta_names, fit.posterior.shrinkage, strict=False)},
        level_percentiles=fit.level_percentiles,
    )
