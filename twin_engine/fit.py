"""One model fitted to one patient: posterior copies of the parameters, and what is in the body of each copy now.

A model that runs as published is fitted as it stands. Otherwise its variability is widened for what a new hospital adds
(`ELSEWHERE`), for an old weight and for a creatinine that has not settled, and clearance follows a random walk. A level that
contradicts the doses counts in full, so that no forecast falls as the level rises; the twin says so and suggests nothing.
"""

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType

import numpy as np

from twin_engine.covariates import hours
from twin_engine.history import ASSUMED_TIME_SD_H, History
from twin_engine.kernel.declare import Array, CovariatePath, Index, Model
from twin_engine.kernel.estimate import Levels, Posterior, estimate, minus_2_log_likelihoods, sample_prior
from twin_engine.kernel.individual import NO_WALK, Individual, daily_occasions, daily_walk, individual
from twin_engine.kernel.linear import Path, State, concentrations, state_at
from twin_engine.kernel.observe import Predictor, SecondDrug, predictor
from twin_engine.outcome import FitDidNotConverge
from twin_engine.patient.record import Measurement

CLEARANCE_BY_WEIGHT = 0.75
"""The power of weight that clearance is taken to follow where an old weight widens it."""

FEWEST_EFFECTIVE = 30.0
PRIOR_DRAWS = 1024


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """What a hospital that had no part in building a model adds to it: extra SD of ln CL and ln V, and where from."""

    cl: float
    v: float
    source: str


ELSEWHERE: Mapping[str, Elsewhere] = MappingProxyType(
    {
        "vancomycin": Elsewhere(
            0.44, 0.20, "ln CL from six models in two outside hospitals, doi:10.1128/AAC.02543-18; ln V a judgement"
        ),
    }
)
"""By drug. Worked out in docs/models/vancomycin_weights.md."""

BORROWED_FROM = "vancomycin"
"""For the other drugs no outside evaluation was found that an SD follows from: they take what this one has."""


def elsewhere(drug: str) -> Elsewhere:
    """What another hospital adds to the models of a drug, its own or borrowed."""
    return ELSEWHERE.get(drug, ELSEWHERE[BORROWED_FROM])


@dataclass(frozen=True, slots=True)
class Settings:
    """How to fit: copies, seed, as published or widened (then also the variance of ln weight from its age)."""

    draws: int
    seed: int
    as_published: bool
    weight_variance: float

    def rng(self, model: Model, purpose: int = 0) -> np.random.Generator:
        """Random numbers for one purpose of one model, independent of which others are fitted."""
        return np.random.default_rng([self.seed & 0xFFFFFFFF, self.seed >> 32, zlib.crc32(model.id.encode()), purpose])


@dataclass(frozen=True, slots=True)
class Charted:
    """What the fit sees: doses, measured levels and responses, all up to `at`; `second` = a drug given beside this one that
    the response adds."""

    at: datetime
    past: History
    levels: tuple[Measurement, ...]
    responses: tuple[Measurement, ...]
    second: SecondDrug | None = None

    def times(self, rows: Sequence[Measurement]) -> Array:
        """Hours relative to `at`."""
        return np.array([hours(m.time, self.at) for m in rows], dtype=np.float64)

    def after_first_dose(self, lag_h: float) -> "Charted":
        """Without what was measured before any dose could act."""
        first = self.past.first_start_h
        if first is None:
            return replace(self, levels=(), responses=())
        levels = tuple(m for m in self.levels if hours(m.time, self.at) > first + lag_h)
        return replace(self, levels=levels, responses=tuple(m for m in self.responses if hours(m.time, self.at) > first))


@dataclass(frozen=True, slots=True)
class FittedModel:
    """One model fitted to this patient; every array has one column per draw.

    now (parameters, draws) in force from `at`; state at `at`; `mode_*` the same at the posterior mode (one column).
    n_levels = measured values used, responses included. `copies` indexes the draws that stand for the twin after averaging.
    """

    model: Model
    individual: Individual
    posterior: Posterior
    past: Path
    now: Array
    state: State
    mode_past: Path
    mode_now: Array
    mode_state: State
    n_levels: int
    weight: float
    copies: Index
    level_percentiles: tuple[tuple[datetime, float], ...]

    def future(self, copies: Index) -> Path:
        """Parameters of the chosen copies from `at` on."""
        return self.past.after(0.0).take(copies)

    def mode_future(self) -> Path:
        """The posterior mode from `at` on, one column."""
        return self.mode_past.after(0.0)


