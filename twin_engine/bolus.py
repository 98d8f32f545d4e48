"""The highest concentrations after a bolus, which come and go between two points of the forecast's grid.

A bolus of propofol or remifentanil is mostly gone from the plasma before the first quarter of an hour is over. Models of
mixed compartments fail in the arterial blood of the first minutes (Masui K et al. Anesthesiology 2009;111:805-17), so the peak
is said of the effect site, and of the plasma only from when on a model's study drew samples (`Model.sampled_from_h`).

Both are exact. Plasma is highest when the dose has gone in, or as early after it as can be said. The effect site,
Ce(t) = S + sum_m w_m (A_m - S_m) e^(-l_m t), is highest where its derivative passes through 0.
"""

from collections.abc import Sequence

import numpy as np

from twin_engine.copies import Copies
from twin_engine.kernel.declare import Array
from twin_engine.kernel.linear import state_at
from twin_engine.kernel.mammillary import modes
from twin_engine.kernel.quantiles import quantiles
from twin_engine.kernel.schedule import Dose
from twin_engine.options import Option
from twin_engine.prediction import Metric
from twin_engine.scenario import GRID_H

HIGHEST = "highest"
EFFECT_SITE = "effect_site"
MOST_BOLUSES = 8
HALVINGS = 16
"""Of a quarter of an hour: the crest is found to within 14 ms."""
_INSTANT_H = 1e-6


def highest(copies: Sequence[Copies], option: Option) -> dict[str, Metric]:
    """`<drug>_effect_site_highest` and `<drug>_highest`: the highest in the quarter hour after each of the option's first
    boluses, by the models that can say it; nothing without a bolus."""
    pushes = [d for d in option.own if d.duration_h < GRID_H][:MOST_BOLUSES]
    peaks: dict[tuple[str, str], list[Array]] = {}
    for part in copies if pushes else ():
        model = part.model
        if model.sampled_from_h is not None:
            peaks.setdefault((model.output, model.unit), []).append(_in_plasma(part, option, pushes, model.sampled_from_h))
        if model.effect_site:
            crests = [_at_effect_site(part, option, push) for push in pushes]
            peaks.setdefault((f"{model.drug}_{EFFECT_SITE}", model.unit), []).append(np.max(crests, axis=0))
    return {
        f"{name}_{HIGHEST}": _metric(f"{name}_{HIGHEST}", unit, np.concatenate(parts)) for (name, unit), parts in peaks.items()
    }


def _in_plasma(part: Copies, option: Option, pushes: Sequence[Dose], sampled_from_h: float) -> Array:
    """Highest plasma concentration (copies,): it falls after a push, and ends higher only where an infusion runs on."""
    hours = [h for d in pushes for h in (max(d.end_h, d.start_h + sampled_from_h), d.end_h + GRID_H)]
    # A bolus does not act on the instant at which it begins.
    return part.curves([option], [np.unique(hours) + _INSTANT_H])[0].max(axis=0)


def _at_effect_site(part: Copies, option: Option, push: Dose) -> Array:
    """Highest effect-site concentration (copies,) from a push to the next dose, at most a quarter of an hour later."""
    path = part.path
    if path.effect is None:
        raise ValueError("the model has no effect site")
    begin = push.end_h + _INSTANT_H
    until = min([GRID_H, *(d.start_h - begin for d in option.doses if d.start_h > begin)])
    state = state_at(path, option.doses, begin, part.state)
    modal = modes(path.kinetics[0], path.effect[0, 0])
    level = sum(d.rate for d in option.doses if d.start_h <= begin < d.end_h) * modal.unit / modal.rate
    weight = np.ones_like(modal.rate) if modal.weight is None else np.concatenate([modal.weight, np.ones((1, part.count))])
    fading = weight * (modal.amplitude(state.central, state.peripheral, state.effect) - level)
    early, late = np.zeros(part.count), np.full(part.count, until)
    for _ in range(HALVINGS):
        middle = 0.5 * (early + late)
        rises = (modal.rate * fading * np.exp(-modal.rate * middle)).sum(axis=0) < 0.0
        early, late = np.where(rises, middle, early), np.where(rises, late, middle)
    return (weight * level + fading * np.exp(-modal.rate * late)).sum(axis=0)


def _metric(name: str, unit: str, values: Array) -> Metric:
    low, median, high = (float(x) for x in quantiles(values[None, :], (0.05, 0.5, 0.95))[:, 0])
    return Metric(unit, median, low, high, 1.0, 0.0, 0.0, 0.0, (None, None), None, name)
