"""Summaries of exposure: median, 90 % interval and the probabilities against an aim, each a count over the copies."""

from collections.abc import Iterator, Sequence

import numpy as np

from twin_engine.exposure import Exposure
from twin_engine.kernel.declare import Array
from twin_engine.kernel.quantiles import quantiles
from twin_engine.prediction import Metric
from twin_engine.proposals.aim import Aim


def metrics(found: Exposure, aim: Aim, rows: Sequence[int], windows: Sequence[str]) -> list[dict[str, Metric]]:
    """Summaries of some options by metric name: the target's metric and, where harm shows in another one, that too."""
    target, harm = aim.target, aim.target.harm
    harmful = target.metric if harm is None else harm.metric
    summaries: list[dict[str, Metric]] = [{} for _ in rows]
    for window in windows:
        values, harm_values = (found.values[f"{kind}_{window}"][rows] for kind in (target.metric, harmful))
        name, harm_name = (f"{target.drug}_{kind}_{window}" for kind in (target.metric, harmful))
        for summary, own in zip(summaries, _metrics(values, harm_values, aim, harm_name, found), strict=True):
            summary[name] = own
        if harmful != target.metric:
            for summary, own in zip(summaries, _beside(harm_values, aim, harm_name, found), strict=True):
                summary[harm_name] = own
    return summaries


def _metrics(values: Array, harm_values: Array, aim: Aim, harm_name: str, found: Exposure) -> Iterator[Metric]:
    harm, harmed = aim.target.harm, aim.harmed(harm_values)
    rows = zip(_spread(values), _share(aim.above(values)), _share(aim.below(values)), _harm(harmed, found), strict=True)
    for (low, median, high), above, below, (p_harm, by_model) in rows:
        yield Metric(
            unit=aim.target.unit,
            median=median,
            low=low,
            high=high,
            p_in_target=1.0 - above - below,
            p_above=above,
            p_below=below,
            p_harm=p_harm,
            target=_bounds(aim),
            harm_above=None if harm is None else harm.above,
            harm_metric=None if harm is None else harm_name,
            p_harm_by_model=by_model,
            threshold=aim.threshold,
            mic_assumed=aim.mic_assumed,
        )


def _beside(values: Array, aim: Aim, name: str, found: Exposure) -> Iterator[Metric]:
    """The metric in which harm shows: its target is to stay below the bound."""
    harm = aim.target.harm
    bound, unit = (None, aim.target.unit) if harm is None else (harm.above, harm.unit)
    rows = zip(_spread(values), _harm(aim.harmed(values), found), strict=True)
    for (low, median, high), (p_harm, by_model) in rows:
        yield Metric(unit, median, low, high, 1.0 - p_harm, p_harm, 0.0, p_harm, (None, bound), bound, name, by_model)


def _harm(harmed: Array, found: Exposure) -> Iterator[tuple[float, dict[str, float]]]:
    """P(harm) of each row, of all copies and of each model's."""
    by_model = zip(*(_share(harmed[:, own]) for own in found.by_model.values()), strict=True)
    for p_harm, shares in zip(_share(harmed), by_model, strict=True):
        yield p_harm, dict(zip(found.by_model, shares, strict=True))


def _share(counted: Array) -> list[float]:
    return counted.mean(axis=1).tolist()


def _spread(values: Array) -> list[list[float]]:
    """Lower end, middle and upper end of each row."""
    return quantiles(values, (0.05, 0.5, 0.95)).T.tolist()


def _bounds(aim: Aim) -> tuple[float | None, float | None]:
    low, high = aim.bounds
    return low if np.isfinite(low) else None, high if np.isfinite(high) else None
