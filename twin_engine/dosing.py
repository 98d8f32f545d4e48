"""One drug of one scenario: its twin, every option through it, the choice among them, and the reasons for no choice."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypedDict

import numpy as np

from twin_engine.bolus import highest
from twin_engine.companions import courses, excluded, exposures
from twin_engine.drug_completeness import added_by_weight, completeness, reads, width
from twin_engine.drug_options import FIRST_DAY_H, Options, first_amount, options_of
from twin_engine.exposure import Exposure
from twin_engine.keep import Keep
from twin_engine.kernel.declare import Model
from twin_engine.kernel.quantiles import quantiles
from twin_engine.metric import metrics
from twin_engine.options import scheduler
from twin_engine.outcome import CannotPredict
from twin_engine.patient.contradiction import contradictions
from twin_engine.patient.record import DataQuality, Order, PatientRecord
from twin_engine.prediction import (
    Answer,
    Bands,
    Completeness,
    Forecast,
    LevelAdvice,
    Metric,
    ModelSummary,
    ParameterSummary,
    Place,
)
from twin_engine.proposals.aim import Aim
from twin_engine.proposals.choose import Choice, Never, Ranking, rank
from twin_engine.proposals.targets import Target
from twin_engine.readiness import obstacles, weight_remark
from twin_engine.sampling import level_advice
from twin_engine.scenario import NO_CHANGE, Scenario, grid
from twin_engine.site import Site
from twin_engine.twin import FittedModel, Known, Refreshed, Twin, Unquestioned, kept_as, refresh, unquestioned
from twin_engine.what_if import report

SHOWN_ALTERNATIVES = 3
NOT_USED = "a model is not used: "
"""How a remark on a model begins that refuses while another one of the drug answers; its id and reason follow."""


class _Copies(TypedDict):
    draws: int
    seed: int
    as_published: bool


@dataclass(frozen=True, slots=True)
class _Judged:
    """The options measured against an aim: exposure, choices, ranking."""

    aim: Aim
    exposure: Exposure
    choices: tuple[Choice, ...]
    ranking: Ranking


def answer(
    scenario: Scenario,
    drug: str,
    models: Sequence[Model],
    drafted: Mapping[str, tuple[Order, ...]],
    horizon_h: float,
    site: Site,
    keep: Keep,
) -> Answer:
    """Predict one drug; `drafted` holds this drug's orders of each option, in the order as written."""
    twin, refusals, remarks = _kept(scenario, drug, models, keep)
    if twin is None:
        return Answer({}, (), {}, refusals, remarks)
    remarks = _with_models(scenario, drug, refusals, remarks)
    options = _not_beside(scenario, twin) or options_of(scenario, twin, drafted, horizon_h, site)
    if isinstance(options, CannotPredict):
        return Answer(_summaries(twin), (), {}, (options,), remarks)
    blocked = obstacles(scenario, twin)
    judged = _judge(scenario, twin, options, site.targets.get(drug))
    suggested = None if judged is None or blocked else judged.ranking.suggested
    advice = None if judged is None else _advice(twin, options, judged)
    forecasts = _forecasts(scenario, options, judged, horizon_h)
    suggestions = {} if suggested is None else {drug: suggested}
    counted = dict.fromkeys(remark for body in options.bodies for remark in body.remarks)
    graded = _graded(scenario, twin, remarks, blocked, width(twin, added_by_weight(scenario)))
    withheld = () if judged is None or blocked or judged.ranking.withheld is None else (judged.ranking.withheld,)
    kept_back = (DataQuality(drug, "assumed", words) for words in withheld)
    overshoots = None if judged is None or blocked else judged.ranking.overshoots
    return Answer(
        _summaries(twin),
        forecasts,
        suggestions,
        (),
        (*remarks, *counted, *blocked, *kept_back),
        advice,
        graded,
        {} if overshoots is None else {drug: overshoots},
    )


def examine(scenario: Scenario, drug: str, models: Sequence[Model], horizon_h: float, keep: Keep) -> Answer:
    """What `answer` says of the data where nothing is ordered, and no more: gaps, remarks and the grade, without a width.
    Models are fitted only where one of them questions a level: which of them the levels favour decides what is said then."""
    found = unquestioned(scenario.record, drug, models, scenario.at, **_copies(scenario))
    if found is None:
        found = _kept(scenario, drug, models, keep)
    known, refusals, remarks = (found, found.refusals, found.remarks) if isinstance(found, Unquestioned) else found
    if known is None:
        return Answer({}, (), {}, refusals, remarks)
    remarks = _with_models(scenario, drug, refusals, remarks)
    schedule = scheduler(scenario.record, drug, known.history, scenario.at, max(horizon_h, FIRST_DAY_H))
    going_on = _not_beside(scenario, known) or schedule(NO_CHANGE, ())
    if isinstance(going_on, CannotPredict):
        return Answer({}, (), {}, (going_on,), remarks)
    blocked = obstacles(scenario, known)
    graded = _graded(scenario, known, remarks, blocked, None)
    return Answer({}, (), {}, (), (*remarks, *blocked), completeness=graded)


