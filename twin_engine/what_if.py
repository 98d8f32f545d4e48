"""Run every copy of the twin under each option: exact exposure to rank all, curves and reported times for those shown."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from twin_engine.kernel.declare import Array
from twin_engine.kernel.linear import concentrations, window_areas
from twin_engine.options import Option
from twin_engine.prediction import Bands, Metric, Reported
from twin_engine.proposals.targets import Target
from twin_engine.twin import FittedModel, Twin

GRID_H = 0.25
DAY_H = 24.0


@dataclass(frozen=True, slots=True)
class Exposure:
    """AUC over the copies for each option, (options, copies), in amount/L*h: the first 24 h from the order's start
    (history included) and at steady state (daily dose / CL)."""

    next: Array
    steady: Array

    def of(self, metric: str) -> Array:
        """The metric by the end of its name, `next` or `steady`."""
        return self.steady if metric.endswith("_steady") else self.next


def exposure(twin: Twin, options: Sequence[Option]) -> Exposure:
    """AUC24 of every option in every copy; all options share the exponentials."""
    begins = sorted({o.start_h for o in options})
    upcoming = np.concatenate([_areas(f, options, begins) for f in twin.fitted if len(f.copies)], axis=1)
    clearance = np.concatenate([f.now[0, f.copies] for f in twin.fitted])
    daily = np.array([o.daily_amount for o in options])
    return Exposure(upcoming, daily[:, None] / clearance)


def _areas(fit: FittedModel, options: Sequence[Option], begins: Sequence[float]) -> Array:
    areas = np.empty((len(options), len(fit.copies)))
    now, state = fit.future(fit.copies), fit.state.take(fit.copies)
    for begin in begins:
        rows = [i for i, o in enumerate(options) if o.start_h == begin]
        areas[rows] = window_areas(now, state, [options[i].doses for i in rows], (begin, begin + DAY_H))
    return areas


def metric(values: Array, target: Target) -> Metric:
    """Summary of one option's metric (copies,) against its target."""
    low, median, high = _quantiles(values[None, :], (0.05, 0.5, 0.95))[:, 0]
    above = float((values > target.high).mean())
    below = float((values < target.low).mean())
    harm = 0.0 if target.harm_above is None else float((values > target.harm_above).mean())
    return Metric(
        unit=target.unit,
        median=float(median),
        low=float(low),
        high=float(high),
        p_in_target=1.0 - above - below,
        p_above=above,
        p_below=below,
        p_harm=harm,
        target=(target.low, target.high),
        harm_above=target.harm_above,
    )


def grid(horizon_h: float) -> Array:
    """Forecast hours, every 15 minutes up to the horizon."""
    return np.arange(0.0, horizon_h + 1e-9, GRID_H)


def bands(twin: Twin, chosen: Option, hours_h: Array) -> Bands:
    """Credible curves of the concentration at `hours_h` >= 0 under one option."""
    curves = np.concatenate(
        [
            concentrations(f.future(f.copies), chosen.doses, hours_h, f.state.take(f.copies))
            for f in twin.fitted
            if len(f.copies)
        ],
        axis=1,
    )
    q = _quantiles(curves, (0.05, 0.25, 0.5, 0.75, 0.95))
    return Bands(twin.unit, *(tuple(row.tolist()) for row in q))


def report(twin: Twin, chosen: Option, times: Sequence[datetime], rng: np.random.Generator) -> tuple[Reported, ...]:
    """Credible and measured-value intervals at the asked times, in their order; past times show the fitted course."""
    if not times:
        return ()
    asked = np.array([(t - twin.at).total_seconds() / 3600.0 for t in times])
    drawn: list[Array] = []
    noisy: list[Array] = []
    for fit in twin.fitted:
        if len(fit.copies):
            values = _course(fit, twin, chosen, asked)
            drawn.append(values)
            noisy.append(np.maximum(fit.model.residual.noisy(values, rng.standard_normal(values.shape)), 0.0))
    low, median, high = _quantiles(np.concatenate(drawn, axis=1), (0.05, 0.5, 0.95))
    measured_low, measured_high = _quantiles(np.concatenate(noisy, axis=1), (0.05, 0.95))
    mode = _mode_course(twin, chosen, asked)
    return tuple(
        Reported(t, twin.best.model.output, *(float(x[i]) for x in (mode, median, low, high, measured_low, measured_high)))
        for i, t in enumerate(times)
    )


def end_of_validity(twin: Twin) -> datetime:
    """Last instant at which every model of the twin may speak."""
    return twin.at + timedelta(hours=min(f.model.valid_h for f in twin.fitted))


def _course(fit: FittedModel, twin: Twin, chosen: Option, asked: Array) -> Array:
    values = np.empty((len(asked), len(fit.copies)))
    past = asked < 0
    if past.any():
        values[past] = concentrations(fit.past.take(fit.copies), twin.history.given, asked[past])
    if (~past).any():
        values[~past] = concentrations(fit.future(fit.copies), chosen.doses, asked[~past], fit.state.take(fit.copies))
    return values


def _mode_course(twin: Twin, chosen: Option, asked: Array) -> Array:
    fit = twin.best
    values = np.empty(len(asked))
    past = asked < 0
    if past.any():
        values[past] = concentrations(fit.mode_past, twin.history.given, asked[past])[:, 0]
    if (~past).any():
        values[~past] = concentrations(fit.mode_future(), chosen.doses, asked[~past], fit.mode_state)[:, 0]
    return values


def _quantiles(values: Array, levels: Sequence[float]) -> Array:
    """Quantiles over the last axis, (levels, rows): one sort, then linear interpolation."""
    ordered = np.sort(values, axis=-1)
    place = np.asarray(levels) * (ordered.shape[-1] - 1)
    below = np.floor(place).astype(int)
    above = np.minimum(below + 1, ordered.shape[-1] - 1)
    share = place - below
    return (ordered[..., below] * (1 - share) + ordered[..., above] * share).T
