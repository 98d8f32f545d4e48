"""States that drift and come back: a patient's own level, and a deviation that fades with a time constant.

    z(t) = m + x(t),  m ~ N(mean, level_sd^2),  x a stationary Ornstein-Uhlenbeck process of SD state_sd and time constant tau;
    an observation adds N(0, noise^2).
The posterior given irregular observations is that of a Gaussian process (Rasmussen CE, Williams CKI. Gaussian Processes for
Machine Learning. MIT Press 2006, ch. 2). An observation further than three noises away counts less: its variance grows by
how much further it is.
"""

from dataclasses import dataclass

import numpy as np

from twin_engine.kernel.declare import Array

FAR = 3.0
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
        prior = np.diag([self.level_sd**2, self.state_sd**2])
        if not len(times):
            return Standing(self, np.array([self.mean, 0.0]), prior, 0)
        fading = np.exp(-np.abs(times[:, None] - times[None, :]) / self.tau_h)
        shared = self.level_sd**2 + self.state_sd**2 * fading
        now = np.stack([np.full(len(times), self.level_sd**2), self.state_sd**2 * np.exp(times / self.tau_h)])
        noise = np.full(len(times), self.noise**2) + extra_variance
        for _ in range(_PASSES):
            away = np.abs(seen - self.mean - shared @ _solved(shared, noise, seen - self.mean)) / np.sqrt(noise)
            noise = np.where(away > FAR, noise * away / FAR, noise)
        mean = np.array([self.mean, 0.0]) + now @ _solved(shared, noise, seen - self.mean)
        return Standing(self, mean, prior - now @ _solved(shared, noise, now.T), len(times))


def _solved(shared: Array, noise: Array, right: Array) -> Array:
    return np.asarray(np.linalg.solve(shared + np.diag(noise), right), dtype=np.float64)


@dataclass(frozen=True, slots=True)
class Standing:
    """Level and deviation now: mean (2,), covariance (2, 2), and how many observations were used."""

    process: Reverting
    mean: Array
    covariance: Array
    n: int

    def paths(self, hours_h: Array, normal: Array) -> Array:
        """The state of every copy at `hours_h` >= 0, (hours, copies), from standard normal deviates (copies, 3): two place
        the copy now, one moves it on."""
        values, vectors = np.linalg.eigh(self.covariance)
        placed = self.mean + (normal[:, :2] * np.sqrt(np.maximum(values, 0.0))) @ vectors.T
        kept = np.exp(-np.asarray(hours_h) / self.process.tau_h)[:, None]
        drift = self.process.state_sd * np.sqrt(1.0 - kept**2) * normal[:, 2]
        return np.asarray(placed[:, 0] + placed[:, 1] * kept + drift)

    def expected(self, hours_h: Array) -> Array:
        """Mean of the state at `hours_h` >= 0."""
        return np.asarray(self.mean[0] + self.mean[1] * np.exp(-np.asarray(hours_h) / self.process.tau_h))
