"""How complete the chart is for the twin of one drug, and what it does to the width of its intervals, computed from its copies.

The grade is that of the worst datum that a fitted model reads: A all fresh, B one old but usable or assumed, C one older than
may be used or missing, D the dose history incomplete or values in contradiction. Levels are no part of it: what they are worth
shows in the width. The letters are a working choice of this project.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import cast

import numpy as np
from scipy.special import ndtri

from twin_engine.covariates import hours, read_from
from twin_engine.fit import CLEARANCE_BY_WEIGHT, FittedModel
from twin_engine.kernel.declare import Array
from twin_engine.patient.quality import Freshness, creatinine_moved, freshness
from twin_engine.patient.record import DataQuality, QualityStatus
from twin_engine.prediction import Completeness, Grade
from twin_engine.scenario import Scenario
from twin_engine.twin import Twin, weight_variance

CLEARANCE = "CL"
INTERVAL = (0.05, 0.95)
EVEN = (np.arange(256) + 0.5) / 256
_BY_STATUS: dict[QualityStatus, Grade] = {
    "assumed": "B", "missing": "C", "conflicting": "D", "implausible": "D", "incomplete_dose_history": "D",
}  # fmt: skip
_BY_AGE: dict[Freshness, Grade] = {"fresh": "A", "usable": "B", "beyond": "C"}


def reads(twin: Twin) -> frozenset[str]:
    """The charted variables that the covariates of the fitted models are read from."""
    return frozenset[str]().union(*(read_from(c.name) for f in twin.fitted for c in f.model.covariates))


def completeness(scenario: Scenario, twin: Twin, remarks: Iterable[DataQuality]) -> Completeness:
    """Grade and width of one twin; `remarks` = what was said of its data."""
    found = [*_by_age(scenario, twin), *_by_remark(twin, remarks)]
    worst = cast("Grade", max((grade for _, grade in found), default="A"))
    because = () if worst == "A" else tuple(dict.fromkeys(name for name, grade in found if grade == worst))
    return Completeness(twin.drug, worst, because, width(twin, added_by_weight(scenario)))


def added_by_weight(scenario: Scenario) -> float:
    """The variance of ln weight that the fits were given: none where a model runs as published."""
    return 0.0 if scenario.as_published else weight_variance(scenario.record, scenario.at)


def _by_age(scenario: Scenario, twin: Twin) -> Iterator[tuple[str, Grade]]:
    for name in sorted(reads(twin)):
        newest = scenario.record.latest(name, scenario.at)
        if newest is not None:
            changed = name == "creatinine" and creatinine_moved(scenario.record, scenario.at)
            yield name, _BY_AGE[freshness(name, -hours(newest.time, scenario.at), changed=changed)]


def _by_remark(twin: Twin, remarks: Iterable[DataQuality]) -> Iterator[tuple[str, Grade]]:
    names = reads(twin) | {twin.drug}
    for remark in remarks:
        if remark.variable in names and remark.status in _BY_STATUS:
            yield remark.variable, _BY_STATUS[remark.status]


def width(twin: Twin, by_age: float) -> float:
    """The 90 % interval of today's ln clearance in the copies over that of the population with the same covariates, no level
    and a fresh weight: below 1 as far as levels tell of this patient, above 1 as far as an old weight takes away.

    `by_age` = the variance of ln weight that the fits were given for its age.
    """
    own = np.concatenate([np.log(f.now[_place(f)][f.copies]) for f in twin.fitted])
    low, high = np.quantile(own, INTERVAL)
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
    days = sum(v for r, v in zip(fit.model.occasions, patient.unseen, strict=True) if r.parameter == CLEARANCE)
    if CLEARANCE not in names:
        return float(np.sqrt(days))
    own = names.index(CLEARANCE)
    return float(np.sqrt(patient.omega[own, own] - CLEARANCE_BY_WEIGHT**2 * by_age + days))


def _place(fit: FittedModel) -> int:
    return fit.model.kinetics.index(CLEARANCE)
