"""Options held against the aim: probabilities by counting copies, rank, and the effect against no change."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np

from twin_engine.blood.intake import is_fluid
from twin_engine.circulation.aim import PressureAim
from twin_engine.circulation.forecast import NO_PULSE, Pressures
from twin_engine.covariates import hours
from twin_engine.kernel.declare import Array
from twin_engine.kernel.quantiles import quantiles
from twin_engine.patient.record import Order
from twin_engine.prediction import Metric, Place
from twin_engine.proposals.choose import Choice, Never, rank
from twin_engine.scenario import NO_CHANGE

UNIT: Final = "mm[Hg]"
SOON, LATER = "map_10min", "map_60min"
EFFECT, EFFECT_LATER = "map_effect_10min", "map_effect_60min"
BY_CHART, BY_EFFECT, HIGHEST = "by_chart", "by_effect", "highest"
"""The two readings of an option that changes something, and the higher of both: map_10min_by_chart, map_10min_by_effect,
map_10min_highest, and in 1 h. "No change" is by chart, and judged no higher than the last value; what charts show of it may be
higher."""
LOWEST, EFFECT_LOWEST = "map_lowest", "map_effect_lowest"
"""With the minute after them: where an option is lower than when it is judged."""
AFTER_H, LATER_H = 10.0 / 60.0, 1.0
"""When the options are judged, after the first order starts (where all are fluids after the first has run in), and where they
lead, after the prediction."""


def hours_of(orders: Iterable[Order], at: datetime) -> Array:
    """Hours from `at` when options are judged and where they lead; `orders` = all that act in any option. An option that is
    judged before it acts would be no better and no worse than another."""
    first = min((_acts_h(order, at) for order in orders), default=AFTER_H)
    return np.array([first, max(LATER_H, first)])


def _acts_h(order: Order, at: datetime) -> float:
    """Hours from `at` until an order can be judged: a fluid at its end, as far as options are forecast."""
    start = starts_h(order, at)
    lasts = order.infusion_h or 0.0 if is_fluid(order) else 0.0
    return min(start + max(lasts, AFTER_H), max(LATER_H, start + AFTER_H))


def starts_h(order: Order, at: datetime) -> float:
    """Hours from `at` to the start of an order, 0 where it has passed or is not stated."""
    return 0.0 if order.start is None else max(hours(order.start, at), 0.0)


@dataclass(frozen=True, slots=True)
class Judged:
    """One option at some hours, mmHg (hours, copies): what it is judged by, the highest that it may be, its two readings, and
    the published effect against no change."""

    cautious: Array
    highest: Array
    by_chart: Array
    by_effect: Array
    effect: Array


def held(found: Mapping[str, Pressures], last: float) -> dict[str, Judged]:
    """Options with "no change" no higher than the last value (mmHg): charts rise from a low pressure because it was treated.
    The reading of an order by its effect starts from there; that by chart is what followed such orders. Too high a pressure
    may come of the rise, too."""
    rise = np.maximum(np.median(found[NO_CHANGE].cautious, axis=1, keepdims=True) - last, 0.0)
    made: dict[str, Judged] = {}
    for label, own in found.items():
        by_effect = np.maximum(own.by_effect - rise, NO_PULSE)
        cautious = by_effect if label == NO_CHANGE else np.minimum(own.by_chart, by_effect)
        made[label] = Judged(cautious, np.maximum(own.by_chart, own.by_effect), own.by_chart, by_effect, own.effect)
    return made


def metrics(found: Mapping[str, Judged], label: str, aim: PressureAim, model: str) -> dict[str, Metric]:
    """Metrics of one option; `found` at `hours_of`."""
    one = found[label]
    readings = {
        "": one.cautious,
        f"_{HIGHEST}": one.highest,
        f"_{BY_CHART}": one.by_chart,
        f"_{BY_EFFECT}": one.by_effect,
    }
    if label == NO_CHANGE:
        del readings[f"_{BY_EFFECT}"]
    names = [(i, f"{name}{reading}", values) for i, name in enumerate((SOON, LATER)) for reading, values in readings.items()]
    told = {name: _metric(values[i], aim, name, model) for i, name, values in names}
    if label != NO_CHANGE:
        told |= {name: _metric(one.effect[i], None, name, model) for i, name in enumerate((EFFECT, EFFECT_LATER))}
    return told


def metrics_lowest(found: Judged, minute: int, aim: PressureAim, model: str) -> dict[str, Metric]:
    """Metrics of one option at the one minute where it is lowest: "map_lowest_4min", "map_effect_lowest_4min"."""
    names = ((f"{LOWEST}_{minute}min", found.cautious, aim), (f"{EFFECT_LOWEST}_{minute}min", found.effect, None))
    return {name: _metric(values[0], bounds, name, model) for name, values, bounds in names}


def lowest_of(metrics: Mapping[str, Metric]) -> tuple[int, Metric, Metric] | None:
    """Minutes to where an option is lowest, the pressure and the effect there; None = its other metrics tell it."""
    for name, pressure in metrics.items():
        if name.startswith(f"{LOWEST}_"):
            when = name.removeprefix(f"{LOWEST}_")
            return int(when.removesuffix("min")), pressure, metrics[f"{EFFECT_LOWEST}_{when}"]
    return None


def metrics_alone(found: Mapping[tuple[str, str], Array], label: str) -> dict[str, Metric]:
    """By "map_effect_10min_<subject>": what one order of several would do alone, against no change (1, copies)."""
    names = {f"{EFFECT}_{subject}": effect for (option, subject), effect in found.items() if option == label}
    return {name: _metric(effect[0], None, name, "") for name, effect in names.items()}


def _metric(values: Array, aim: PressureAim | None, name: str, model: str) -> Metric:
    low, median, high = (float(x) for x in quantiles(values[None, :], (0.05, 0.5, 0.95))[:, 0])
    if aim is None:
        return Metric(UNIT, median, low, high, 1.0, 0.0, 0.0, 0.0, (None, None), None, name)
    below, above = float((values < aim.low).mean()), float((values > aim.high).mean())
    within = 1.0 - below - above
    by_model = {model: below}
    return Metric(UNIT, median, low, high, within, above, below, below, aim.target, None, name, by_model)


def places(
    found: Mapping[str, Judged],
    aim: PressureAim,
    doses: Mapping[str, float],
    cleared: Mapping[str, bool],
    ordered: str | None,
    alternatives: Sequence[str],
) -> dict[str, Place]:
    """Rank of every option: utility of a copy is 1 where both readings are within the aim, -1 where the lower is below or the
    higher above it; ties go to the lower dose (`doses`, ug of norepinephrine equivalents in the hour)."""
    choices = [_choice(label, found[label], aim, doses, cleared, alternatives) for label in found]
    ranking = rank(choices, ordered, Never())
    return {label: Place(SOON, r.place, r.utility, r.better_in) for label, r in ranking.ranked.items()}


def _choice(
    label: str,
    own: Judged,
    aim: PressureAim,
    doses: Mapping[str, float],
    cleared: Mapping[str, bool],
    alternatives: Sequence[str],
) -> Choice:
    missed = (own.cautious[0] < aim.low) | (own.highest[0] > aim.high)
    utility = np.where(missed, -1.0, 1.0)
    median = float(np.median(own.cautious[0]))
    return Choice(
        label=label,
        utility=utility,
        mean=float(utility.mean()),
        p_harm=float(missed.mean()),
        aims=aim.low <= median <= aim.high,
        daily_amount=doses[label],
        first_amount=doses[label],
        cleared=cleared[label],
        alternative=label in alternatives,
    )
