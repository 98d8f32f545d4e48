"""One patient under one model: covariate regimes, clearance walk and random effects joined into kinetic paths.

Kinetics of copy i in regime r:  ln P = ln typical P(covariates of r) + eta_P(i) [+ walk of ln CL up to r].
The walk is a Brownian motion of ln CL observed at knots, one random effect per knot (increment variance = sigma^2 days).
"""

from dataclasses import dataclass

import numpy as np

from twin_engine.kernel.declare import Array, CovariatePath, Model
from twin_engine.kernel.linear import Path

CLEARANCE_WALK_SD_PER_SQRT_DAY = 0.20
"""Default SD of the clearance walk; see docs/adr for its choice and its re-estimation from data."""

KNOT_EVERY_H = 24.0
MOST_KNOTS = 10


@dataclass(frozen=True, slots=True)
class Walk:
    """Knots of the clearance walk, hours relative to `at` (ascending), and the variance of each increment."""

    knots_h: Array
    variance: Array

    def __len__(self) -> int:
        return len(self.knots_h)


NO_WALK = Walk(np.empty(0), np.empty(0))


def daily_walk(first_dose_h: float, sd_per_sqrt_day: float = CLEARANCE_WALK_SD_PER_SQRT_DAY) -> Walk:
    """Knots every 24 h back from 12 h before `at` to 12 h after the first dose, the newest ten at most."""
    knots = np.arange(-12.0, first_dose_h + 12.0, -KNOT_EVERY_H)[:MOST_KNOTS][::-1]
    return Walk(knots, np.full(len(knots), sd_per_sqrt_day**2 * KNOT_EVERY_H / 24.0))


@dataclass(frozen=True, slots=True)
class Individual:
    """A model applied to one patient's covariates.

    starts_h (regimes,); log_typical (regimes, kinetics); walked (regimes, knots) 1 where the knot has passed.
    """

    model: Model
    starts_h: Array
    log_typical: Array
    walked: Array
    walk: Walk
    omega: Array

    def path(self, eta: Array) -> Path:
        """Kinetic paths of random effects (effects, draws): the model's etas first, then the walk's increments."""
        names, kinetics = self.model.eta_names, self.model.kinetics
        logs = np.repeat(self.log_typical[:, :, None], eta.shape[1], axis=2)
        logs[:, [kinetics.index(n) for n in names]] += eta[: len(names)]
        if len(self.walk):
            logs[:, kinetics.index("CL")] += self.walked @ eta[len(names) :]
        return Path(self.starts_h, np.exp(logs))

    def typical(self) -> Array:
        """Typical kinetics with today's covariates, (kinetics,)."""
        return np.exp(self.log_typical[-1])


def individual(
    model: Model, covariates: CovariatePath, walk: Walk = NO_WALK, added_variance: dict[str, float] | None = None
) -> Individual:
    """Join covariate regimes and walk knots; `added_variance` widens the log-variance of named kinetic parameters
    (external population, old weight) without touching the published omega."""
    starts = np.unique(np.concatenate([covariates.starts_h, walk.knots_h]))
    here = np.clip(np.searchsorted(covariates.starts_h, starts, side="right") - 1, 0, None)
    typical = model.typical_path(covariates)
    log_typical = np.log(np.stack([typical[name][here] for name in model.kinetics], axis=1))
    walked = (starts[:, None] >= walk.knots_h[None, :]).astype(np.float64)
    k = len(model.eta_names)
    omega = np.zeros((k + len(walk), k + len(walk)))
    omega[:k, :k] = model.omega()
    for name, variance in (added_variance or {}).items():
        if name in model.eta_names:
            i = model.eta_names.index(name)
            omega[i, i] += variance
    omega[k:, k:] = np.diag(walk.variance)
    return Individual(model, starts, log_typical, walked, walk, omega)