def fit(model: Model, covariates: CovariatePath, everything: Charted, settings: Settings) -> FittedModel:
    """Fit one model; a fit that fails falls back to the population."""
    seen = everything.after_first_dose(model.lag_h)
    patient, predict = _prepared(model, covariates, seen, settings)
    percentiles = _percentiles(predict, values_of(seen.levels), settings.rng(model, purpose=1))
    data = _levels(predict, seen, settings.as_published)
    rng, clearance = settings.rng(model), patient.acts_on(model.clearing)[: len(patient.omega)]
    try:
        posterior = estimate(predict, data, predict.error, patient.omega, settings.draws, rng, clearance)
    except FitDidNotConverge:
        data = Levels.measured(np.empty(0))
        posterior = estimate(predict, data, predict.error, patient.omega, settings.draws, rng, clearance)
    mode = np.append(posterior.mode, np.zeros(len(patient.unseen)))
    # The mode runs beside the draws, as one more column.
    whole = patient.path(np.column_stack([patient.with_unseen(posterior.draws, rng), mode]))
    state = state_at(whole, seen.past.given, 0.0)
    draws, last = np.arange(settings.draws), np.array([settings.draws])
    path, mode_path = whole.take(draws), whole.take(last)
    return FittedModel(
        model=model,
        individual=patient,
        posterior=posterior,
        past=path,
        now=path.at(0.0),
        state=state.take(draws),
        mode_past=mode_path,
        mode_now=mode_path.at(0.0),
        mode_state=state.take(last),
        n_levels=len(data),
        weight=1.0,
        copies=draws,
        level_percentiles=tuple((m.time, float(p)) for m, p in zip(seen.levels, percentiles, strict=True)) if len(data) else (),
    )


def level_percentiles(
    model: Model, covariates: CovariatePath, everything: Charted, settings: Settings
) -> tuple[tuple[datetime, float], ...]:
    """Time and percentile of each level in its predictive distribution under this model, as a fit that converges gives them:
    the fit has no part in them."""
    seen = everything.after_first_dose(model.lag_h)
    if not seen.levels:
        return ()
    _, predict = _prepared(model, covariates, seen, settings)
    found = _percentiles(predict, values_of(seen.levels), settings.rng(model, purpose=1))
    return tuple((m.time, float(p)) for m, p in zip(seen.levels, found, strict=True))


def values_of(rows: Sequence[Measurement]) -> Array:
    """Measured values, each in the unit of its variable."""
    return np.array([m.value for m in rows], dtype=np.float64)


def _prepared(model: Model, covariates: CovariatePath, seen: Charted, settings: Settings) -> tuple[Individual, Predictor]:
    first = seen.past.first_start_h
    level_h, response_h = seen.times(seen.levels), seen.times(seen.responses)
    walk = NO_WALK if settings.as_published or first is None or not seen.levels else daily_walk(first)
    days = daily_occasions(first or 0.0, np.concatenate([level_h, response_h]))
    added = {} if settings.as_published else _added_variance(model, settings.weight_variance)
    if covariates.log_sd:
        added = {**added, model.clearing: added.get(model.clearing, 0.0) + _unsettled(model, covariates)}
    patient = individual(model, covariates, walk, added, days)
    return patient, predictor(patient, seen.past.given, level_h, response_h, seen.second)


def _added_variance(model: Model, weight_variance: float) -> dict[str, float]:
    """Extra variance of log parameters: another hospital, and an old weight that clearance and volume were scaled by."""
    outside = elsewhere(model.drug)
    volume = outside.v**2 + weight_variance
    return {model.clearing: outside.cl**2 + CLEARANCE_BY_WEIGHT**2 * weight_variance, "V1": volume, "V": volume}


def _unsettled(model: Model, covariates: CovariatePath) -> float:
    """Variance of ln CL from covariates that are less certain than those of the studies: each moved by its SD."""
    clearance = model.typical_path(covariates)[model.clearing][-1]
    moved = (
        replace(covariates, values={**covariates.values, n: covariates[n] * np.exp(s)}) for n, s in covariates.log_sd.items()
    )
    return float(sum(np.log(model.typical_path(path)[model.clearing][-1] / clearance) ** 2 for path in moved))


def _levels(predict: Predictor, seen: Charted, as_published: bool) -> Levels:
    """What was measured, with censoring and the variance that uncertain infusion times add."""
    values, error = values_of(seen.levels), predict.patient.model.residual
    censored = np.array([{"<": -1, "<=": -1, ">": 1, ">=": 1}.get(m.comparator or "", 0) for m in seen.levels])
    added = np.zeros(len(values))
    if len(values) and seen.past.assumed and not as_published:
        path, times = predict.patient.path(np.zeros((len(predict.patient.omega), 1))), seen.times(seen.levels)
        longer = [replace(d, duration_h=d.duration_h + ASSUMED_TIME_SD_H) if d.duration_h else d for d in seen.past.given]
        late, given = (error.transform(concentrations(path, doses, times)) for doses in (longer, seen.past.given))
        added += (late - given)[:, 0] ** 2
    return Levels(values, censored, added).joined(Levels.measured(values_of(seen.responses)))


def _percentiles(predict: Predictor, values: Array, rng: np.random.Generator) -> Array:
    """Percentile of each level in its predictive distribution given the levels before it (reweighted prior draws)."""
    if not len(values):
        return np.empty(0)
    error = predict.patient.model.residual
    predicted = predict(sample_prior(predict.patient.omega, PRIOR_DRAWS, rng))[: len(values)]
    below = error.below(values[:, None], predicted)
    terms = minus_2_log_likelihoods(predicted, Levels.measured(values), error)
    log_weight = np.zeros(predicted.shape[1])
    found = np.empty(len(values))
    for j in range(len(values)):
        weight = np.exp(log_weight - log_weight.max())
        if weight.sum() ** 2 / (weight**2).sum() < FEWEST_EFFECTIVE:
            weight = np.ones_like(weight)
        found[j] = (weight * below[j]).sum() / weight.sum()
        log_weight -= 0.5 * terms[j]
    return found
