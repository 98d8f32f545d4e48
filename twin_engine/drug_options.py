"""The options of one drug of a scenario: the orders as written, no change, and each deliverable variation of them."""

from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import timedelta

from twin_engine.companions import Accompanied, bodies
from twin_engine.covariates import hours
from twin_engine.options import Option, scheduler
from twin_engine.outcome import CannotPredict
from twin_engine.patient.record import Order
from twin_engine.prediction import SafetyVerdict
from twin_engine.proposals.alternatives import candidates
from twin_engine.proposals.catalogue import Catalogue
from twin_engine.safety.check import checker
from twin_engine.scenario import NO_CHANGE, Scenario
from twin_engine.site import Site
from twin_engine.twin import Twin

FIRST_DAY_H = 24.0
UNSTABLE_KIDNEY_PER_DAY = 0.20
LimitCheck = Callable[[Sequence[Order]], SafetyVerdict]


@dataclass(frozen=True, slots=True)
class Options:
    """Every option in order; `changes` maps an alternative's label to the drafted option it varies, `drafted` is the first
    drafted one, `window` the one that decides, `cleared` the alternatives within all limits, `check` the limit check, `bodies`
    the copies that each acts on."""

    all: tuple[Option, ...]
    window: str
    drafted: str | None
    changes: Mapping[str, str]
    cleared: AbstractSet[str]
    check: LimitCheck
    bodies: tuple[Accompanied, ...]

    def of(self, label: str | None) -> int | None:
        """Place of an option."""
        return next((i for i, o in enumerate(self.all) if o.label == label), None)


def options_of(
    scenario: Scenario, twin: Twin, drafted: Mapping[str, tuple[Order, ...]], horizon_h: float, site: Site
) -> Options | CannotPredict:
    """Every option of one drug. `drafted` holds its orders by label as written; why they cannot be simulated, else."""
    starts = [hours(o.start, scenario.at) for orders in drafted.values() for o in orders if o.start]
    until = max(horizon_h, max(starts, default=0.0) + FIRST_DAY_H)
    varied: dict[str, tuple[Order, ...]] = {}
    changes: dict[str, str] = {}
    if scenario.alternatives == "auto" and twin.drug in site.targets and not twin.incomplete:
        for label, orders in drafted.items():
            for name, alternative in _alternatives(orders, site.catalogue.get(twin.drug)):
                if name not in drafted and name not in varied:
                    varied[name], changes[name] = alternative, label
    schedule = scheduler(scenario.record, twin.drug, twin.history, scenario.at, until)
    made: list[Option] = []
    first = next(iter(drafted), None)
    window = ""
    for label, orders in {**drafted, NO_CHANGE: (), **varied}.items():
        if label in varied and window == "next" and any((o.interval_h or 0.0) > FIRST_DAY_H for o in orders):
            # One day cannot tell a dose every 24 h from the same dose every 48 h.
            continue
        one = schedule(label, orders)
        if isinstance(one, CannotPredict):
            if label in varied:
                continue
            return one
        made.append(one)
        if label == NO_CHANGE:
            window = _window(scenario, twin, made, first)
    check = checker(scenario.record, scenario.at, site.limits)
    each = bodies(twin, scenario.record, scenario.orders, [changes.get(o.label, o.label) for o in made])
    changes = {o.label: changes[o.label] for o in made if o.label in changes}
    return Options(tuple(made), window, first, changes, _cleared(made, changes, check), check, each)


def _cleared(options: Sequence[Option], changes: Mapping[str, str], check: LimitCheck) -> set[str]:
    """The alternatives within all limits. More is never safer: of those that differ in amount alone few are looked at."""
    rows: dict[tuple[str | float | None, ...], list[Option]] = {}
    for o in options:
        if o.label in changes:
            alone = (o.orders[0].interval_h, o.orders[0].infusion_h) if len(o.orders) == 1 else (o.label,)
            rows.setdefault((changes[o.label], *alone), []).append(o)
    cleared: set[str] = set()
    for row in rows.values():
        rising = sorted(row, key=first_amount)
        within = bisect_left(rising, True, key=lambda o: not check(o.orders).cleared)
        cleared.update(o.label for o in rising[:within])
    return cleared


def _alternatives(orders: tuple[Order, ...], catalogue: Catalogue | None) -> list[tuple[str, tuple[Order, ...]]]:
    """Each deliverable change of one order, the others as written."""
    found: list[tuple[str, tuple[Order, ...]]] = []
    for i, order in enumerate(orders):
        for candidate in candidates(order, catalogue):
            # The label names the option; the order keeps the identity of the draft it replaces.
            before, after = (tuple(replace(o, label=candidate.label) for o in part) for part in (orders[:i], orders[i + 1 :]))
            found.append((candidate.label, (*before, candidate, *after)))
    return found


def _window(scenario: Scenario, twin: Twin, options: Sequence[Option], first: str | None) -> str:
    """`next` in the first 24 h of therapy, for single doses, while the kidney changes, and where elimination saturates, so
    that steady state is far off; else `steady`."""
    ordered = next((o for o in options if o.label == first), options[0])
    began = twin.history.first_start_h
    early = began is None or ordered.start_h - began < FIRST_DAY_H or any(f.model.saturable for f in twin.fitted)
    return "next" if early or ordered.passing or ordered.daily_amount == 0 or _kidney_changes(scenario) else "steady"


def _kidney_changes(scenario: Scenario) -> bool:
    known = [m for m in scenario.record.of("creatinine") if m.value and m.time <= scenario.at]
    recent = [m for m in known if known[-1].time - timedelta(hours=30) <= m.time]
    if len(recent) < 2:
        return False
    days = max((recent[-1].time - recent[0].time).total_seconds() / 86400.0, 0.25)
    values = [m.value for m in recent if m.value]
    return abs(values[-1] / values[0] - 1.0) / days > UNSTABLE_KIDNEY_PER_DAY


def first_amount(chosen: Option) -> float:
    """The earliest dose that ends within a day, else what a day of the infusion comes to."""
    doses = [d for d in chosen.own if d.duration_h < FIRST_DAY_H]
    if not doses:
        return max((*(d.amount for d in chosen.own if d.start_h == chosen.start_h), chosen.rate_per_h * 24.0))
    first = min(d.start_h for d in doses)
    return max(d.amount for d in doses if d.start_h == first)