def _not_beside(scenario: Scenario, known: Known) -> CannotPredict | None:
    """Why the models cannot be used beside what else is ordered."""
    return excluded(known, (*scenario.orders, *scenario.record.current_orders))


def _with_models(
    scenario: Scenario, drug: str, refusals: Sequence[CannotPredict], remarks: Sequence[DataQuality]
) -> tuple[DataQuality, ...]:
    """Remarks, and on an old weight and on each model that is not used."""
    not_used = (DataQuality(drug, "ignored", f"{NOT_USED}{refused.reason}") for refused in refusals)
    return (*remarks, *weight_remark(scenario.record, scenario.at), *not_used)


def _graded(
    scenario: Scenario, known: Known, remarks: Sequence[DataQuality], blocked: Sequence[DataQuality], width: float | None
) -> Completeness:
    said = (*scenario.remarks, *contradictions(scenario.record, scenario.at, reads(known)), *remarks)
    return completeness(scenario, known, (*said, *(r for r in blocked if r.variable != known.drug)), width)


def _copies(scenario: Scenario) -> _Copies:
    return {"draws": scenario.draws, "seed": scenario.seed, "as_published": scenario.as_published}


def _kept(scenario: Scenario, drug: str, models: Sequence[Model], keep: Keep) -> Refreshed:
    name = kept_as(drug, models, as_published=scenario.as_published)
    return keep(name, lambda: refresh(scenario.record, drug, models, scenario.at, **_copies(scenario)))


def _judge(scenario: Scenario, twin: Twin, options: Options, target: Target | None) -> _Judged | None:
    if target is None:
        return None
    aim = Aim(target, _mic(scenario.record, twin.drug, scenario.at) if target.mic else None)
    found = exposures(options.bodies, options.all, aim.kinds, aim.threshold)
    values = found.values[f"{target.metric}_{options.window}"]
    harm_values = values if target.harm is None else found.values[f"{target.harm.metric}_{options.window}"]
    utility, harmed = aim.utility(values, harm_values), aim.harmed(harm_values)
    means, p_harm, middle = utility.mean(axis=1), harmed.mean(axis=1), quantiles(values, (0.5,))[0]
    low, high = aim.bounds
    below, harming = np.zeros(len(options.all)), np.zeros(len(options.all))
    if options.window == "next":
        later = {kind: found.values[f"{kind}_steady"] for kind in aim.kinds}
        below = (later[target.metric] < low).mean(axis=1)
        harming = aim.harmed(later[aim.kinds[-1]]).mean(axis=1)
    reference = next((o.orders for o in options.all if o.label == options.drafted), ())
    choices = tuple(
        Choice(
            label=o.label,
            utility=utility[i],
            mean=float(means[i]),
            p_harm=float(p_harm[i]),
            aims=low <= float(middle[i]) <= high,
            daily_amount=o.daily_amount,
            first_amount=first_amount(o),
            cleared=o.label in options.cleared or (o.label not in options.changes and options.check(o.orders).cleared),
            alternative=o.label in options.changes,
            changed=_changed(o.orders, reference),
            p_below_settled=float(below[i]) if o.settles else 0.0,
            p_harm_settled=float(harming[i]) if o.settles else 0.0,
        )
        for i, o in enumerate(options.all)
    )
    began = twin.history.first_start_h
    never = Never(
        lower_first=target.anti_infective and (began is None or began > -FIRST_DAY_H),
        lower_daily=target.never_lower_on_assumed_mic and aim.mic_assumed,
        wait_needlessly=target.metric == "peak",
    )
    return _Judged(aim, found, choices, rank(choices, options.drafted, never))


def _changed(orders: Sequence[Order], reference: Sequence[Order]) -> int:
    """How many of dose, rate, interval and infusion time differ."""

    return sum(
        (one.amount != other.amount)
        + (one.rate != other.rate)
        + (one.interval_h != other.interval_h)
        + (one.infusion_h != other.infusion_h)
        for one, other in zip(orders, reference, strict=False)
    )


