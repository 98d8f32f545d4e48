"""The twin of one patient for one drug: posterior copies under every eligible model, averaged by how well each explains
the patient's levels.

A model named alone runs as published; otherwise bands are widened for what a new hospital adds (`EXTERNAL_SD`), an old
weight widens volumes, clearance follows a random walk, and levels that contradict the doses count less.
"""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import numpy as np

from twin_engine.covariates import Carry, covariate_path, hours
from twin_engine.history import ASSUMED_TIME_SD_H, History, gaps_in_history, history
from twin_engine.kernel.declare import Array, CovariatePath, Index, Model
from twin_engine.kernel.estimate import Levels, Posterior, estimate, minus_2_log_likelihoods, sample_prior
from twin_engine.kernel.individual import NO_WALK, Individual, daily_occasions, daily_walk, individual
from twin_engine.kernel.linear import Path, State, concentrations, state_at
from twin_engine.kernel.observe import Predictor, predictor
from twin_engine.kernel.schedule import Dose
from twin_engine.outcome import CannotPredict, FitDidNotConverge
from twin_engine.patient.quality import weight_sd
from twin_engine.patient.record import DataQuality, Measurement, PatientRecord

EXTERNAL_SD = {"CL": 0.44, "V1": 0.20, "V": 0.20}
"""Extra between-hospital SD of ln CL and ln V, from outside evaluations: docs/models/vancomycin_weights.md."""

LEAST_WEIGHT = 0.05
DOUBTFUL_PERCENTILE = 0.0005
DOUBTFUL_SD_FACTOR = 3.0
MOST_RESPONSES = 24
RESPONSE_EVERY = timedelta(minutes=10)


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


@dataclass(frozen=True, slots=True)
class Twin:
    """The patient's copies for one drug: fitted models with their shares, the doses that led here, and remarks."""

    drug: str
    at: datetime
    fitted: tuple[FittedModel, ...]
    history: History
    remarks: tuple[DataQuality, ...]
    incomplete: bool

    @property
    def unit(self) -> str:
        """Unit of the concentration."""
        return self.fitted[0].model.unit

    @property
    def best(self) -> FittedModel:
        """The model with the largest share."""
        return max(self.fitted, key=lambda f: f.weight)

    @property
    def population_estimate(self) -> bool:
        """Whether no level has been used."""
        return all(f.n_levels == 0 for f in self.fitted)


Refreshed = tuple[Twin | None, tuple[CannotPredict, ...], tuple[DataQuality, ...]]
"""A twin or none, why models refused, and remarks on the data."""


def refresh(
    record: PatientRecord,
    drug: str,
    models: Sequence[Model],
    at: datetime,
    *,
    draws: int,
    seed: int,
    as_published: bool = False,
    carry: Carry = "forward",
) -> Refreshed:
    """Fit every model that applies. No twin when none does: the refusals say why; the remarks say what was wrong."""
    past = history(record, drug, at)
    refusals: list[CannotPredict] = []
    paths: dict[str, tuple[Model, CovariatePath]] = {}
    for model in models:
        path = covariate_path(model, record, at, carry)
        if isinstance(path, CannotPredict):
            refusals.append(CannotPredict(path.variable, f"{model.id}: {path.reason}"))
        else:
            paths[model.id] = (model, path)
    levels = _usable(record, models[0].output, at)
    if any(m.residual.combination == "log" for m in models):
        levels = tuple(m for m in levels if m.value)
    if not past.given and levels:
        remarks = (*past.remarks, *gaps_in_history(drug, past, _times(levels, at), _values(levels), ()))
        return None, (CannotPredict(drug, "levels are charted but no dose: the dose history is incomplete"),), remarks
    if not paths:
        return None, tuple(refusals), past.remarks
    weight_variance = 0.0 if as_published else _weight_variance(record, at)
    fits = [
        _fit(model, path, past, levels, _responses(record, model, at), at, draws, seed, as_published, weight_variance)
        for model, path in paths.values()
    ]
    weights = _shares(fits)
    fitted: list[FittedModel] = []
    start = 0
    counts = _counts(weights, draws)
    for fit, weight, count in zip(fits, weights, counts, strict=True):
        fitted.append(replace(fit, weight=float(weight), copies=np.arange(start, start + count)))
        start += count
    best = max(fitted, key=lambda f: f.weight)
    gaps = gaps_in_history(
        drug, past, _times(levels, at), _values(levels), [(hours(t, at), p) for t, p in best.level_percentiles]
    )
    read = dict.fromkeys(remark for _, path in paths.values() for remark in path.remarks)
    remarks = (*past.remarks, *read, *gaps, *_doubtful(best))
    incomplete = any(r.status == "incomplete_dose_history" for r in remarks)
    return Twin(drug, at, tuple(fitted), past, remarks, incomplete), tuple(refusals), remarks


