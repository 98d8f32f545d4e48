"""Other drugs that an option gives beside this one: what they change in the copies from `at` on.

A covariate such as `opioid` is read from what was given. A drug that is only ordered, signed together with this one, is not
in the chart; where an option gives it, its effect on the parameters counts from `at` for good.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from twin_engine.copies import Copies, standing
from twin_engine.covariates import covariate_path
from twin_engine.covariates.charted import CO_MEDICATION, in_words
from twin_engine.exposure import Exposure, exposure
from twin_engine.fit import FittedModel
from twin_engine.kernel.declare import Array
from twin_engine.options import Option
from twin_engine.outcome import CannotPredict
from twin_engine.patient.record import DataQuality, Order, PatientRecord
from twin_engine.prediction import Bands
from twin_engine.proposals.targets import MetricKind
from twin_engine.twin import Known, Twin
from twin_engine.what_if import bands


@dataclass(frozen=True, slots=True)
class Accompanied:
    """The twin as it is once the other drugs of an option are given, its copies, and which drugs count."""

    twin: Twin
    copies: tuple[Copies, ...]
    counted: tuple[str, ...] = ()

    @property
    def remarks(self) -> tuple[DataQuality, ...]:
        """What is counted though it is not charted yet."""
        return tuple(DataQuality(self.twin.drug, "assumed", f"{drug}, ordered too, is counted") for drug in self.counted)


def alone(twin: Twin) -> Accompanied:
    """The twin under what the chart holds."""
    return Accompanied(twin, tuple(standing(twin)))


def accompanied(by_itself: Accompanied, record: PatientRecord, orders: Sequence[Order]) -> Accompanied:
    """The twin under an option that also gives `orders` of other drugs; the same one where they change nothing."""
    twin = by_itself.twin
    given = [o.drug for o in orders if o.drug and not o.stop]
    named = {name: [d for d in given if d in drugs] for name, (drugs, _) in CO_MEDICATION.items() if drugs & set(given)}
    fitted = tuple(_beside(fit, record, twin, frozenset(named)) for fit in twin.fitted)
    if all(one is other for one, other in zip(fitted, twin.fitted, strict=True)):
        return by_itself
    changed = replace(twin, fitted=fitted)
    return Accompanied(changed, tuple(standing(changed)), tuple(dict.fromkeys(d for drugs in named.values() for d in drugs)))


def excluded(known: Known, orders: Sequence[Order]) -> CannotPredict | None:
    """Why the models cannot be used where these are given, too: a drug that one was not studied beside."""
    given = {o.drug for o in orders if not o.stop}
    for bound in (b for model in known.models for b in model.bounds if b.name in CO_MEDICATION):
        if bound.studied[1] < 1.0 and CO_MEDICATION[bound.name][0] & given:
            words = f"{in_words(bound.name)} is ordered, too, which was not studied"
            return CannotPredict(known.drug, f"{words}; {bound.advice}" if bound.advice else words)
    return None


def bodies(twin: Twin, record: PatientRecord, orders: Sequence[Order], written: Sequence[str]) -> tuple[Accompanied, ...]:
    """The copies that each option acts on; `written` = the label under which the orders beside it are drafted."""
    by_itself = alone(twin)
    beside = {label: [o for o in orders if o.label == label and o.drug != twin.drug] for label in written}
    found = {label: accompanied(by_itself, record, others) for label, others in beside.items()}
    return tuple(found[label] for label in written)


def courses(each: Sequence[Accompanied], options: Sequence[Option], hours_h: Array) -> list[dict[str, Bands]]:
    """Credible curves of every option in its own copies, by variable."""
    found: list[dict[str, Bands]] = [{} for _ in options]
    for rows in _together(each):
        drawn = bands(each[rows[0]].copies, [options[i] for i in rows], hours_h)
        for i, variables in zip(rows, drawn, strict=True):
            found[i] = variables
    return found


def exposures(
    each: Sequence[Accompanied], options: Sequence[Option], kinds: Sequence[MetricKind], threshold: float | None
) -> Exposure:
    """Exposure of every option in its own copies (`each`, in the order of the options)."""
    parts = [(i, exposure(each[i[0]].copies, [options[k] for k in i], kinds, threshold)) for i in _together(each)]
    if len(parts) == 1:
        return parts[0][1]
    values: dict[str, Array] = {}
    for rows, part in parts:
        for name, found in part.values.items():
            values.setdefault(name, np.empty((len(options), found.shape[1])))[rows] = found
    return Exposure(values, parts[0][1].by_model)


def _together(each: Sequence[Accompanied]) -> Iterator[list[int]]:
    """Places of the options that act on the same copies."""
    for one in {id(body): body for body in each}.values():
        yield [i for i, body in enumerate(each) if body is one]


def _beside(fit: FittedModel, record: PatientRecord, twin: Twin, named: frozenset[str]) -> FittedModel:
    """The fit with these covariates set from `at` on: every copy's parameters change as those of the typical patient do."""
    own = [c.name for c in fit.model.covariates if c.name in named]
    path = covariate_path(fit.model, record, twin.at) if own else None
    if path is None or isinstance(path, CannotPredict) or all(path[name][-1] for name in own):
        return fit
    beside = replace(path, values={**path.values, **{name: np.ones_like(path[name]) for name in own}})
    before, after = (fit.model.typical_path(p) for p in (path, beside))
    factors = np.array([after[name][-1] / before[name][-1] for name in fit.model.kinetics])
    past, mode_past = fit.past.scaled(0.0, factors), fit.mode_past.scaled(0.0, factors)
    return replace(fit, past=past, mode_past=mode_past, now=past.at(0.0), mode_now=mode_past.at(0.0))
