"""The twin of one patient for one drug: posterior copies under every eligible model, averaged by how well each explains
the patient's levels.

A model named alone runs as published; see `fit` for what is widened otherwise.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import numpy as np

from twin_engine.covariates import covariate_path, hours, settled_creatinine
from twin_engine.fit import Charted, FittedModel, Settings, fit, values_of
from twin_engine.history import History, drawn_during_infusion, gaps_in_history, history
from twin_engine.kernel.declare import Array, CovariatePath, Model
from twin_engine.kernel.observe import SecondDrug
from twin_engine.outcome import CannotPredict
from twin_engine.patient.hypnosis import shown_by_drugs
from twin_engine.patient.quality import weight_sd
from twin_engine.patient.record import DataQuality, Measurement, PatientRecord

DOUBTFUL_PERCENTILE = 0.0005
"""A level farther out than this in its predictive distribution, at either end, contradicts the charted doses."""
LEAST_WEIGHT = 0.05
MOST_RESPONSES = 24
RESPONSE_EVERY = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Twin:
    """The patient's copies for one drug: fitted models with their shares, the doses that led here, and remarks. `incomplete` =
    the dose history has holes or a level contradicts it."""

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
    second: SecondDrug | None = None,
) -> Refreshed:
    """Fit every model that applies. No twin when none does: the refusals say why; the remarks say what was wrong. `second` =
    the drug that the response of a model adds."""
    past = history(record, drug, at)
    refusals: list[CannotPredict] = []
    paths: dict[str, tuple[Model, CovariatePath]] = {}
    creatinine = None if as_published else settled_creatinine(models, record, at)
    for model in models:
        path = covariate_path(model, record, at, creatinine)
        if isinstance(path, CannotPredict):
            refusals.append(CannotPredict(path.variable, f"{model.id}: {path.reason}"))
        else:
            paths[model.id] = (model, path)
    levels = _usable(record, models[0].output, at)
    if any(m.residual.combination == "log" for m in models):
        levels = tuple(m for m in levels if m.value)
    charted = Charted(at, past, levels, (), second)
    if not past.given and levels:
        remarks = (*past.remarks, *gaps_in_history(drug, past, charted.times(levels), values_of(levels), ()))
        return None, (CannotPredict(drug, "levels are charted but no dose: the dose history is incomplete"),), remarks
    if not paths:
        return None, tuple(refusals), past.remarks
    settings = Settings(draws, seed, as_published, 0.0 if as_published else weight_variance(record, at))
    fits = [
        fit(model, path, replace(charted, responses=_responses(record, model, at)), settings) for model, path in paths.values()
    ]
    weights = shares(fits)
    fitted: list[FittedModel] = []
    start = 0
    counts = _counts(weights, draws)
    for one, weight, count in zip(fits, weights, counts, strict=True):
        fitted.append(replace(one, weight=float(weight), copies=np.arange(start, start + count)))
        start += count
    best = max(fitted, key=lambda f: f.weight)
    gaps = gaps_in_history(
        drug, past, charted.times(levels), values_of(levels), [(hours(t, at), p) for t, p in best.level_percentiles]
    )
    read = dict.fromkeys(remark for _, path in paths.values() for remark in path.remarks)
    running = drawn_during_infusion(drug, past, charted.times(levels), [m.during_infusion for m in levels])
    doubtful = _doubtful(best)
    remarks = (*past.remarks, *read, *gaps, *running, *doubtful)
    incomplete = bool(doubtful) or any(r.status == "incomplete_dose_history" for r in remarks)
    return Twin(drug, at, tuple(fitted), past, remarks, incomplete), tuple(refusals), remarks


def _usable(record: PatientRecord, variable: str, at: datetime) -> tuple[Measurement, ...]:
    return tuple(m for m in record.of(variable) if m.value is not None and m.time <= at)


def _responses(record: PatientRecord, model: Model, at: datetime) -> tuple[Measurement, ...]:
    """The newest responses, thinned: a monitor repeats the same error from second to second."""
    if model.response is None:
        return ()
    kept: list[Measurement] = []
    for measured in reversed(shown_by_drugs(record, model.response.variable, at)):
        if len(kept) < MOST_RESPONSES and (not kept or kept[-1].time - measured.time >= RESPONSE_EVERY):
            kept.append(measured)
    return tuple(reversed(kept))


def weight_variance(record: PatientRecord, at: datetime) -> float:
    """Variance of ln weight from its age; 0 where none is charted."""
    latest = record.latest("weight", at)
    return 0.0 if latest is None else weight_sd(-hours(latest.time, at)) ** 2


def _doubtful(best: FittedModel) -> tuple[DataQuality, ...]:
    return tuple(
        DataQuality(
            best.model.output, "conflicting", "a level contradicts the charted doses: check the doses, the time and the level"
        )
        for _, p in best.level_percentiles
        if min(p, 1 - p) < DOUBTFUL_PERCENTILE
    )


def shares(fits: Sequence[FittedModel]) -> Array:
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
