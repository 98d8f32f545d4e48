"""States that drift and come back: a patient's own level, and a deviation that fades with a time constant.

    z(t) = m + x(t),  m ~ N(mean, level_sd^2),  x a stationary Ornstein-Uhlenbeck process of SD state_sd and time constant tau;
    an observation adds N(0, noise^2).
The posterior given irregular observations is that of a Gaussian process (Rasmussen CE, Williams CKI. Gaussian Processes for
Machine Learning. MIT Press 2006, ch. 2). An observation further than three noises away counts less: its variance grows by
how much further it is. What a patient's own values did to the forecasts before them widens or narrows every interval
of his: the standardised innovations are the observations through the inverse Cholesky factor of their covariance in order of
time, and the factor is sqrt((k + sum min(z^2, 16)) / (k + n)).
"""

from dataclasses import dataclass

import numpy as np

from twin_engine.kernel.declare import Array

FAR = 3.0
STEADY = 6.0
"""k: as many values as a patient must have before his own surprises count as much as those of the others."""
MOST_SURPRISE = 16.0
FEWEST = 3
NOTHING = 1e12
_PASSES = 3


@dataclass(frozen=True, slots=True)
class Reverting:
    """A mean-reverting state: mean and SDs in its own unit, `tau_h` hours, `noise` of one observation. `width` widens the
    interval of a future measurement to what out-of-fold errors on charts were."""

    mean: float
    level_sd: float
    state_sd: float
    tau_h: float
    noise: float
    width: float = 1.0

    def standing(self, hours_h: Array, values: Array, extra_variance: Array | float = 0.0) -> "Standing":
        """What the observations at `hours_h` <= 0 say of the level and of the deviation now; none = the population."""
        times, seen = np.asarray(hours_h, dtype=np.float64), np.asarray(values, dtype=np.float64)
        order = np.argsort(times, kind="stable")
        variance = self.noise**2 + np.broadcast_to(np.asarray(extra_variance, dtype=np.float64), times.shape)
        moved, covariance, surprise = filtered(self, times[order], (seen - self.mean)[order], variance[order])
        return Standing(self, np.array([self.mean, 0.0]) + moved, covariance, len(times), float(surprise))


def filtered(process: Reverting, times: Array, away: Array, variance: Array) -> tuple[Array, Array, Array]:
    """Posterior mean (..., 2) and covariance (..., 2, 2) of level and deviation now, relative to the mean, and the factor of
    surprise (...), from observations (..., n) in order of time; those of infinite variance say nothing."""
    prior = np.diag([process.level_sd**2, process.state_sd**2])
    fading = np.exp(-np.abs(times[..., :, None] - times[..., None, :]) / process.tau_h)
    shared = process.level_sd**2 + process.state_sd**2 * fading
    now = np.stack([np.full(times.shape, process.level_sd**2), process.state_sd**2 * np.exp(times / process.tau_h)], axis=-2)
    noise = np.minimum(variance, NOTHING)
    surprise = _surprise(shared, noise, away)
    for _ in range(_PASSES):
        left = np.abs(away - (shared @ _solved(shared, noise, away[..., None]))[..., 0]) / np.sqrt(noise)
        noise = np.where(left > FAR, noise * left / FAR, noise)
    found = _solved(shared, noise, np.concatenate([away[..., None], np.swapaxes(now, -1, -2)], axis=-1))
    return (now @ found[..., :1])[..., 0], prior - now @ found[..., 1:], surprise


def _with(shared: Array, noise: Array) -> Array:
    return np.asarray(shared + noise[..., None] * np.eye(noise.shape[-1]))


def _solved(shared: Array, noise: Array, right: Array) -> Array:
    return np.asarray(np.linalg.solve(_with(shared, noise), right), dtype=np.float64)


def _surprise(shared: Array, noise: Array, away: Array) -> Array:
    counted = (noise < NOTHING).sum(axis=-1)
    z = np.linalg.solve(np.linalg.cholesky(_with(shared, noise)), away[..., None])[..., 0]
    found = np.sqrt((STEADY + np.minimum(z**2, MOST_SURPRISE).sum(axis=-1)) / (STEADY + counted))
    return np.where(counted < FEWEST, 1.0, found)


@dataclass(frozen=True, slots=True)
class Standing:
    """Level and deviation now: mean (2,), covariance (2, 2) as the population would have it, how many observations were used,
    and the factor by which this patient surprises more than others."""

    process: Reverting
    mean: Array
    covariance: Array
    n: int
    surprise: float

    def paths(self, hours_h: Array, normal: Array) -> Array:
        """The state of every copy at `hours_h` >= 0, (hours, copies), from standard normal deviates (copies, 3): two place
        the copy now, one moves it on."""
        values, vectors = np.linalg.eigh(self.covariance)
        # The symmetric root: states of one copy that share their deviates move the same way.
        root = (vectors * np.sqrt(np.maximum(values, 0.0))) @ vectors.T
        normal = self.surprise * normal
        placed = self.mean + normal[:, :2] @ root
        kept = np.exp(-np.asarray(hours_h) / self.process.tau_h)[:, None]
        drift = self.process.state_sd * np.sqrt(1.0 - kept**2) * normal[:, 2]
        return np.asarray(placed[:, 0] + placed[:, 1] * kept + drift)

    def measured(self, spread: Array, error: Array) -> Array:
        """Deviations of a future measurement from the median of the copies, from those of the state and standard deviates."""
        return np.asarray(self.process.width * (spread + self.surprise * self.process.noise * error))

    def expected(self, hours_h: Array) -> Array:
        """Mean of the state at `hours_h` >= 0."""
        return np.asarray(self.mean[0] + self.mean[1] * np.exp(-np.asarray(hours_h) / self.process.tau_h))
