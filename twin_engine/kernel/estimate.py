"""Bayesian estimation of one patient's random effects: posterior mode, then equally weighted posterior draws.

Objective (minus twice the log posterior, without constants):  sum_j [(y_j - f_j)^2 / v_j + ln v_j] + eta' Omega^-1 eta
Mode: steps with the first-order conditional Hessian  G' V^-1 G + c' c / 2 + Omega^-1,  G = df/deta, c = (dv/deta)/v
(Beal & Sheiner's conditional estimation, as in Wang Y, J Pharmacokinet Pharmacodyn 2007;34:575-93), which also gives the
covariance at the mode; near it Newton's steps. Levels below (or above) a limit enter as
-2 ln Phi(+-(limit - f)/sd)  (Beal's M3, J Pharmacokinet Pharmacodyn 2001;28:481-504).
Draws: sampling-importance-resampling from a widened normal around the mode (Rubin 1988; as for NONMEM in Dosne AG,
J Pharmacokinet Pharmacodyn 2016;43:583-96), mixed with the population so that a second mode is not missed and no weight is
unbounded (defensive mixture: Hesterberg T, Technometrics 1995;37:185-94).
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.linalg import solve_triangular
from scipy.special import log_ndtr, ndtri

from twin_engine.kernel.declare import Array, Index
from twin_engine.kernel.residual import ErrorModel
from twin_engine.outcome import FitDidNotConverge

WIDENING = 1.5
PROPOSALS_PER_DRAW = 4
DEFENSIVE_SHARE = 1.0 / 8.0
"""Share of the proposals drawn from the population."""
_STEP = 1e-4
_MAX_ITERATIONS = 150
_TOLERANCE = 1e-6
_FAR = 1.0
_LONGEST_STEP = 2.0
_ROUNDING = 1e-6
_STRATA = 16

Predict = Callable[[Array], Array]
"""Random effects (k, columns) -> predicted levels (levels, columns)."""


@dataclass(frozen=True, slots=True)
class Levels:
    """Measured levels: value, censoring (-1 below the value, 0 measured, +1 above it), and variance added to the residual
    error on its scale (uncertain infusion times, doubtful levels), each of shape (levels,)."""

    value: Array
    censored: Array
    added_variance: Array

    def __len__(self) -> int:
        return len(self.value)

    def joined(self, other: "Levels") -> "Levels":
        """These levels, then the others."""
        mine, theirs = (self.value, self.censored, self.added_variance), (other.value, other.censored, other.added_variance)
        return Levels(*(np.concatenate(pair) for pair in zip(mine, theirs, strict=True)))

    @staticmethod
    def measured(value: Array) -> "Levels":
        """Plain levels without censoring or added variance."""
        return Levels(value, np.zeros(len(value)), np.zeros(len(value)))


@dataclass(frozen=True, slots=True)
class Posterior:
    """Posterior of the random effects.

    mode (k,), covariance (k, k) of the first-order approximation, objective at the mode, draws (k, n) equally weighted,
    ess of the importance sample, minus_2_log_marginal = -2 ln p(levels), shrinkage (k,) of the draws against the prior.
    """

    mode: Array
    covariance: Array
    objective: float
    draws: Array
    ess: float
    minus_2_log_marginal: float
    shrinkage: Array


def minus_2_log_likelihood(predicted: Array, levels: Levels, residual: ErrorModel) -> Array:
    """-2 ln p(levels | prediction) without the constant ln 2 pi, for each column of `predicted` (levels, columns)."""
    return minus_2_log_likelihoods(predicted, levels, residual).sum(axis=0)


def minus_2_log_likelihoods(predicted: Array, levels: Levels, residual: ErrorModel) -> Array:
    """The same for each level, (levels, columns); errors on a scale of their own are brought back to that of the level."""
    variance = residual.variance(predicted)
    if levels.added_variance.any():
        variance = variance + levels.added_variance[:, None]
    gap = residual.transform(levels.value)[:, None] - residual.transform(predicted)
    terms = gap**2 / variance + np.log(variance) + residual.jacobian(levels.value)[:, None]
    for j in np.flatnonzero(levels.censored):
        # The normal density carries a factor 2 pi that the tail probability does not: add it to stay comparable.
        spread = np.sqrt(variance[j])
        tail = np.asarray(log_ndtr(-levels.censored[j] * gap[j] / spread), dtype=np.float64)
        terms[j] = -2.0 * tail - np.log(2.0 * np.pi)
    return terms


def minus_2_log_likelihoods_of_pairs(values: Array, predicted: Array, residual: ErrorModel) -> Array:
    """-2 ln p, as above, of every one of some values (rows) that a prediction (columns) could have made, as a matrix product:
    (y - f)^2 / v + ln v = y^2 (1 / v) - 2 y (f / v) + (f^2 / v + ln v)."""
    y, f, variance = residual.transform(values), residual.transform(predicted), residual.variance(predicted)
    rows = np.stack([y**2, -2.0 * y, np.ones_like(y), residual.jacobian(values)], axis=1)
    return rows @ np.stack([1.0 / variance, f / variance, f**2 / variance + np.log(variance), np.ones_like(f)])


def find_mode(predict: Predict, levels: Levels, residual: ErrorModel, omega: Array) -> tuple[Array, Array, float]:
    """Posterior mode (k,), first-order covariance (k, k) and objective; raises FitDidNotConverge."""
    objective = _Objective(predict, levels, residual, _inverse(omega), np.triu_indices(len(omega), 1))
    eta = np.zeros(len(omega))
    here = objective.at(eta)
    for _ in range(_MAX_ITERATIONS):
        step = here.step()
        if not np.isfinite(step).all():
            raise FitDidNotConverge("the objective is not finite")
        expected = -float(here.gradient @ step)
        if expected < _TOLERANCE:
            # The error of a Newton step is of second order: the last one needs no check.
            return eta + step, _inverse(here.conditional), here.value - 0.5 * expected
        step *= min(1.0, _LONGEST_STEP / float(np.abs(step).max()))
        there = objective.at(eta + step)
        while not there.value <= here.value + 1e-4 * float(here.gradient @ step):
            step *= 0.4
            if float(np.abs(step).max()) < 1e-9:
                if expected < _ROUNDING * (1.0 + abs(here.value)):
                    return eta, _inverse(here.conditional), here.value
                raise FitDidNotConverge("the objective does not fall along the search direction")
            there = objective.at(eta + step)
        eta, here = eta + step, there
    raise FitDidNotConverge(f"no posterior mode within {_MAX_ITERATIONS} steps")


@dataclass(frozen=True, slots=True)
class _Local:
    """The objective around one point: value, gradient (k,), half the Hessian (k, k), exact and conditional."""

    value: float
    gradient: Array
    curvature: Array
    conditional: Array

    def step(self) -> Array:
        """Newton's step when it is near; far away, or where the objective curves downwards, the conditional Hessian gives a
        better one."""
        far = -0.5 * _solved(self.conditional, self.gradient)
        if -float(self.gradient @ far) > _FAR:
            return far
        if np.linalg.eigvalsh(self.curvature)[0] <= 0.0:
            return far
        return -0.5 * _solved(self.curvature, self.gradient)


@dataclass(frozen=True, slots=True)
class _Objective:
    """Minus twice the log posterior with its derivatives, by differences of predictions that are all made together."""

    predict: Predict
    levels: Levels
    residual: ErrorModel
    precision: Array
    pairs: tuple[Index, Index]

    def at(self, eta: Array) -> _Local:
        """Value and derivatives at `eta` (k,)."""
        k = len(eta)
        single = _STEP * np.eye(k)
        one, other = self.pairs
        moves = np.concatenate([np.zeros((k, 1)), single, -single, single[:, one] + single[:, other]], axis=1)
        predicted = self.predict(eta[:, None] + moves)
        value = minus_2_log_likelihood(predicted, self.levels, self.residual)
        up, down, both = value[1 : k + 1], value[k + 1 : 2 * k + 1], value[2 * k + 1 :]
        prior = self.precision @ eta
        curvature = np.diag(up - 2.0 * value[0] + down)
        curvature[one, other] = curvature[other, one] = both - up[one] - up[other] + value[0]
        scaled = self.residual.transform(predicted[:, : 2 * k + 1])
        variance = self.residual.variance(predicted[:, : 2 * k + 1]) + self.levels.added_variance[:, None]
        slope = (scaled[:, 1 : k + 1] - scaled[:, k + 1 :]) / (2 * _STEP)
        c = (variance[:, 1 : k + 1] - variance[:, k + 1 :]) / (2 * _STEP) / variance[:, :1]
        return _Local(
            float(value[0] + eta @ prior),
            (up - down) / (2 * _STEP) + 2.0 * prior,
            0.5 * curvature / _STEP**2 + self.precision,
            slope.T @ (slope / variance[:, :1]) + 0.5 * c.T @ c + self.precision,
        )


def _solved(matrix: Array, right: Array) -> Array:
    return np.asarray(np.linalg.solve(matrix, right), dtype=np.float64)


def _inverse(matrix: Array) -> Array:
    return np.asarray(np.linalg.inv(matrix), dtype=np.float64)


def sample_prior(omega: Array, n: int, rng: np.random.Generator) -> Array:
    """Draws (k, n) from the population, each effect spread evenly over its distribution (Latin hypercube: McKay MD et al.
    Technometrics 1979;21:239-45)."""
    k = len(omega)
    even = (rng.permuted(np.tile(np.arange(n), (k, 1)), axis=1) + rng.random((k, n))) / n
    return np.linalg.cholesky(omega) @ np.asarray(ndtri(even), dtype=np.float64)


def estimate(
    predict: Predict,
    levels: Levels,
    residual: ErrorModel,
    omega: Array,
    draws: int,
    rng: np.random.Generator,
    direction: Array | None = None,
) -> Posterior:
    """Posterior of the random effects given the levels; without levels the population. Raises FitDidNotConverge.

    `direction` (k,): the combination of effects along which the draws are spread most evenly (the first effect unless
    given), so that what depends on it varies little from seed to seed.
    """
    k = len(omega)
    along = np.eye(k)[0] if direction is None else direction
    if not len(levels):
        prior = sample_prior(omega, draws, rng)
        prior = prior[:, np.argsort(along @ prior)[_mixed(draws, rng)]]
        return Posterior(np.zeros(k), omega, 0.0, prior, float(draws), 0.0, np.ones(k))
    mode, covariance, objective = find_mode(predict, levels, residual, omega)
    eta, log_weight = _propose(predict, levels, residual, omega, mode, WIDENING * covariance, draws, rng)
    weight, ess = _normalised(log_weight)
    if ess < 0.1 * len(weight):
        # A skewed posterior: propose again around the weighted sample itself.
        centre = eta @ weight
        spread = (eta - centre[:, None]) * weight @ (eta - centre[:, None]).T + 0.05 * covariance
        eta, log_weight = _propose(predict, levels, residual, omega, centre, WIDENING * spread, draws, rng)
        weight, ess = _normalised(log_weight)
    peak = float(log_weight.max())
    marginal = -2.0 * (peak + float(np.log(np.exp(log_weight - peak).mean())))
    order = np.argsort(along @ eta)
    chosen = eta[:, order[_stratified(weight[order], draws, rng)]]
    shrinkage = 1.0 - chosen.std(axis=1) / np.sqrt(np.diag(omega))
    return Posterior(mode, covariance, objective, chosen, ess, marginal, shrinkage)


def _propose(
    predict: Predict,
    levels: Levels,
    residual: ErrorModel,
    omega: Array,
    centre: Array,
    covariance: Array,
    draws: int,
    rng: np.random.Generator,
) -> tuple[Array, Array]:
    k = len(omega)
    try:
        root = np.asarray(np.linalg.cholesky(covariance), dtype=np.float64)
    except np.linalg.LinAlgError as error:
        raise FitDidNotConverge("the posterior has no positive definite covariance at its mode") from error
    normal = rng.standard_normal((k, PROPOSALS_PER_DRAW * draws))
    wide = np.asarray(np.linalg.cholesky(omega), dtype=np.float64)
    near = round((1.0 - DEFENSIVE_SHARE) * normal.shape[1])
    eta = np.concatenate([centre[:, None] + root @ normal[:, :near], wide @ normal[:, near:]], axis=1)
    data = minus_2_log_likelihood(predict(eta), levels, residual)
    prior = _log_density(eta, wide)
    around = _log_density(eta - centre[:, None], root)
    proposal = np.logaddexp(np.log(near) + around, np.log(normal.shape[1] - near) + prior) - np.log(normal.shape[1])
    return eta, prior - 0.5 * data - proposal


def _log_density(deviation: Array, root: Array) -> Array:
    """Log density of a normal with covariance root root', without the constant, for each column of `deviation`."""
    standard = solve_triangular(root, deviation, lower=True, check_finite=False)
    return -0.5 * (standard**2).sum(axis=0) - float(np.log(np.diag(root)).sum())


def _normalised(log_weight: Array) -> tuple[Array, float]:
    weight = np.exp(log_weight - log_weight.max())
    weight /= weight.sum()
    return weight, float(1.0 / (weight**2).sum())


def _stratified(weight: Array, n: int, rng: np.random.Generator) -> Index:
    """Indices of n equally weighted draws: one uniform point in each of n equal strata of the cumulative weight."""
    points = (np.arange(n) + rng.random(n)) / n
    index = np.minimum(np.searchsorted(np.cumsum(weight), points), len(weight) - 1)
    return index[_mixed(n, rng)]


def _mixed(n: int, rng: np.random.Generator) -> Index:
    """A random order of n sorted draws in which every run of them is a fair sample: each block of 16 holds one of each
    sixteenth. Models that are averaged stand for the twin by such runs."""
    stratum = np.arange(n) * _STRATA // n
    shuffled = np.lexsort((rng.random(n), stratum))
    block = np.arange(n) - np.searchsorted(stratum, stratum)
    return shuffled[np.lexsort((rng.random(n), block))]
