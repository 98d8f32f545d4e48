"""The twin of one patient for one drug: posterior copies under every eligible model, averaged by how well each explains
the patient's levels.

A model named alone runs as published; see `fit` for what is widened otherwise.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

import numpy as np

from twin_engine.covariates import covariate_path, hours, settled_creatinine
from twin_engine.fit import Charted, FittedModel, Settings, fit, level_percentiles, values_of
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
    def models(self) -> tuple[Model, ...]:
        """The models that apply."""
        return tuple(f.model for f in self.fitted)

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


class Known(Protocol):
    """What is known of one drug with or without a fit: the models that apply, the doses that led here, remarks, and whether
    the dose history has holes or a level contradicts it."""

    @property
    def drug(self) -> str: ...
    @property
    def models(self) -> tuple[Model, ...]: ...
    @property
    def history(self) -> History: ...
    @property
    def remarks(self) -> tuple[DataQuality, ...]: ...
    @property
    def incomplete(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class Unquestioned:
    """A drug whose levels no model questions, so that nothing said of the data hangs on a fit."""

    drug: str
    models: tuple[Model, ...]
    history: History
    refusals: tuple[CannotPredict, ...]
    remarks: tuple[DataQuality, ...]
    incomplete: bool


@dataclass(frozen=True, slots=True)
class _Readable:
    """A chart that at least one model can read: what each reads, and why others refuse."""

    paths: Sequence[tuple[Model, CovariatePath]]
    refusals: tuple[CannotPredict, ...]
    charted: Charted
    settings: Settings
    record: PatientRecord

    def seen_by(self, model: Model) -> Charted:
        """The chart with the responses that this model predicts."""
        return replace(self.charted, responses=_responses(self.record, model, self.charted.at))

    def remarks(self, output: str, percentiles: Sequence[tuple[datetime, float]]) -> tuple[tuple[DataQuality, ...], bool]:
        """What there is to say of the data where the levels stand at these percentiles; whether the history is incomplete."""
        at, past, levels = self.charted.at, self.charted.past, self.charted.levels
        drug, times = self.paths[0][0].drug, self.charted.times(levels)
        gaps = gaps_in_history(drug, past, times, values_of(levels), [(hours(t, at), p) for t, p in percentiles])
        read = dict.fromkeys(remark for _, path in self.paths for remark in path.remarks)
        running = drawn_during_infusion(drug, past, times, [m.during_infusion for m in levels])
        doubtful = _doubtful(output, percentiles)
        remarks = (*past.remarks, *read, *gaps, *running, *doubtful)
        return remarks, bool(doubtful) or any(r.status == "incomplete_dose_history" for r in remarks)


def kept_as(drug: str, models: Sequence[Model], *, as_published: bool = False) -> str:
    """The name under which the twin of a drug is kept for a chart: all that it depends on beside the chart."""
    names = (model.id.removeprefix(f"{drug}_") for model in models)
    return " ".join((drug, *names, *(("as published",) if as_published else ())))


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
    chart = _readable(record, drug, models, at, (draws, seed), as_published=as_published, second=second)
    if not isinstance(chart, _Readable):
        return None, *chart
    fits = [fit(model, path, chart.seen_by(model), chart.settings) for model, path in chart.paths]
    weights = shares(fits)
    fitted: list[FittedModel] = []
    start = 0
    counts = _counts(weights, draws)
    for one, weight, count in zip(fits, weights, counts, strict=True):
        fitted.append(replace(one, weight=float(weight), copies=np.arange(start, start + count)))
        start += count
    best = max(fitted, key=lambda f: f.weight)
    remarks, incomplete = chart.remarks(best.model.output, best.level_percentiles)
    return Twin(drug, at, tuple(fitted), chart.charted.past, remarks, incomplete), chart.refusals, remarks


def unquestioned(
    record: PatientRecord, drug: str, models: Sequence[Model], at: datetime, *, draws: int, seed: int, as_published: bool
) -> Unquestioned | Refreshed | None:
    """What `refresh` says of the data, without its fits: they only tell which model the levels favour, and that matters only
    where one of them questions a level. None there; without a twin where `refresh` makes none."""
    chart = _readable(record, drug, models, at, (draws, seed), as_published=as_published, second=None)
    if not isinstance(chart, _Readable):
        return None, *chart
    plain = chart.remarks(models[0].output, ())
    for model, path in chart.paths:
        percentiles = level_percentiles(model, path, chart.seen_by(model), chart.settings)
        if chart.remarks(model.output, percentiles) != plain:
            return None
    return Unquestioned(drug, tuple(m for m, _ in chart.paths), chart.charted.past, chart.refusals, *plain)


def _readable(
    record: PatientRecord,
    drug: str,
    models: Sequence[Model],
    at: datetime,
    copies: tuple[int, int],
    *,
    as_published: bool,
    second: SecondDrug | None,
) -> _Readable | tuple[tuple[CannotPredict, ...], tuple[DataQuality, ...]]:
    """The chart for the models that apply, or refusals and remarks where none does; `copies` = how many and their seed."""
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
        return (CannotPredict(drug, "levels are charted but no dose: the dose history is incomplete"),), remarks
    if not paths:
        return tuple(refusals), past.remarks
    settings = Settings(*copies, as_published, 0.0 if as_published else weight_variance(record, at))
    return _Readable(tuple(paths.values()), tuple(refusals), charted, settings, record)


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


def _doubtful(output: str, percentiles: Sequence[tuple[datetime, float]]) -> tuple[DataQuality, ...]:
    return tuple(
        DataQuality(output, "conflicting", "a level contradicts the charted doses: check the doses, the time and the level")
        for _, p in percentiles
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
