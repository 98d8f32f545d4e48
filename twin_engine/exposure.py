"""Exposure of every copy under every option, in the metric that its target is stated in.

Two windows: `next` = the 24 h from the order's start with all that was given before, `steady` = once the regimen has been
given for long. All options share what they have in common: the past, and the answer to one dose of each infusion time.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from twin_engine.copies import DAY_H, Copies
from twin_engine.kernel.declare import Array
from twin_engine.options import Option, Regimen
from twin_engine.proposals.targets import MetricKind

PEAK_AFTER_INFUSION_H = 0.5
"""A sampled peak is drawn half an hour after the end of the infusion, when the drug has spread."""
STEPS_PER_WINDOW = 96


@dataclass(frozen=True, slots=True)
class Exposure:
    """Values (options, copies) by metric name, as in `auc24_next`; `by_model` = the columns of each model's copies."""

    values: Mapping[str, Array]
    by_model: Mapping[str, slice]


def exposure(
    standing: Sequence[Copies], options: Sequence[Option], kinds: Sequence[MetricKind], threshold: float | None
) -> Exposure:
    """Exposure in each kind of metric and both windows; `threshold`, mg/L unbound, is needed for ft_above_mic."""
    parts: dict[str, list[Array]] = {}
    columns: dict[str, slice] = {}
    start = 0
    for copies in standing:
        for kind in dict.fromkeys(kinds):
            upcoming, later = _measured(kind, copies, options, threshold)
            parts.setdefault(f"{kind}_next", []).append(upcoming)
            parts.setdefault(f"{kind}_steady", []).append(later)
        for fit in copies.fits:
            columns[fit.model.id] = slice(start, start + len(fit.copies))
            start += len(fit.copies)
    return Exposure({name: np.concatenate(found, axis=1) for name, found in parts.items()}, columns)


def _measured(kind: MetricKind, copies: Copies, options: Sequence[Option], threshold: float | None) -> tuple[Array, Array]:
    if kind != "ft_above_mic":
        return _MEASURES[kind](copies, options)
    if threshold is None:
        raise ValueError("time above the MIC needs a threshold")
    return _ft_above_mic(copies, options, threshold)


def _auc24(copies: Copies, options: Sequence[Option]) -> tuple[Array, Array]:
    areas = np.empty((len(options), copies.count))
    for begin in {o.start_h for o in options}:
        rows = [i for i, o in enumerate(options) if o.start_h == begin]
        areas[rows] = copies.areas([options[i] for i in rows], (begin, begin + DAY_H))
    return areas, copies.settled_day(options)


def _css(copies: Copies, options: Sequence[Option]) -> tuple[Array, Array]:
    upcoming, steady = _auc24(copies, options)
    return upcoming / DAY_H, steady / DAY_H


def _peak(copies: Copies, options: Sequence[Option]) -> tuple[Array, Array]:
    upcoming = [curve.max(axis=0) for curve in copies.curves(options, [_peak_times(o) for o in options])]
    steady = [copies.settled(o, _at(o, _peak_h)).max(axis=0) for o in options]
    return np.stack(upcoming), np.stack(steady)


def _trough(copies: Copies, options: Sequence[Option]) -> tuple[Array, Array]:
    upcoming = [curve[0] for curve in copies.curves(options, [_trough_time(o) for o in options])]
    steady = [copies.settled(o, _at(o, lambda r: r.interval_h)).min(axis=0) for o in options]
    return np.stack(upcoming), np.stack(steady)


def _ft_above_mic(copies: Copies, options: Sequence[Option], threshold: float) -> tuple[Array, Array]:
    day = np.linspace(0.0, DAY_H, STEPS_PER_WINDOW + 1)
    upcoming = copies.curves(options, [o.start_h + day for o in options])
    steady = [copies.settled(o, _window(o)) for o in options]
    total = threshold / copies.model.unbound
    return _percent_above(upcoming, total), _percent_above(steady, total)


_MEASURES: dict[MetricKind, Callable[[Copies, Sequence[Option]], tuple[Array, Array]]] = {
    "auc24": _auc24,
    "css": _css,
    "peak": _peak,
    "trough": _trough,
}


def _peak_times(option: Option) -> Array:
    """Half an hour after each infusion that begins in the window, or the end of the window while one runs on."""
    begin, end = option.start_h, option.start_h + DAY_H
    ends = [d.end_h for d in option.doses if begin <= d.start_h < end]
    return np.unique([min(e + PEAK_AFTER_INFUSION_H, end) for e in ends] or [begin])


def _trough_time(option: Option) -> Array:
    """The first dose start at or after a day."""
    every = max((r.interval_h for r in option.regular), default=DAY_H)
    return np.array([option.start_h + np.ceil(DAY_H / every - 1e-9) * every])


def _peak_h(regimen: Regimen) -> float:
    return min(regimen.infusion_h + PEAK_AFTER_INFUSION_H, regimen.interval_h)


def _at(option: Option, hour_of: Callable[[Regimen], float]) -> Array:
    """One hour of the interval of each regimen; any hour will do where only a constant rate runs."""
    return np.array([r.offset_h + hour_of(r) for r in option.regular] or [0.0])


def _window(option: Option) -> Array:
    every = max((r.interval_h for r in option.regular), default=DAY_H)
    return np.linspace(0.0, every, STEPS_PER_WINDOW + 1)


def _percent_above(curves: Sequence[Array], level: float) -> Array:
    """Share of an even grid's span above `level`, straight lines between its points, in %: (curves, copies)."""
    return np.stack([100.0 * _share_above(curve, level) for curve in curves])


def _share_above(curve: Array, level: float) -> Array:
    high, low = np.maximum(curve[:-1], curve[1:]), np.minimum(curve[:-1], curve[1:])
    flat = high - low <= 1e-12 * high
    share = np.clip((high - level) / np.where(flat, 1.0, high - low), 0.0, 1.0)
    return np.where(flat, high > level, share).mean(axis=0)