def _usable(record: PatientRecord, variable: str, at: datetime) -> tuple[Measurement, ...]:
    return tuple(m for m in record.of(variable) if m.value is not None and m.time <= at)


def _responses(record: PatientRecord, model: Model, at: datetime) -> tuple[Measurement, ...]:
    """The newest responses, thinned: a monitor repeats the same error from second to second."""
    if model.response is None:
        return ()
    kept: list[Measurement] = []
    for measured in reversed(_usable(record, model.response.variable, at)):
        if len(kept) < MOST_RESPONSES and (not kept or kept[-1].time - measured.time >= RESPONSE_EVERY):
            kept.append(measured)
    return tuple(reversed(kept))


def _times(levels: Sequence[Measurement], at: datetime) -> Array:
    return np.array([hours(m.time, at) for m in levels], dtype=np.float64)


def _values(levels: Sequence[Measurement]) -> Array:
    return np.array([m.value for m in levels], dtype=np.float64)


def _weight_variance(record: PatientRecord, at: datetime) -> float:
    latest = record.latest("weight", at)
    return 0.0 if latest is None else weight_sd(-hours(latest.time, at)) ** 2


def _fit(
    model: Model,
    covariates: CovariatePath,
    past: History,
    measured: Sequence[Measurement],
    answered: Sequence[Measurement],
    at: datetime,
    draws: int,
    seed: int,
    as_published: bool,
    weight_variance: float,
) -> FittedModel:
    first = past.first_start_h
    explained = [m for m in measured if first is not None and hours(m.time, at) > first + model.lag_h]
    answered = [m for m in answered if first is not None and hours(m.time, at) > first]
    times, values = _times(explained, at), _values(explained)
    walk = NO_WALK if as_published or first is None or not explained else daily_walk(first)
    days = daily_occasions(first or 0.0, np.concatenate([times, _times(answered, at)]))
    added = {} if as_published else _added_variance(weight_variance)
    patient = individual(model, covariates, walk, added, days)
    rng = np.random.default_rng([seed & 0xFFFFFFFF, seed >> 32, zlib.crc32(model.id.encode())])
    predict = predictor(patient, past.given, times, _times(answered, at))
    percentiles = _percentiles(predict, values, rng) if len(values) else np.empty(0)
    levels = _levels(patient, past, explained, times, values, percentiles, as_published)
    data = levels.joined(Levels.measured(_values(answered)))
    try:
        posterior = estimate(predict, data, predict.error, patient.omega, draws, rng)
    except FitDidNotConverge:
        data = Levels.measured(np.empty(0))
        posterior = estimate(predict, data, predict.error, patient.omega, draws, rng)
    path, mode = patient.path(patient.with_unseen(posterior.draws, rng)), patient.path(posterior.mode[:, None])
    return FittedModel(
        model=model,
        individual=patient,
        posterior=posterior,
        past=path,
        now=path.at(0.0),
        state=state_at(path, past.given, 0.0),
        mode_past=mode,
        mode_now=mode.at(0.0),
        mode_state=state_at(mode, past.given, 0.0),
        n_levels=len(data),
        weight=1.0,
        copies=np.arange(draws),
        level_percentiles=tuple((m.time, float(p)) for m, p in zip(explained, percentiles, strict=True)) if len(data) else (),
    )


