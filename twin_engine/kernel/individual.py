"""One patient under one model: covariate regimes, clearance walk, occasions and random effects joined into paths.

Parameter P of copy i in regime r:  ln P = ln typical P(covariates of r) + eta_P(i) [+ walk of ln CL up to r] [+ kappa_P of
the day of r]. The walk is a Brownian motion of ln CL observed at knots, one random effect per knot (increment variance =
sigma^2 days). Between-occasion variability is estimated for the days with levels; what is to come is an occasion of which
nothing is known, 0 at the mode and a fresh draw in every copy (doi:10.1111/bcp.13901).
"""

from dataclasses import dataclass

import numpy as np
from scipy.linalg import block_diag

from twin_engine.kernel.declare import Array, CovariatePath, Index, Model
from twin_engine.kernel.linear import Path

CLEARANCE_WALK_SD_PER_SQRT_DAY = 0.20
"""Default SD of the clearance walk; see docs/adr for its choice and its re-estimation from data."""

KNOT_EVERY_H = 24.0
MOST_KNOTS = 10
MOST_OCCASIONS = 6


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
class Occasions:
    """Days of the patient with a deviation of their own, [starts, ends) in hours relative to `at`; from `fresh_h` on it is
    one that nothing has been seen of yet."""

    starts_h: Array
    ends_h: Array
    fresh_h: float


NO_DAYS = Occasions(np.empty(0), np.empty(0), -np.inf)


def daily_occasions(first_dose_h: float, levels_h: Array, now_h: float = 0.0) -> Occasions:
    """The newest six of the 24 h days since the first dose that hold levels; all later time is one unseen occasion."""
    days = np.unique(np.floor((levels_h - first_dose_h) / 24.0))[-MOST_OCCASIONS:]
    if not len(days):
        return NO_DAYS
    starts = first_dose_h + 24.0 * days
    ends = starts + 24.0
    ends[-1] = min(float(ends[-1]), now_h)
    return Occasions(starts, ends, float(ends[-1]))


@dataclass(frozen=True, slots=True)
class Individual:
    """A model applied to one patient's covariates.

    starts_h (regimes,); log_typical (regimes, parameters); effects `moved_by[p]` move the logarithm of parameter p, effect i in
    the regimes where `acting[:, i]` (regimes, effects) is 1. `omega` is the covariance of the effects that the data can tell
    something about: the model's etas, the walk's increments, the kappas of days with levels; the last effects, of variance
    `unseen`, are the kappas of an occasion still to come. `varies` says which parameters differ between regimes.
    """

    model: Model
    starts_h: Array
    log_typical: Array
    moved_by: tuple[Index, ...]
    acting: Array
    omega: Array
    unseen: Array
    varies: tuple[bool, ...]

    def path(self, effects: Array) -> Path:
        """Paths of effects (effects, draws); the unseen occasion may be left out (0)."""
        values = np.empty((*self.log_typical.shape, effects.shape[1]))
        for parameter, (logs, moved) in enumerate(zip(self.log_typical.T, self.moved_by, strict=True)):
            # What is the same in every regime is computed once.
            rows = slice(None) if self.varies[parameter] else slice(1)
            chosen = moved[: np.searchsorted(moved, len(effects))]
            values[:, parameter] = np.exp(logs[rows, None] + self.acting[rows, chosen] @ effects[chosen])
        plasma = len(self.model.plasma)
        effect = values[:, plasma:] if self.model.effect_site else None
        return Path(self.starts_h, values[:, :plasma], effect, self.model.lag_h)

    def with_unseen(self, effects: Array, rng: np.random.Generator) -> Array:
        """Effects (k, draws) with a fresh draw of the occasion still to come."""
        fresh = np.sqrt(self.unseen)[:, None] * rng.standard_normal((len(self.unseen), effects.shape[1]))
        return np.concatenate([effects, fresh])

    def acts_on(self, parameter: str) -> Array:
        """How much each effect (effects,) moves the logarithm of a parameter today."""
        moved = np.zeros(self.acting.shape[1])
        own = self.moved_by[self.model.kinetics.index(parameter)]
        moved[own] = self.acting[-1, own]
        return moved

    def typical(self) -> Array:
        """Typical parameters with today's covariates, (parameters,)."""
        return np.exp(self.log_typical[-1])


def individual(
    model: Model,
    covariates: CovariatePath,
    walk: Walk = NO_WALK,
    added_variance: dict[str, float] | None = None,
    occasions: Occasions = NO_DAYS,
) -> Individual:
    """Join covariate regimes, walk knots and occasions; `added_variance` widens the log-variance of named parameters
    (external population, old weight) without touching the published omega."""
    days = occasions if model.occasions else NO_DAYS
    starts = np.unique(np.concatenate([covariates.starts_h, walk.knots_h, days.starts_h, days.ends_h]))
    here = np.clip(np.searchsorted(covariates.starts_h, starts, side="right") - 1, 0, None)
    typical = model.typical_path(covariates)
    log_typical = np.log(np.stack([typical[name][here] for name in model.kinetics], axis=1))
    omega = model.omega()
    for name, variance in (added_variance or {}).items():
        if name in model.eta_names:
            i = model.eta_names.index(name)
            omega[i, i] += variance
    begins = starts[:, None]
    within = ((begins >= days.starts_h) & (begins < days.ends_h)).astype(np.float64)
    later = (begins >= days.fresh_h).astype(np.float64)
    pi = np.array([r.omega2 for r in model.occasions])
    kappas = [r.parameter for r in model.occasions]
    names = [*model.eta_names, *[model.clearing] * len(walk), *kappas * len(days.starts_h), *kappas]
    acting = [
        np.ones((len(starts), len(model.eta_names))),
        (begins >= walk.knots_h).astype(np.float64),
        np.repeat(within, len(pi), axis=1),
        np.repeat(later, len(pi), axis=1),
    ]
    moves = np.array([model.kinetics.index(n) for n in names], dtype=np.intp)
    design = np.concatenate(acting, axis=1)
    changing = np.ptp(log_typical, axis=0) > 0.0
    changing[moves[np.ptp(design, axis=0) > 0.0]] = True
    return Individual(
        model,
        starts,
        log_typical,
        tuple(np.flatnonzero(moves == p) for p in range(len(model.kinetics))),
        design,
        block_diag(omega, np.diag(walk.variance), np.diag(np.tile(pi, len(days.starts_h)))),
        pi,
        tuple(changing.tolist()),
    )
