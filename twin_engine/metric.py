"""Summaries of exposure: median, 90 % interval and the probabilities against an aim, each a count over the copies."""

from collections.abc import Sequence

import numpy as np

from twin_engine.exposure import Exposure
from twin_engine.kernel.declare import Array
from twin_engine.kernel.quantiles import quantiles
from twin_engine.prediction import Metric
from twin_engine.proposals.aim import Aim


def metrics(found: Exposure, aim: Aim, row: int, windows: Sequence[str]) -> dict[str, Metric]:
    """Summaries of one option by metric name: the target's metric and, where harm shows in another one, that too."""
    target, harm = aim.target, aim.target.harm
    summaries: dict[str, Metric] = {}
    for window in windows:
        values = found.values[f"{target.metric}_{window}"][row]
        name = f"{target.drug}_{target.metric}_{window}"
        if harm is None or harm.metric == target.metric:
            summaries[name] = _metric(values, values, aim, name, found)
            continue
        harm_values = found.values[f"{harm.metric}_{window}"][row]
        harm_name = f"{target.drug}_{harm.metric}_{window}"
        summaries[name] = _metric(values, harm_values, aim, harm_name, found)
        summaries[harm_name] = _beside(harm_values, aim, harm_name, found)
    return summaries


def _metric(values: Array, harm_values: Array, aim: Aim, harm_name: str, found: Exposure) -> Metric:
    low, median, high = _spread(values)
    above, below = float(aim.above(values).mean()), float(aim.below(values).mean())
    harm, harmed = aim.target.harm, aim.harmed(harm_values)
    return Metric(
        unit=aim.target.unit,
        median=median,
        low=low,
        high=high,
        p_in_target=1.0 - above - below,
        p_above=above,
        p_below=below,
        p_harm=float(harmed.mean()),
        target=_bounds(aim),
        harm_above=None if harm is None else harm.above,
        harm_metric=None if harm is None else harm_name,
        p_harm_by_model=_by_model(harmed, found),
        threshold=aim.threshold,
        mic_assumed=aim.mic_assumed,
    )


def _beside(values: Array, aim: Aim, name: str, found: Exposure) -> Metric:
    """The metric in which harm shows: its target is to stay below the bound."""
    low, median, high = _spread(values)
    harmed, harm = aim.harmed(values), aim.target.harm
    p_harm = float(harmed.mean())
    bound, unit = (None, aim.target.unit) if harm is None else (harm.above, harm.unit)
    return Metric(
        unit, median, low, high, 1.0 - p_harm, p_harm, 0.0, p_harm, (None, bound), bound, name, _by_model(harmed, found)
    )


def _by_model(harmed: Array, found: Exposure) -> dict[str, float]:
    return {model: float(harmed[own].mean()) for model, own in found.by_model.items()}


def _spread(values: Array) -> tuple[float, float, float]:
    low, median, high = quantiles(values[None, :], (0.05, 0.5, 0.95))[:, 0]
    return float(low), float(median), float(high)


def _bounds(aim: Aim) -> tuple[float | None, float | None]:
    low, high = aim.bounds
    return low if np.isfinite(low) else None, high if np.isfinite(high) else None
