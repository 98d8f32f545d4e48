"""The options of a scenario that act on the circulation: as drafted, no change, and neighbouring rates."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from math import isclose
from typing import Any, Final

from twin_engine.circulation.acting import Acting, Hypnotic, acting, acts
from twin_engine.circulation.aim import PressureAim
from twin_engine.circulation.chart import VARIABLE, CirculationChart
from twin_engine.circulation.forecast import Copies, Course, load_at
from twin_engine.circulation.judge import Judged, places
from twin_engine.circulation.plan import doses_of
from twin_engine.circulation.pressors import PRESSORS
from twin_engine.circulation.steps import SAME, neighbours
from twin_engine.keep import Keep
from twin_engine.kernel.declare import Array
from twin_engine.kernel.schedule import Dose
from twin_engine.outcome import CannotPredict
from twin_engine.patient.record import VENTILATOR, DataQuality, Order
from twin_engine.prediction import Forecast, Place, SafetyVerdict
from twin_engine.safety.check import checker
from twin_engine.scenario import NO_CHANGE, Scenario
from twin_engine.site import Site

Drafted = Mapping[str, tuple[Order, ...]]
"""Options as written: label to orders."""

SHOWN_ALTERNATIVES: Final = 3


@dataclass(frozen=True, slots=True)
class Options:
    """Orders, doses (ug of norepinephrine equivalents), what acts `besides` pressors and limit check by option; `changes`
    maps an alternative to the drafted option and the drug it varies; `drafted` is the first drafted option. `left_out`: what
    acts but could not be told. `alone`: where a drafted option orders several things, what each of them gives alone."""

    orders: Mapping[str, tuple[Order, ...]]
    doses: Mapping[str, tuple[Dose, ...]]
    besides: Mapping[str, Acting]
    verdicts: Mapping[str, SafetyVerdict]
    changes: Mapping[str, tuple[str, str]]
    drafted: str | None
    left_out: tuple[DataQuality, ...] = ()
    alone: Mapping[str, Mapping[str, tuple[tuple[Dose, ...], Acting]]] = field(default_factory=dict[str, Any])

    def courses(self, chart: CirculationChart, hours_h: Array, labels: Iterable[str] | None = None) -> dict[str, Course]:
        """Options at some hours; every one unless some are named."""
        named = self.orders if labels is None else labels
        return {label: Course(load_at(chart, self.doses[label], hours_h), self.besides[label]) for label in named}

    def courses_alone(self, chart: CirculationChart, hours_h: Array) -> dict[tuple[str, str], Course]:
        """What each order of an option gives alone at some hours, by option and subject."""
        return {
            (label, subject): Course(load_at(chart, doses, hours_h), besides)
            for label, found in self.alone.items()
            for subject, (doses, besides) in found.items()
        }

    def placed(self, judged: Mapping[str, Judged], aim: PressureAim) -> dict[str, dict[str, Place]]:
        """Places by option and by drug: each drug's alternatives among themselves, with what was drafted and no change."""
        found: dict[str, dict[str, Place]] = {}
        given = {label: sum(d.amount for d in doses) for label, doses in self.doses.items()}
        cleared = {label: verdict.cleared for label, verdict in self.verdicts.items()}
        drugs = [o.drug for label, own in self.orders.items() if label not in self.changes for o in own if o.drug in PRESSORS]
        for drug in dict.fromkeys(d for d in drugs if d):
            own = {label: p for label, p in judged.items() if label not in self.changes or self.changes[label][1] == drug}
            ranked = places(own, aim, given, cleared, self.drafted, [label for label in own if label in self.changes])
            for label, place in ranked.items():
                found.setdefault(label, {})[drug] = place
        return found

    def shown(self, placed: Mapping[str, Mapping[str, Place]]) -> list[str]:
        """What was drafted, no change, of each drug the best alternatives that limits cleared, and what others chose."""
        found = [label for label in self.orders if label not in self.changes]
        for drug in dict.fromkeys(drug for _, drug in self.changes.values()):
            own = [label for label, (_, d) in self.changes.items() if d == drug and self.verdicts[label].cleared]
            ranked = [label for label in own if drug in placed.get(label, {})]
            found += sorted(ranked, key=lambda label: placed[label][drug].rank)[:SHOWN_ALTERNATIVES]
        return found + [label for label, (_, drug) in self.changes.items() if drug == VENTILATOR]


