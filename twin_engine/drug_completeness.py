"""How complete the chart is for the twin of one drug, and what that and its levels do to the interval of its clearance."""

from collections.abc import Iterable, Sequence

import numpy as np
from scipy.special import ndtri

from twin_engine.completeness import graded
from twin_engine.covariates import read_from
from twin_engine.fit import CLEARANCE_BY_WEIGHT, FittedModel
from twin_engine.kernel.declare import Array
from twin_engine.kernel.quantiles import quantiles
from twin_engine.patient.quality import Freshness, states
from twin_engine.patient.record import DataQuality
from twin_engine.prediction import Completeness
from twin_engine.scenario import Scenario
from twin_engine.twin import Known, Twin, weight_variance

INTERVAL = (0.05, 0.95)
EVEN = (np.arange(256) + 0.5) / 256


def reads(known: Known) -> frozenset[str]:
    """The charted variables that the covariates of the models are read from."""
    return frozenset[str]().union(*(read_from(c.name) for m in known.models for c in m.covariates))


def completeness(scenario: Scenario, known: Known, remarks: Iterable[DataQuality], width: float | None) -> Completeness:
    """Grade of what is known of one drug; `remarks` = what was said of its data. A model that applies without a value can do
    without it: it is listed, and lowers the grade only where a remark says so. `width` as below, if there are copies."""
    found = states(scenario.record, sorted(reads(known)), scenario.at)
    there: dict[str, Freshness | None] = {name: state for name, state in found.items() if state is not None}
    lost: dict[str, Freshness | None] = {name: state for name, state in found.items() if state is None}
    return graded(known.drug, there, remarks, also=(*lost, known.drug), helpful=lost, width=width)


def added_by_weight(scenario: Scenario) -> float:
    """The variance of ln weight that the fits were given: none where a model runs as published."""
    return 0.0 if scenario.as_published else weight_variance(scenario.record, scenario.at)


def width(twin: Twin, by_age: float) -> float:
    """The 90 % interval of today's ln clearance in the copies over that of the population with the same covariates, no level
    and a fresh weight: below 1 as far as levels tell of this patient, above 1 as far as an old weight takes away.

    `by_age` = the variance of ln weight that the fits were given for its age.
    """
    own = np.concatenate([np.log(f.now[_place(f)][f.copies]) for f in twin.fitted])
    low, high = quantiles(own, INTERVAL)
    below, above = _population(twin.fitted, by_age)
    return float((high - low) / (above - below))


def _population(fitted: Sequence[FittedModel], by_age: float) -> Array:
    """The interval of ln CL before any level: every model's own distribution, by the weights of the models."""
    typical = (np.log(f.individual.typical()[_place(f)]) for f in fitted)
    spread = np.asarray(ndtri(EVEN), dtype=np.float64)
    values = np.concatenate([middle + _sd(f, by_age) * spread for middle, f in zip(typical, fitted, strict=True)])
    order = np.argsort(values)
    share = np.cumsum(np.repeat([f.model.prior_weight for f in fitted], len(EVEN))[order])
    return np.interp(INTERVAL, share / share[-1], values[order])


def _sd(fit: FittedModel, by_age: float) -> float:
    """SD of ln CL between patients, and between this day and others where the model has that."""
    patient, names = fit.individual, fit.model.eta_names
    clearing = fit.model.clearing
    days = sum(v for r, v in zip(fit.model.occasions, patient.unseen, strict=True) if r.parameter == clearing)
    if clearing not in names:
        return float(np.sqrt(days))
    own = names.index(clearing)
    return float(np.sqrt(patient.omega[own, own] - CLEARANCE_BY_WEIGHT**2 * by_age + days))


def _place(fit: FittedModel) -> int:
    return fit.model.kinetics.index(fit.model.clearing)
