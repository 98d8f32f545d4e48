"""The highest concentrations after a bolus, which come and go between two points of the forecast's grid.

A bolus of propofol or remifentanil is mostly gone from the plasma before the first quarter of an hour is over. Models of
mixed compartments fail in the arterial blood of the first minutes (Masui K et al. Anesthesiology 2009;111:805-17), so the peak
is said of the effect site, and of the plasma only from when on a model's study drew samples (`Model.sampled_from_h`).
"""

from collections.abc import Sequence

import numpy as np

from twin_engine.copies import Copies
from twin_engine.kernel.declare import Array
from twin_engine.kernel.quantiles import quantiles
from twin_engine.options import Option
from twin_engine.prediction import Metric
from twin_engine.scenario import GRID_H
from twin_engine.what_if import courses_of

HIGHEST = "highest"
EFFECT_SITE = "effect_site"
AFTER_MIN = (1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 7.0, 10.0, 15.0)
MOST_BOLUSES = 8


def highest(copies: Sequence[Copies], option: Option) -> dict[str, Metric]:
    """`<drug>_effect_site_highest` and `<drug>_highest`: the highest in the quarter hour after each of the option's first
    boluses, by the models that can say it; nothing without a bolus."""
    ends = [d.end_h for d in option.own if d.duration_h < GRID_H][:MOST_BOLUSES]
    if not ends:
        return {}
    peaks: dict[str, list[tuple[str, Array]]] = {}
    for part in copies:
        model = part.fit.model
        wanted = {model.output: model.sampled_from_h, f"{model.drug}_{EFFECT_SITE}": 0.0 if model.effect_site else None}
        for name, start in wanted.items():
            if start is not None:
                after = np.array([m / 60.0 for m in AFTER_MIN if m / 60.0 >= start - 1e-9])
                hours = np.unique(np.concatenate([end + after for end in ends]))
                course = courses_of(part, [option], hours)[0][name]
                peaks.setdefault(name, []).append((course.unit, course.values.max(axis=0)))
    return {
        f"{name}_{HIGHEST}": _metric(f"{name}_{HIGHEST}", parts[0][0], np.concatenate([v for _, v in parts]))
        for name, parts in peaks.items()
    }


def _metric(name: str, unit: str, values: Array) -> Metric:
    low, median, high = (float(x) for x in quantiles(values[None, :], (0.05, 0.5, 0.95))[:, 0])
    return Metric(unit, median, low, high, 1.0, 0.0, 0.0, 0.0, (None, None), None, name)