def options_of(
    scenario: Scenario,
    chart: CirculationChart,
    made: Copies,
    drafted: Drafted,
    offered: Mapping[str, Forecast],
    site: Site,
    keep: Keep,
) -> Options | CannotPredict:
    """The options as drafted, "no change", every step near an ordered rate with the other orders as written, and what others
    have `offered`, each with its orders; of these the ones whose effect cannot be told are left out."""
    orders: dict[str, tuple[Order, ...]] = {**drafted, NO_CHANGE: ()}
    changes: dict[str, tuple[str, str]] = {}
    if scenario.alternatives == "auto":
        for label, written in drafted.items():
            for i, order in enumerate(written):
                for step in neighbours(order, chart.weight_kg):
                    if step.label not in orders:
                        varied = (*written[:i], step, *written[i + 1 :])
                        orders[step.label] = tuple(replace(o, label=step.label) for o in varied)
                        changes[step.label] = label, order.drug or ""
    elsewhere = {label: one for label, one in offered.items() if label not in orders}
    orders |= {label: one.orders for label, one in elsewhere.items()}
    changes |= {label: (one.changes or "", VENTILATOR) for label, one in elsewhere.items()}
    doses: dict[str, tuple[Dose, ...]] = {}
    besides: dict[str, Acting] = {}
    left_out: dict[DataQuality, None] = {}
    worked_out: dict[tuple[Order, ...], tuple[Acting, tuple[CannotPredict, ...]]] = {}
    hypnotic: Hypnotic = {}
    for label, own in tuple(orders.items()):
        one = doses_of(scenario, chart, own)
        if isinstance(one, CannotPredict):
            return one
        others = tuple(replace(o, label="") for o in own if acts(o))
        if others not in worked_out:
            worked_out[others] = acting(scenario, chart, others, made.half, keep, hypnotic)
        other, unknown = worked_out[others]
        if (unknown and label in elsewhere) or (label in changes and other.still and _goes_on(chart, one)):
            del orders[label], changes[label]
            continue
        if unknown and other.still and not any(o.drug in PRESSORS for o in own):
            return unknown[0]
        left_out |= {DataQuality(VARIABLE, "missing", f"not included: {each.reason}"): None for each in unknown}
        doses[label], besides[label] = one, other
    alone: dict[str, dict[str, tuple[tuple[Dose, ...], Acting]]] = {}
    for label, written in drafted.items():
        subjects = dict.fromkeys(o.subject for o in written if o.subject and (o.drug in PRESSORS or acts(o)))
        for subject in subjects if len(subjects) > 1 else ():
            one = doses_of(scenario, chart, [o for o in written if o.subject == subject])
            other = besides[label].of(subject)
            if not isinstance(one, CannotPredict) and (subject in PRESSORS or not other.still):
                alone.setdefault(label, {})[subject] = one, other
    judge = checker(scenario.record, scenario.at, site.limits)
    verdicts = {label: elsewhere[label].safety if label in elsewhere else judge(own) for label, own in orders.items()}
    return Options(orders, doses, besides, verdicts, changes, next(iter(drafted), None), tuple(left_out), alone)


def _goes_on(chart: CirculationChart, doses: tuple[Dose, ...]) -> bool:
    """Whether these doses are at the rate of what runs already, which "no change" tells."""
    runs = sum(d.amount / d.duration_h for d in chart.past if d.duration_h and d.start_h + d.duration_h >= 0.0)
    return bool(runs) and isclose(sum(d.amount / d.duration_h for d in doses if d.duration_h), runs, rel_tol=SAME)
