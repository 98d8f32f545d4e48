"""Bayesian estimation of one patient's random effects: posterior mode, then equally weighted posterior draws.

Objective (minus twice the log posterior, without constants):  sum_j [(y_j - f_j)^2 / v_j + ln v_j] + eta' Omega^-1 eta
Mode: quasi-Newton steps (BFGS) begun with the first-order conditional Hessian  G' V^-1 G + c' c / 2 + Omega^-1,
G = df/deta, c = (dv/deta)/v  (Beal & Sheiner's conditional estimation, as in Wang Y, J Pharmacokinet Pharmacodyn
2007;34:575-93), which also gives the covariance at the mode. Levels below (or above) a limit enter as
-2 ln Phi(+-(limit - f)/sd)  (Beal's M3, J Pharmacokinet Pharmacodyn 2001;28:481-504).
Draws: sampling-importance-resampling from a widened normal around the mode
(Rubin 1988; as for NONMEM in Dosne AG, J Pharmacokinet Pharmacodyn 2016;43:583-96).
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.linalg import cho_factor, cho_solve
from scipy.special import log_ndtr

from twin_engine.kernel.declare import Array, Index
from twin_engine.kernel.residual import ErrorModel
from twin_engine.outcome import FitDidNotConverge

WIDENING = 1.5
PROPOSALS_PER_DRAW = 4
_STEP = 1e-4
_MAX_ITERATIONS = 150
_TOLERANCE = 1e-10
_LONGEST_STEP = 2.0
_ROUNDING = 1e-6

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
    variance = residual.variance(predicted) + levels.added_variance[:, None]
    gap = residual.transform(levels.value)[:, None] - residual.transform(predicted)
    terms = gap**2 / variance + np.log(variance) + residual.jacobian(levels.value)[:, None]
    for j in np.flatnonzero(levels.censored):
        # The normal density carries a factor 2 pi that the tail probability does not: add it to stay comparable.
        tail = np.asarray(log_ndtr(-levels.censored[j] * gap[j] / np.sqrt(variance[j])), dtype=np.float64)
        terms[j] = -2.0 * tail - np.log(2.0 * np.pi)
    return terms


def find_mode(predict: Predict, levels: Levels, residual: ErrorModel, omega: Array) -> tuple[Array, Array, float]:
    """Posterior mode (k,), first-order covariance (k, k) and objective; raises FitDidNotConverge."""
    k = len(omega)
    precision = _inverse(omega)
    steps = np.concatenate([np.zeros((k, 1)), _STEP * np.eye(k), -_STEP * np.eye(k)], axis=1)

    def local(eta: Array) -> tuple[float, Array, Array]:
        predicted = predict(eta[:, None] + steps)
        value = minus_2_log_likelihood(predicted, levels, residual)
        gradient = (value[1 : k + 1] - value[k + 1 :]) / (2 * _STEP) + 2 * precision @ eta
        scaled = residual.transform(predicted)
        slope = (scaled[:, 1 : k + 1] - scaled[:, k + 1 :]) / (2 * _STEP)
        variance = residual.variance(predicted) + levels.added_variance[:, None]
        c = (variance[:, 1 : k + 1] - variance[:, k + 1 :]) / (2 * _STEP) / variance[:, :1]
        hessian = slope.T @ (slope / variance[:, :1]) + 0.5 * c.T @ c + precision
        return float(value[0] + eta @ precision @ eta), gradient, hessian

    eta = np.zeros(k)
    value, gradient, hessian = local(eta)
    inverse = _inverse(2.0 * hessian)
    for _ in range(_MAX_ITERATIONS):
        step = -inverse @ gradient
        if not np.isfinite(step).all():
            raise FitDidNotConverge("the objective is not finite")
        if -float(gradient @ step) < _TOLERANCE:
            return eta, _inverse(hessian), value
        step *= min(1.0, _LONGEST_STEP / float(np.abs(step).max()))
        trial = local(eta + step)
        while not trial[0] <= value + 1e-4 * float(gradient @ step):
            step *= 0.4
            if float(np.abs(step).max()) < 1e-9:
                if float(gradient @ inverse @ gradient) < _ROUNDING * (1.0 + abs(value)):
                    return eta, _inverse(hessian), value
                raise FitDidNotConverge("the objective does not fall along the search direction")
            trial = local(eta + step)
        change = trial[1] - gradient
        eta = eta + step
        value, gradient, hessian = trial
        # Where the objective curves downwards, the conditional Hessian still gives the scale of a good step.
        inverse = _updated(inverse, step, change) if step @ change > 0 else _inverse(2.0 * hessian)
    raise FitDidNotConverge(f"no posterior mode within {_MAX_ITERATIONS} steps")


def _inverse(matrix: Array) -> Array:
    return np.asarray(np.linalg.inv(matrix), dtype=np.float64)


def _updated(inverse: Array, step: Array, change: Array) -> Array:
    """Broyden-Fletcher-Goldfarb-Shanno update of an inverse Hessian; needs step @ change > 0."""
    curvature = float(step @ change)
    left = np.eye(len(step)) - np.outer(step, change) / curvature
    return left @ inverse @ left.T + np.outer(step, step) / curvature


def sample_prior(omega: Array, n: int, rng: np.random.Generator) -> Array:
    """Draws (k, n) from the population."""
    return np.linalg.cholesky(omega) @ rng.standard_normal((len(omega), n))


def estimate(
    predict: Predict, levels: Levels, residual: ErrorModel, omega: Array, draws: int, rng: np.random.Generator
) -> Posterior:
    """Posterior of the random effects given the levels; without levels the population. Raises FitDidNotConverge."""
    k = len(omega)
    if not len(levels):
        return Posterior(np.zeros(k), omega, 0.0, sample_prior(omega, draws, rng), float(draws), 0.0, np.ones(k))
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
    chosen = eta[:, _stratified(weight, draws, rng)]
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
        root = np.linalg.cholesky(covariance)
    except np.linalg.LinAlgError as error:
        raise FitDidNotConverge("the posterior has no positive definite covariance at its mode") from error
    normal = rng.standard_normal((k, PROPOSALS_PER_DRAW * draws))
    eta = centre[:, None] + root @ normal
    data = minus_2_log_likelihood(predict(eta), levels, residual)
    factor = cho_factor(omega, lower=True)
    prior = (eta * cho_solve(factor, eta)).sum(axis=0) + 2.0 * np.log(np.diag(factor[0])).sum()
    proposal = (normal**2).sum(axis=0) + 2.0 * np.log(np.diag(root)).sum()
    return eta, -0.5 * (data + prior - proposal)


def _normalised(log_weight: Array) -> tuple[Array, float]:
    weight = np.exp(log_weight - log_weight.max())
    weight /= weight.sum()
    return weight, float(1.0 / (weight**2).sum())


def _stratified(weight: Array, n: int, rng: np.random.Generator) -> Index:
    """Indices of n equally weighted draws: one uniform point in each of n equal strata of the cumulative weight."""
    points = (np.arange(n) + rng.random(n)) / n
    index = np.minimum(np.searchsorted(np.cumsum(weight), points), len(weight) - 1)
    return rng.permutation(index)
