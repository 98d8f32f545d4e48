"""Estimate the numbers of the lungs (`twin_engine.respiratory.population`) on some cases, to be judged on others.

Each state is estimated alone: the Huber form of the normal log-likelihood of what was charted after the change, given what
the engine filters from the chart before it, and weak normal priors around round numbers. The population forecasts are least
squares. The width of an interval is then set so that nine in ten of the combined forecasts lie inside.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.optimize import minimize

from twin_engine.outcome import CannotPredict
from twin_engine.respiratory.chart import LungChart, mechanical, read
from twin_engine.respiratory.copies import DIFFERENCE
from twin_engine.respiratory.oxygen import Tensions, end_capillary
from twin_engine.respiratory.plan import plan
from twin_engine.respiratory.population import Population
from twin_engine.respiratory.pressures import elastances, usual_shift
from twin_engine.respiratory.reverting import Reverting, filtered
from twin_engine.respiratory.settings import VentilatorSettings
from twin_engine.respiratory.shunt import Evidence, blood_of, charted_offset, evidence, evidence_variance
from twin_engine.respiratory.washout import charted_carbon, usual_carbon
from validation.lung_cases import Array, LungCase, table_of

HUBER_SD = 1.0
EVALUATIONS = 220
NINE_IN_TEN = 1.6449

START = Population(
    plateau=Reverting(mean=-3.7, level_sd=0.2, state_sd=0.2, tau_h=5.0, noise=0.12),
    peak=Reverting(mean=-3.5, level_sd=0.25, state_sd=0.25, tau_h=8.0, noise=0.2),
    shunt=Reverting(mean=-1.4, level_sd=0.4, state_sd=0.4, tau_h=10.0, noise=0.0),
    carbon_dioxide=Reverting(mean=3.65, level_sd=0.1, state_sd=0.1, tau_h=5.0, noise=0.09),
    saturation=Reverting(mean=97.5, level_sd=1.4, state_sd=1.4, tau_h=3.0, noise=1.0),
    gas_noise=0.12,
    gas_width=1.0,
    oximeter_sd=1.5,
    fio2_slope=1.0,
    peep_slope=0.0,
    prior_slope=-0.2,
    ventilation_slope=0.2,
    oxygen_usual=(0.0, 1.0, 0.0),
    carbon_dioxide_usual=(0.0, 1.0, 0.0),
    plateau_usual=(0.0, 1.0),
)
"""The middles of the priors: round numbers from a look at the charts. PEEP says nothing of the shunt on charts: its slope is
not estimated."""

Forecasts = tuple[Array, Array, Array]
"""Median and SD of a charted value, on the scale of its state, and factor of surprise, of every case."""


@dataclass(frozen=True, slots=True)
class Charted:
    """A case whose chart can be read, with the settings that were then given."""

    case: LungCase
    chart: LungChart
    drafted: VentilatorSettings


def charted(cases: Sequence[LungCase]) -> list[Charted]:
    """The cases whose chart can be read."""
    found: list[Charted] = []
    for case in cases:
        chart = read(case.scenario.record, case.scenario.at)
        if isinstance(chart, CannotPredict):
            continue
        option = plan(chart, case.scenario.orders)
        if not isinstance(option, CannotPredict):
            found.append(Charted(case, chart, option.final))
    return found


@dataclass(frozen=True, slots=True)
class Observed:
    """What the charts of many cases hold of one state, (cases, most values) in order of time, absent ones of infinite
    variance, and the hour (cases,) of the forecast."""

    times: Array
    values: Array
    variances: Array
    at_h: Array

    @staticmethod
    def of(rows: Sequence[Charted], series: Sequence[Sequence[tuple[float, float]]]) -> "Observed":
        """From (hour, value) of every case."""
        shape = len(rows), max(1, *(len(own) for own in series))
        times, values, variances = np.zeros(shape), np.zeros(shape), np.full(shape, np.inf)
        for i, own in enumerate(series):
            for j, (hour, value) in enumerate(sorted(own)):
                times[i, j], values[i, j], variances[i, j] = hour, value, 0.0
        return Observed(times, values, variances, np.array([max(r.case.hour, 0.0) for r in rows]))

    def forecast(self, process: Reverting, mean: Array | float | None = None, more: Array | float = 0.0) -> Forecasts:
        """Median, SD of a measured value and factor of surprise, each (cases,); `mean` of the population and further
        variance of the observations where they differ between cases."""
        centre = np.broadcast_to(np.asarray(process.mean if mean is None else mean), self.at_h.shape)
        variances = self.variances + process.noise**2 + more
        moved, covariance, surprise = filtered(process, self.times, self.values - centre[:, None], variances)
        kept = np.exp(-self.at_h / process.tau_h)
        row = np.stack([np.ones_like(kept), kept], axis=-1)
        own = np.einsum("ci,cij,cj->c", row, covariance, row) + process.state_sd**2 * (1.0 - kept**2)
        return centre + (row * moved).sum(axis=-1), surprise * np.sqrt(own + process.noise**2), surprise


@dataclass(frozen=True, slots=True)
class Free:
    """A number to be estimated: the middle of its prior, and its SD, of the logarithm or, if `signed`, of the number."""

    start: float
    sd: float
    signed: bool = False

    def at(self, z: float) -> float:
        """The number, `z` SDs away from its start."""
        return self.start + z * self.sd if self.signed else self.start * float(np.exp(z * self.sd))


def estimated(free: Sequence[Free], errors: Callable[[list[float]], tuple[Array, Array]]) -> list[float]:
    """The numbers at which `errors` (deviations of the truth and their SDs) are likeliest."""

    def cost(z: Array) -> float:
        away, sd = errors([f.at(float(x)) for f, x in zip(free, z, strict=True)])
        scaled = np.abs(away) / sd
        inner = np.minimum(scaled, HUBER_SD)
        return float((0.5 * inner**2 + HUBER_SD * (scaled - inner) + np.log(sd)).sum() + 0.5 * (z**2).sum())

    simplex = np.vstack([np.zeros(len(free)), 0.6 * np.eye(len(free))])
    options = {"maxfev": EVALUATIONS, "xatol": 0.02, "fatol": 0.2, "initial_simplex": simplex, "adaptive": True}
    found = minimize(cost, simplex[0], method="Nelder-Mead", options=options)
    return [f.at(float(x)) for f, x in zip(free, np.asarray(found.x, dtype=np.float64), strict=True)]


def width(away: Array, sd: Array, numbers: int) -> float:
    """The factor of the SDs at which nine in ten further deviations lie inside: the quantile of a sample of this size, and
    what the estimation of so many `numbers` on the same cases took away from the errors."""
    n = len(away)
    level = min(0.9 * (n + 1.0) / n, 1.0)
    return float(np.quantile(np.abs(away) / sd, level) / NINE_IN_TEN * np.sqrt(n / max(n - numbers, n / 2.0)))


def least_squares(cases: Sequence[LungCase], log: bool) -> tuple[float, ...]:
    """The coefficients of the fitted rule."""
    truth = np.array([c.truth for c in cases])
    return tuple(float(x) for x in np.linalg.lstsq(table_of(cases), np.log(truth) if log else truth, rcond=None)[0])


def fitted(task: str, cases: Sequence[LungCase], population: Population | None = None) -> Population:
    """The population with the numbers of one task estimated on these cases."""
    return _FITS[task](cases, population or START)


def _plateau(cases: Sequence[LungCase], population: Population) -> Population:
    rows, process, median, sd = _elastic(cases, "plateau")
    a, b, *_ = least_squares(cases, log=False)
    usual = [
        float(np.squeeze(usual_shift(r.chart.plateau, np.array([[m]]), (a, b)))) for r, m in zip(rows, median, strict=True)
    ]
    shifted = replace(process, width=width(_away(median + np.array(usual), rows), sd, 7))
    return replace(population, plateau=shifted, plateau_usual=(a, b))


def _peak(cases: Sequence[LungCase], population: Population) -> Population:
    rows, process, median, sd = _elastic(cases, "peak")
    return replace(population, peak=replace(process, width=width(_away(median, rows), sd, 5)))


def _elastic(cases: Sequence[LungCase], kind: str) -> tuple[list[Charted], Reverting, Array, Array]:
    """The cases, the state of the plateau or of the peak estimated on them, and its forecasts of ln elastance."""
    rows = [r for r in charted(cases) if mechanical(r.chart) is None and r.drafted.tidal_volume_set]
    seen = Observed.of(rows, [elastances(getattr(r.chart, kind)) for r in rows])
    truths = np.array([ln_elastance(r) for r in rows])

    def errors(process: Reverting) -> tuple[Array, Array]:
        median, sd, _ = seen.forecast(process)
        return truths - median, sd

    process = _process(getattr(START, kind), errors)
    median, sd, _ = seen.forecast(process)
    return rows, process, median, sd


def ln_elastance(row: Charted) -> float:
    """ln of the elastance that was charted after the change; a pressure at PEEP counts as 1 cm[H2O] above it."""
    above = max(row.case.truth - (row.drafted.peep or 0.0), 1.0)
    return float(np.log(above / (row.drafted.tidal_volume_set or 1.0)))


def _away(median: Array, rows: Sequence[Charted]) -> Array:
    """How far each pressure above PEEP was from its median, as a share of it."""
    above = np.array([(r.case.truth - (r.drafted.peep or 0.0)) / (r.drafted.tidal_volume_set or 1.0) for r in rows])
    return np.asarray(above / np.exp(median) - 1.0)


def _saturation(cases: Sequence[LungCase], population: Population) -> Population:
    rows = charted(cases)
    seen = Observed.of(rows, [[(x.hour, x.value) for x in r.chart.saturations] for r in rows])
    truths = np.array([r.case.truth for r in rows])

    def errors(process: Reverting) -> tuple[Array, Array]:
        median, sd, _ = seen.forecast(process)
        return truths - median, sd

    process = _process(START.saturation, errors, mean_sd=0.5)
    return replace(population, saturation=replace(process, width=width(*errors(process), 5)))


def _carbon(cases: Sequence[LungCase], population: Population) -> Population:
    rows = [r for r in charted(cases) if mechanical(r.chart) is None and r.chart.latest_gas("paco2") is not None]
    truths = np.log([r.case.truth for r in rows])
    start = START.carbon_dioxide

    def states(process: Reverting, slope: float) -> Forecasts:
        own = replace(START, ventilation_slope=slope)
        series = [charted_carbon(r.chart, r.drafted, own) for r in rows]
        return Observed.of(rows, [list(zip(*(x.tolist() for x in one), strict=True)) for one in series]).forecast(process)

    def errors(x: list[float]) -> tuple[Array, Array]:
        median, sd, _ = states(_moved(start, x), x[5])
        return truths - median, sd

    x = estimated([*_free(start, 0.05), Free(START.ventilation_slope, 0.2, signed=True)], errors)
    process, (a, b, c) = _moved(start, x), least_squares(cases, log=True)
    own = replace(population, ventilation_slope=x[5], carbon_dioxide_usual=(a, b, c))
    usual = np.array([usual_carbon(r.chart, r.drafted, own) for r in rows])
    median, sd, _ = states(process, x[5])
    return replace(own, carbon_dioxide=replace(process, width=width(truths - 0.5 * (median + usual), sd, 9)))


def _oxygen(cases: Sequence[LungCase], population: Population) -> Population:
    rows = [r for r in charted(cases) if r.chart.hemoglobin is not None and r.drafted.fio2 is not None]
    bloods = [blood_of(r.chart, r.chart.hemoglobin or 0.0) for r in rows]
    seen = [sorted(evidence(r.chart, blood), key=lambda e: e.hour) for r, blood in zip(rows, bloods, strict=True)]
    tables = [Tensions.of(blood) for blood in bloods]
    best = np.array([end_capillary(np.array(r.drafted.fio2), blood) for r, blood in zip(rows, bloods, strict=True)])
    truths, now = np.log([r.case.truth for r in rows]), np.array([r.chart.now.fio2 or 0.5 for r in rows])
    frame = Observed.of(rows, [[(e.hour, e.logit) for e in own] for own in seen])

    def each(value: Callable[[Evidence], float]) -> Array:
        found = np.zeros(frame.times.shape)
        for i, own in enumerate(seen):
            found[i, : len(own)] = [value(e) for e in own]
        return found

    def states(own: Population) -> tuple[Array, Array]:
        placed = replace(frame, values=each(lambda e: e.logit - charted_offset(e.settings, own)))
        mean = own.shunt.mean + own.prior_slope * np.log(now / 0.5)
        median, sd, surprise = placed.forecast(own.shunt, mean, each(lambda e: evidence_variance(e, own)))
        logit = median + np.array([charted_offset(r.drafted, own) for r in rows]) + np.array([[-1.0], [0.0], [1.0]]) * sd
        held = np.maximum(best - DIFFERENCE[0] * np.exp(logit), 0.05)
        low, mid, high = np.log(np.stack([table.at(held[:, i]) for i, table in enumerate(tables)], axis=1))
        return mid, np.hypot(0.5 * (low - high), surprise * own.gas_noise)

    def made(x: list[float]) -> Population:
        mean, level_sd, state_sd, tau_h, gas, oximeter, slope, prior = x
        shunt = replace(START.shunt, mean=mean, level_sd=level_sd, state_sd=state_sd, tau_h=tau_h)
        return replace(population, shunt=shunt, gas_noise=gas, oximeter_sd=oximeter, fio2_slope=slope, prior_slope=prior)

    def errors(x: list[float]) -> tuple[Array, Array]:
        median, sd = states(made(x))
        return truths - median, sd

    states_free = [Free(START.shunt.mean, 0.2, signed=True), Free(START.shunt.level_sd, 0.25), Free(START.shunt.state_sd, 0.25)]
    noises = [Free(START.shunt.tau_h, 0.4), Free(START.gas_noise, 0.25), Free(START.oximeter_sd, 0.25)]
    slopes = [Free(START.fio2_slope, 0.3, signed=True), Free(START.prior_slope, 0.2, signed=True)]
    own = made(estimated([*states_free, *noises, *slopes], errors))
    a, b, c = least_squares(cases, log=True)
    median, sd = states(own)
    usual = np.array([np.array(r.case.features) @ np.array([a, b, c]) for r in rows])
    combined = np.where([r.case.up for r in rows], usual, 0.5 * (median + usual))
    return replace(own, oxygen_usual=(a, b, c), gas_width=width(truths - combined, sd, 11))


def _free(start: Reverting, mean_sd: float) -> list[Free]:
    moving = [Free(getattr(start, name), 0.25) for name in ("level_sd", "state_sd")]
    return [Free(start.mean, mean_sd, signed=True), *moving, Free(start.tau_h, 0.4), Free(start.noise, 0.25)]


def _moved(start: Reverting, x: Sequence[float]) -> Reverting:
    return replace(start, mean=x[0], level_sd=x[1], state_sd=x[2], tau_h=x[3], noise=x[4], width=1.0)


def _process(start: Reverting, errors: Callable[[Reverting], tuple[Array, Array]], mean_sd: float = 0.1) -> Reverting:
    return _moved(start, estimated(_free(start, mean_sd), lambda x: errors(_moved(start, x))))


_FITS: dict[str, Callable[[Sequence[LungCase], Population], Population]] = {
    "pao2_after_fio2": _oxygen,
    "spo2_after_fio2": _saturation,
    "paco2_after_ve": _carbon,
    "plateau_pressure_after_change": _plateau,
    "peak_pressure_after_change": _peak,
}