def _mic(record: PatientRecord, drug: str, at: datetime) -> float | None:
    """The newest MIC charted for this drug, mg/L. One known only as above a value is no number to aim at."""
    latest = record.latest(f"{drug}_mic", at)
    return None if latest is None or latest.comparator in {">", ">="} else latest.value


def _advice(twin: Twin, options: Options, judged: _Judged) -> LevelAdvice | None:
    """When a level would help, for orders judged by verified models on doses that can be believed."""
    place = options.of(options.drafted)
    if twin.incomplete or place is None or any(f.model.status != "verified" for f in twin.fitted):
        return None
    body = options.bodies[place]
    return level_advice(body.twin, body.copies, options.all[place], judged.choices, judged.exposure)


def _forecasts(scenario: Scenario, options: Options, judged: _Judged | None, horizon_h: float) -> tuple[Forecast, ...]:
    hours_ahead = grid(horizon_h)
    times = tuple(scenario.at + timedelta(hours=float(h)) for h in hours_ahead)
    asked = [t for t in scenario.report_times if (t - scenario.at).total_seconds() <= horizon_h * 3600.0 + 1.0]
    shown = _shown(options, judged)
    drawn = [i for i in shown if scenario.foretells(options.all[i].label)]
    bands = courses([options.bodies[i] for i in drawn], [options.all[i] for i in drawn], hours_ahead)
    curves = dict(zip(drawn, bands, strict=True))
    summaries = {} if judged is None else _metrics(options, judged, shown)
    found: list[Forecast] = []
    for i in shown:
        chosen = options.all[i]
        found.append(
            Forecast(
                label=chosen.label,
                orders=chosen.orders,
                times=times,
                variables=_wanted(scenario, options.bodies[i].twin.drug, curves.get(i, {})),
                metrics=highest(options.bodies[i].copies, chosen) if judged is None else summaries[i],
                report=report(options.bodies[i].twin, chosen, asked),
                safety=options.check(chosen.orders),
                places={} if judged is None else {judged.aim.target.drug: _place(judged, options.window, chosen.label)},
                changes=options.changes.get(chosen.label),
                ends=dict.fromkeys(curves.get(i, {}), times[-1]),
            )
        )
    return tuple(found)


def _metrics(options: Options, judged: _Judged, shown: Sequence[int]) -> dict[int, dict[str, Metric]]:
    """Summaries of exposure by option; once settled, of those that settle."""
    lasting = [i for i in shown if options.all[i].settles]
    passing = [i for i in shown if i not in lasting]
    found: dict[int, dict[str, Metric]] = {}
    for rows, windows in ((lasting, ("next", "steady")), (passing, ("next",))):
        found.update(zip(rows, metrics(judged.exposure, judged.aim, rows, windows), strict=True))
    return found


def _wanted(scenario: Scenario, drug: str, curves: dict[str, Bands]) -> dict[str, Bands]:
    """Of the curves of a drug that of its concentration, unless those of its effects are wanted, too."""
    return {name: bands for name, bands in curves.items() if scenario.draws_effects or name == drug}


def _place(judged: _Judged, window: str, label: str) -> Place:
    found, target = judged.ranking.ranked[label], judged.aim.target
    return Place(f"{target.drug}_{target.metric}_{window}", found.place, found.utility, found.better_in)


def _shown(options: Options, judged: _Judged | None) -> list[int]:
    """Options as written, "no change", then the suggested one, or that which would overshoot, and the best cleared
    alternatives, three at most."""
    written = [i for i, o in enumerate(options.all) if o.label not in options.changes]
    if judged is None:
        return written
    ranked, named = judged.ranking.ranked, (judged.ranking.suggested, judged.ranking.overshoots)
    varied = [i for i, o in enumerate(options.all) if o.label in options.cleared]
    best = sorted(varied, key=lambda i: (options.all[i].label not in named, ranked[options.all[i].label].place))
    return written + best[:SHOWN_ALTERNATIVES]


def _summaries(twin: Twin) -> dict[str, ModelSummary]:
    return {f.model.id: _summary(f) for f in twin.fitted}


def _summary(fit: FittedModel) -> ModelSummary:
    names, typical, mode = fit.model.kinetics, fit.individual.typical().tolist(), fit.mode_now[:, 0].tolist()
    low, median, high = quantiles(fit.now, (0.05, 0.5, 0.95)).tolist()
    rows = zip(names, typical, mode, median, low, high, strict=True)
    parameters = {name: ParameterSummary(fit.model.unit_of(name), *numbers) for name, *numbers in rows}
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
