"""The options of a ventilator order: as drafted, no change, and neighbouring settings, ranked by how likely bounds are kept.

Every option is judged an hour after the last change in any of them, by the worse of two readings (see `worse`); of the steps
that may be taken only the best two are forecast in full. Where leaving the setting is as good as the best of them none is
suggested.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from twin_engine.kernel.declare import Array
from twin_engine.outcome import CannotPredict
from twin_engine.patient.record import DataQuality, Order
from twin_engine.patient.skull import raised_icp
from twin_engine.prediction import Metric, Place, SafetyVerdict
from twin_engine.proposals.choose import Choice, Never, Ranked, rank
from twin_engine.respiratory.advice import Judged, Tried, allowed, judged, withheld, without_gain_of_oxygen
from twin_engine.respiratory.bounds import SETTLED_H, bounds, effects
from twin_engine.respiratory.held import Held, held
from twin_engine.respiratory.lungs import Anchors, Drafted, Lungs, anchors, course, plan_of, plans
from twin_engine.respiratory.plan import Plan
from twin_engine.respiratory.settings import SUBJECT, VentilatorSettings
from twin_engine.respiratory.steps import Step, steps
from twin_engine.respiratory.worse import worse
from twin_engine.safety.check import check
from twin_engine.safety.settings import predicted_weight
from twin_engine.scenario import NO_CHANGE, Scenario
from twin_engine.site import Site

VALID_H: Final = 12.0
SHOWN_ALTERNATIVES: Final = 2
MOST_PER_KG: Final = 8.0
NO_PRESSURE: Final = "no other inspiratory pressure is offered: what a smaller breath does to PaCO2 is not forecast here"
LEAVE_IT: Final = "leaving the setting keeps the bounds better than the order does: no other is suggested"
Levels = tuple[Anchors, Anchors]
"""The settings in force alone, and beside those drafted."""
_JUDGED_BY: Final = ("plateau_pressure_1h", "spo2_1h", "pao2_1h", "paco2_1h")


@dataclass(frozen=True, slots=True)
class Options:
    """The levels that are known; settings, orders and limit check by option, those as drafted first; `changes` maps an
    alternative to the option that it varies; `values` that each is judged by, (copies,); `places` of all that was judged;
    `effects` against no change; `by_chart` what charts show of no change where it is held at the last value; the label that is
    suggested; remarks on why none may be."""

    anchors: Anchors
    plans: Mapping[str, Plan]
    values: Mapping[str, Mapping[str, Array]]
    orders: Mapping[str, tuple[Order, ...]]
    verdicts: Mapping[str, SafetyVerdict]
    changes: Mapping[str, str]
    places: Mapping[str, Place]
    effects: Mapping[str, Mapping[str, Metric]]
    by_chart: Mapping[str, Array]
    suggested: str | None = None
    remarks: tuple[DataQuality, ...] = ()


@dataclass(frozen=True, slots=True)
class _Varied:
    """One step in place of an order: its settings over time, everything it orders, and what the copies make of it."""

    step: Step
    of: str
    plan: Plan
    orders: tuple[Order, ...]
    verdict: SafetyVerdict
    values: Mapping[str, Array]


def options_of(scenario: Scenario, lungs: Lungs, drafted: Drafted, site: Site) -> Options | CannotPredict:
    """The options as drafted, "no change", and of the steps near the ordered settings the best that limits cleared."""
    found = plans(lungs.chart, drafted)
    if isinstance(found, CannotPredict):
        return found
    hour = judged_h(found.values())
    if hour > VALID_H:
        words = f"what is ordered has settled only in {hour:.1f} h, the lungs are forecast for {VALID_H:g} h"
        return CannotPredict(SUBJECT, words)
    orders = {label: drafted.get(label, ()) for label in found}
    verdicts = {label: check(own, scenario.record, scenario.at, site.limits) for label, own in orders.items()}
    known = anchors(lungs, next(iter(found.values())).final)
    levels = known.in_force_alone(), known
    both = {label: _both(lungs, levels, one, hour) for label, one in found.items()}
    brain = raised_icp(scenario.record, scenario.at)
    stands = held(lungs, levels[0], both[NO_CHANGE][0], guards_paco2=brain)
    readings = {label: _readings(stands, *own, guards_paco2=brain) for label, own in both.items()}
    values = {label: own.judged for label, own in readings.items()}
    moved = {
        label: effects(own.mechanism, readings[NO_CHANGE].mechanism) for label, own in readings.items() if label != NO_CHANGE
    }
    by_chart = {name: value for name, value in both[NO_CHANGE][1].items() if name in stands.moved()}
    if scenario.alternatives != "auto" or not any(o.settings for own in drafted.values() for o in own):
        return Options(known, found, values, orders, verdicts, {}, {}, moved, by_chart)
    as_written = {label: Tried(found[label].final, values[label]) for label in drafted}
    tried = _tried(scenario, lungs, levels, drafted, as_written, stands, site, hour)
    why = withheld(lungs.chart, scenario.record, next(iter(found.values())).final)
    places, suggested, leave = _ranked(scenario, lungs, found, values, verdicts, tried, offering=why is None)
    cleared = [label for label in tried if tried[label].verdict.cleared and label in places]
    best = sorted(cleared, key=lambda label: places[label].rank)
    kept = best[:SHOWN_ALTERNATIVES]
    if suggested is not None and suggested not in kept:
        kept = [suggested, *kept[:-1]]
    remarks = () if why is None else (DataQuality(SUBJECT, "missing", f"no other setting is suggested: {why}"),)
    if leave:
        remarks = (*remarks, DataQuality(SUBJECT, "missing", LEAVE_IT))
    pressed = any(s.variable == "inspiratory_pressure" for own in drafted.values() for o in own for s in o.settings)
    if pressed and any("paco2" not in own for own in values.values()):
        remarks = (*remarks, DataQuality(SUBJECT, "missing", NO_PRESSURE))
    return Options(
        anchors=known,
        plans={**found, **{label: tried[label].plan for label in kept}},
        values={**values, **{label: tried[label].values for label in kept}},
        orders={**orders, **{label: tried[label].orders for label in kept}},
        verdicts={**verdicts, **{label: tried[label].verdict for label in kept}},
        changes={label: tried[label].of for label in kept},
        places={label: place for label, place in places.items() if label in found or label in kept},
        effects=moved,
        by_chart=by_chart,
        suggested=suggested,
        remarks=remarks,
    )


def _tried(
    scenario: Scenario,
    lungs: Lungs,
    levels: Levels,
    drafted: Drafted,
    as_written: Mapping[str, Tried],
    stands: Held,
    site: Site,
    hour: float,
) -> dict[str, _Varied]:
    """Every step that can be simulated and may be taken, by its label; the other orders of the option as written. What is in
    force already is "no change" and no step."""
    weight, brain = predicted_weight(scenario.record, scenario.at), raised_icp(scenario.record, scenario.at)
    found: dict[str, _Varied] = {}
    for label, written in drafted.items():
        for i, order in enumerate(written):
            for step in steps(order, lungs.chart.now, weight):
                name = step.order.label
                varied = tuple(replace(o, label=name) for o in (*written[:i], step.order, *written[i + 1 :]))
                one = plan_of(lungs.chart, varied)
                if name in drafted or name in found or isinstance(one, CannotPredict):
                    continue
                if all(settings.same_as(lungs.chart.now) for settings in one.settings):
                    continue
                values = _readings(stands, *_both(lungs, levels, one, hour), guards_paco2=brain).judged
                if allowed(step.varied, as_written[label], Tried(one.final, values), lungs.chart, scenario.record):
                    verdict = check(varied, scenario.record, scenario.at, site.limits)
                    found[name] = _Varied(step, label, one, varied, verdict, values)
    return found


@dataclass(frozen=True, slots=True)
class _Readings:
    """Every variable of one option when all are judged, (copies,): from the settings in force by mechanism alone, and
    the worse of that and the level forecast."""

    mechanism: Mapping[str, Array]
    judged: Mapping[str, Array]


def judged_h(found: Iterable[Plan]) -> float:
    """Hours to the instant at which every option is judged: an hour after the last change in any of them."""
    return max(one.starts_h[-1] for one in found) + SETTLED_H


def _both(lungs: Lungs, levels: Levels, one: Plan, judged_at: float) -> tuple[dict[str, Array], dict[str, Array]]:
    """By mechanism from the settings in force, and the level forecast, (copies,)."""
    mechanism, level = ({n: at[0] for n, at in course(lungs, known, one, np.array([judged_at])).items()} for known in levels)
    return mechanism, level


def _readings(stands: Held, mechanism: Mapping[str, Array], level: Mapping[str, Array], *, guards_paco2: bool) -> _Readings:
    mechanism = stands.of(mechanism)
    return _Readings(mechanism, worse(level, mechanism, guards_paco2=guards_paco2))


def _ranked(
    scenario: Scenario,
    lungs: Lungs,
    found: Mapping[str, Plan],
    values: Mapping[str, Mapping[str, Array]],
    verdicts: Mapping[str, SafetyVerdict],
    tried: Mapping[str, _Varied],
    *,
    offering: bool,
) -> tuple[dict[str, Place], str | None, bool]:
    """Places of all options, the one worth suggesting instead of the first as drafted, and whether leaving the setting in
    force is better than that one: then none is suggested."""
    ordered, draws = next(iter(found)), lungs.copies.draws
    # What is not forecast of one option is judged of none: they are compared.
    compared = (*values.values(), *(one.values for one in tried.values()))
    limits = tuple(bound for bound in bounds(scenario.record, scenario.at) if all(bound.variable in own for own in compared))
    weight = predicted_weight(scenario.record, scenario.at)

    def judge(own: Mapping[str, Array], one: Plan) -> dict[str, Judged]:
        return judged(own, limits, draws, protective=_protective(one.final, weight))

    by_option = {label: judge(values[label], one) for label, one in found.items()}
    still, unchanged = found[NO_CHANGE], by_option[NO_CHANGE]
    by_option = {
        label: own if found[label].breathes_as(still) else without_gain_of_oxygen(own, unchanged)
        for label, own in by_option.items()
    }
    reference = by_option[ordered]
    choices = [_choice(label, own, reference, verdicts[label]) for label, own in by_option.items()]
    for label, one in tried.items():
        own = judge(one.values, one.plan)
        if not one.plan.breathes_as(still):
            own = without_gain_of_oxygen(own, unchanged)
        if one.step.varied == "peep":
            own = without_gain_of_oxygen(own, by_option[one.of])
        choices.append(_choice(label, own, reference, one.verdict, alternative=offering and one.of == ordered))
    ranking = rank(choices, ordered, Never())
    metric = next((name for name in _JUDGED_BY if name.removesuffix("_1h") in values[ordered]), "")
    places = {label: Place(metric, r.place, r.utility, r.better_in) for label, r in ranking.ranked.items()}
    leave = ranking.suggested is not None and _as_good(ranking.ranked[NO_CHANGE], ranking.ranked[ranking.suggested])
    return (places if metric else {}), (None if leave else ranking.suggested), leave


def _as_good(unchanged: Ranked, other: Ranked) -> bool:
    return unchanged.utility >= other.utility and unchanged.p_harm <= other.p_harm


def _protective(settings: VentilatorSettings, weight: float | None) -> bool:
    volume = settings.tidal_volume_set
    return volume is None or weight is None or volume <= MOST_PER_KG * weight * (1.0 + 1e-6)


def _choice(
    label: str, own: Mapping[str, Judged], reference: Mapping[str, Judged], verdict: SafetyVerdict, *, alternative: bool = False
) -> Choice:
    """An option aims at the target where the medians of all that it moves against the order do."""
    utility = np.sum([one.utility for one in own.values()], axis=0)
    moved = [one for name, one in own.items() if not np.array_equal(one.utility, reference[name].utility)]
    return Choice(
        label=label,
        utility=utility,
        mean=float(utility.mean()),
        p_harm=float(np.any([one.harmed for one in own.values()], axis=0).mean()),
        aims=all(one.aims for one in moved),
        daily_amount=0.0,
        first_amount=0.0,
        cleared=verdict.cleared,
        alternative=alternative,
    )
