"""Estimate the states of the pressure on some cases, to be judged on others.

Objective: the Huber form of the normal log-likelihood of the pressure that was charted after the change, its absolute error,
and weak log-normal priors around round numbers. The gain is then set so that the error after steps up and after steps down is
the same, and the width so that nine in ten lie inside.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from twin_engine.circulation.chart import CirculationChart, read
from twin_engine.circulation.forecast import load_at
from twin_engine.circulation.plan import doses_of
from twin_engine.circulation.pressors import load
from twin_engine.circulation.tone import MOST, Tone, expected, filtered
from twin_engine.outcome import CannotPredict
from validation.pressure_cases import PressureCase

Array = NDArray[np.float64]
NAMES = ("level", "level_sd", "slow_sd", "slow_h", "fast_sd", "fast_h", "gain_sd", "half", "cuff_sd", "arterial", "cuff")
START = np.array([70.0, 4.0, 6.0, 4.0, 6.0, 0.5, 4.0, 10.0, 4.0, 4.0, 4.0])
PRIOR_LOG_SD = np.array([0.05, 0.25, 0.2, 0.4, 0.2, 0.4, 0.3, 0.4, 0.25, 0.25, 0.25])
GAIN_START = 5.0
GAINS = np.arange(2.0, 9.01, 0.5)
HUBER_SD = 3.0
EVALUATIONS = 260
LENGTHS = (0, 7, 13, 19, 25, 33, MOST, 10**6)


@dataclass(frozen=True, slots=True)
class Batch:
    """Charts of many cases as arrays (cases, values), padded in front with NaN, and what was charted afterwards."""

    hours_h: Array
    values: Array
    cuff: Array
    load: Array
    at_h: Array
    load_then: Array
    by_cuff: Array
    truth: Array
    up: NDArray[np.bool_]

    def rows(self, index: NDArray[np.intp]) -> "Batch":
        """Some of the cases."""
        return Batch(*(getattr(self, name)[index] for name in self.__slots__))

    def forecast(self, tone: Tone) -> tuple[Array, Array]:
        """Median and SD of the charted pressure of each case, by the states alone."""
        median, sd, held = np.empty_like(self.at_h), np.empty_like(self.at_h), (~np.isnan(self.values)).sum(axis=1)
        # Short charts apart from long ones: the cost grows with the cube of the longest.
        for shortest, longest in pairwise(LENGTHS):
            rows = np.flatnonzero((held >= shortest) & (held < longest))
            newest = (rows[:, None], np.arange(-min(longest, self.values.shape[1]), 0))
            state = filtered(self.hours_h[newest], self.values[newest], self.cuff[newest], self.load[newest], tone)
            median[rows], sd[rows] = expected(state, self.at_h[rows], self.load_then[rows], self.by_cuff[rows], tone)
        return median, sd


def batch(cases: Sequence[PressureCase]) -> tuple[Batch, list[int]]:
    """The cases whose chart can be read, as arrays, and which they are."""
    charts: list[tuple[int, CirculationChart, float]] = []
    for i, case in enumerate(cases):
        chart = read(case.scenario.record, case.scenario.at)
        if isinstance(chart, CannotPredict):
            continue
        doses = doses_of(case.scenario, chart, case.scenario.orders)
        if not isinstance(doses, CannotPredict):
            charts.append((i, chart, float(load_at(chart, doses, np.array([case.hour]))[0])))
    most = max(len(chart.values) for _, chart, _ in charts)
    table = np.full((4, len(charts), most), np.nan)
    for row, (_, chart, _) in enumerate(charts):
        own = (chart.hours_h, chart.values, chart.cuff, load(chart.past, chart.hours_h))
        table[:, row, most - len(chart.values) :] = own
    kept = [i for i, _, _ in charts]
    chosen = [cases[i] for i in kept]
    hours_h, values, cuff, loads = table
    return Batch(
        hours_h=np.nan_to_num(hours_h),
        values=values,
        cuff=np.nan_to_num(cuff),
        load=np.nan_to_num(loads),
        at_h=np.array([c.hour for c in chosen]),
        load_then=np.array([then for _, _, then in charts]),
        by_cuff=np.array([float(chart.by_cuff) for _, chart, _ in charts]),
        truth=np.array([c.truth for c in chosen]),
        up=np.array([c.strata["direction"] == "up" for c in chosen]),
    ), kept


def fit_tone(data: Batch, evaluations: int = EVALUATIONS) -> Tone:
    """The states estimated on these cases."""

    def cost(z: Array) -> float:
        median, sd = data.forecast(tone_of(START * np.exp(z * PRIOR_LOG_SD), GAIN_START))
        error = np.abs(data.truth - median)
        scaled = error / sd
        inner = np.minimum(scaled, HUBER_SD)
        huber = 0.5 * inner**2 + HUBER_SD * (scaled - inner)
        return float((huber + np.log(sd)).sum() + 0.5 * (z**2).sum() + error.sum() / 5.0)

    simplex = np.vstack([np.zeros(len(START)), 0.6 * np.eye(len(START))])
    found = minimize(
        cost,
        simplex[0],
        method="Nelder-Mead",
        options={"maxfev": evaluations, "xatol": 0.02, "fatol": 0.5, "initial_simplex": simplex, "adaptive": True},
    )
    chosen = START * np.exp(np.asarray(found.x, dtype=np.float64) * PRIOR_LOG_SD)

    def unequal(gain: float) -> float:
        error = data.forecast(tone_of(chosen, gain))[0] - data.truth
        return abs(float(error[data.up].mean() - error[~data.up].mean()))

    tone = tone_of(chosen, min(GAINS, key=unequal))
    median, sd = data.forecast(tone)
    return replace(tone, width=float(np.quantile(np.abs(data.truth - median) / sd, 0.9) / 1.6449))


def tone_of(x: Array, gain: float) -> Tone:
    """States from the numbers in the order of NAMES."""
    return Tone(
        mean=np.array([x[0], 0.0, 0.0, gain, 0.0]),
        sd=np.array([x[1], x[2], x[4], x[6], x[8]]),
        tau_h=np.array([np.inf, x[3], x[5], np.inf, np.inf]),
        half=float(x[7]),
        noise_arterial=float(x[9]),
        noise_cuff=float(x[10]),
        width=1.0,
    )