def _added_variance(weight_variance: float) -> dict[str, float]:
    """Extra variance of log parameters: another hospital, and an old weight that clearance and volume were scaled by."""
    added = {name: sd**2 for name, sd in EXTERNAL_SD.items()}
    added["CL"] += (0.75**2) * weight_variance
    for name in ("V", "V1"):
        added[name] += weight_variance
    return added


def _levels(
    patient: Individual,
    past: History,
    measured: Sequence[Measurement],
    times: Array,
    values: Array,
    percentiles: Array,
    as_published: bool,
) -> Levels:
    censored = np.array([{"<": -1, "<=": -1, ">": 1, ">=": 1}.get(m.comparator or "", 0) for m in measured])
    error = patient.model.residual
    added = np.zeros(len(values))
    if len(values) and not as_published:
        doubtful = np.minimum(percentiles, 1 - percentiles) < DOUBTFUL_PERCENTILE
        added[doubtful] = (DOUBTFUL_SD_FACTOR**2 - 1) * error.variance(values[doubtful])
        if past.assumed:
            path = patient.path(np.zeros((len(patient.omega), 1)))
            late = [Dose(d.start_h, d.duration_h + ASSUMED_TIME_SD_H, d.amount) for d in past.given if d.duration_h > 0]
            late += [d for d in past.given if d.duration_h == 0]
            shift = error.transform(concentrations(path, late, times)) - error.transform(
                concentrations(path, past.given, times)
            )
            added += shift[:, 0] ** 2
    return Levels(values, censored, added)


def _percentiles(predict: Predictor, values: Array, rng: np.random.Generator) -> Array:
    """Percentile of each level in its predictive distribution given the levels before it (reweighted prior draws)."""
    error = predict.patient.model.residual
    predicted = predict(sample_prior(predict.patient.omega, 1024, rng))[: len(values)]
    noisy = error.noisy(predicted, rng.standard_normal(predicted.shape))
    terms = minus_2_log_likelihoods(predicted, Levels.measured(values), error)
    log_weight = np.zeros(predicted.shape[1])
    found = np.empty(len(values))
    for j, value in enumerate(values):
        weight = np.exp(log_weight - log_weight.max())
        if weight.sum() ** 2 / (weight**2).sum() < 30:
            weight = np.ones_like(weight)
        found[j] = (weight * (noisy[j] < value)).sum() / weight.sum()
        log_weight -= 0.5 * terms[j]
    return found


def _doubtful(best: FittedModel) -> tuple[DataQuality, ...]:
    return tuple(
        DataQuality(best.model.output, "conflicting", "a level contradicts the charted doses; it counts less")
        for _, p in best.level_percentiles
        if min(p, 1 - p) < DOUBTFUL_PERCENTILE
    )


def _shares(fits: Sequence[FittedModel]) -> Array:
    """Posterior model weights: prior weight x marginal likelihood of the same levels, none below 0.05."""
    prior = np.array([f.model.prior_weight for f in fits])
    deviance = np.array([f.posterior.minus_2_log_marginal for f in fits])
    seen = {f.n_levels for f in fits}
    if len(seen) > 1:
        # A model that could not be fitted did not see the levels; it keeps the least weight. Models that saw different
        # things (a response that only one of them predicts) cannot be compared by them.
        unseen = np.array([f.n_levels == 0 for f in fits])
        deviance[~unseen] = deviance[~unseen] if len(seen - {0}) == 1 else 0.0
        deviance[unseen] = np.inf
    weight = prior * np.exp(-0.5 * (deviance - deviance.min()))
    weight /= weight.sum()
    if len(fits) > 1 and any(f.n_levels for f in fits):
        weight = np.maximum(weight, LEAST_WEIGHT)
    return weight / weight.sum()


def _counts(weights: Array, draws: int) -> list[int]:
    edges = np.round(np.cumsum(weights) * draws).astype(int)
    return np.diff(np.concatenate([[0], edges])).tolist()
