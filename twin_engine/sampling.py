"""Would one more level help to choose? The expected rise in utility of the best option, at a few times worth sampling.

For each of some copies taken as the truth a level is read at that time, its errors spread evenly over the truths and the same
at every time; the other copies are reweighted by how well they explain it, and the best option is chosen again (preposterior
analysis: Raiffa H, Schlaifer R. Applied Statistical Decision Theory, 1961, chapter 4).
"""

from collections.abc import Sequence
from datetime import timedelta

import numpy as np

from twin_engine.copies import Copies
from twin_engine.covariates import hours
from twin_engine.exposure import Exposure
from twin_engine.kernel.declare import Array
from twin_engine.kernel.estimate import minus_2_log_likelihoods_of_pairs
from twin_engine.kernel.residual import even_normals
from twin_engine.options import Option
from twin_engine.prediction import LevelAdvice
from twin_engine.proposals.choose import LEAST_GAIN, TIE, Choice
from twin_engine.twin import Twin
from twin_engine.what_if import curves

TRUTHS = 128
"""The gain then lies within 0.008 of that of all copies on the charts of `python -m validation.level_gain`; with 32, 0.016."""
AFTER_INFUSION_H = 1.0
FARTHEST_H = 24.0
APART_H = 6.0
"""Two levels closer than this say little that is new, and the first may not have been acted on: a choice of this project."""
LOWEST_LEVEL = 1e-6


def level_advice(
    twin: Twin,
    copies: Sequence[Copies],
    ordered: Option,
    choices: Sequence[Choice],
    exposure: Exposure,
) -> LevelAdvice | None:
    """The most useful time for one more level if it is worth more than what makes an alternative worth a card."""
    times = _times(twin, ordered)
    if not len(times):
        return None
    utilities = np.stack([c.utility for c in choices if c.cleared or c.label == ordered.label])
    predicted = curves(copies, ordered, times)
    gains = [gain_of_level(twin, exposure, row, utilities) for row in predicted]
    best = max(gains)
    if best < LEAST_GAIN:
        return None
    chosen = next(i for i, gain in enumerate(gains) if gain >= best - TIE)
    return LevelAdvice(twin.drug, twin.at + timedelta(hours=float(times[chosen])), gains[chosen])


def _times(twin: Twin, ordered: Option) -> Array:
    """Before the ordered dose, an hour after it has gone in, before the next one; nothing before any dose was given, nor
    soon after a level."""
    first = min((d for d in ordered.own), key=lambda d: d.start_h, default=None)
    if first is None:
        return np.empty(0)
    found = [first.start_h] if twin.history.given else []
    found.append(first.end_h + AFTER_INFUSION_H)
    if ordered.regular:
        found.append(first.start_h + min(r.interval_h for r in ordered.regular))
    last = max((hours(time, twin.at) for f in twin.fitted for time, _ in f.level_percentiles), default=-np.inf)
    return np.unique([t for t in found if last + APART_H <= t <= FARTHEST_H])


def gain_of_level(twin: Twin, exposure: Exposure, predicted: Array, utilities: Array, most_truths: int = TRUTHS) -> float:
    """Expected utility of the best option after a level, minus that of the best option without one. `predicted`: that level in
    every copy; `utilities` (options, copies)."""
    truths = np.linspace(0, len(predicted) - 1, min(most_truths, len(predicted))).astype(int)
    noise, levels = np.zeros_like(predicted), np.empty_like(predicted)
    # Single precision is far finer than the copies are, and several times faster.
    chance = np.empty((len(truths), len(predicted)), dtype=np.float32)
    noise[truths] = even_normals(len(truths))[:, 0]
    owners = [(f.model.residual, exposure.by_model[f.model.id]) for f in twin.fitted if f.model.id in exposure.by_model]
    for error, own in owners:
        levels[own] = np.maximum(error.noisy(predicted[own], noise[own]), LOWEST_LEVEL)
    for error, own in owners:
        chance[:, own] = minus_2_log_likelihoods_of_pairs(levels[truths], predicted[own], error)
    chance -= chance.min(axis=1, keepdims=True)
    weights = np.exp(np.multiply(chance, -0.5, out=chance), out=chance)
    best = (utilities.astype(np.float32) @ weights.T).max(axis=0) / weights.sum(axis=1)
    return float(best.mean(dtype=np.float64) - utilities.mean(axis=1).max())
