"""What the options of a prediction do to the risks: each simulated course against "no change", through the guard."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import numpy as np

from twin_engine.outcome import CannotPredict
from twin_engine.patient.record import PatientRecord
from twin_engine.prediction import Forecast, Prediction
from twin_engine.risk.eligibility import in_words, reason_against_orders
from twin_engine.risk.load import RiskModels
from twin_engine.risk.model import RiskModel
from twin_engine.risk.recalibration import Recalibration
from twin_engine.risk.what_if import NO_CHANGE, Course, RiskChange, risk_change

Measured = Mapping[tuple[str, str], str]
"""Variable and what was ordered, with the page that holds its simulated course against real charts."""

VALIDATED: Measured = MappingProxyType({})
"""None yet, so that no order has a line. Held against charts are levels after a change (of a pressor, of the ventilator): they
contain why somebody ordered it. What an order itself does rests on publications. docs/safety/risk_models.md weighs each."""


def risk_changes(
    models: RiskModels, prediction: Prediction, record: PatientRecord, labels: Sequence[str], measured: Measured = VALIDATED
) -> dict[str, tuple[RiskChange | CannotPredict, ...]]:
    """By label of an option, what it does to the risk of every event that a model is ready for, or why none may be told.

    Options whose orders have no simulated course that a risk reads are left out.
    """
    usual = prediction.forecast(NO_CHANGE)
    options = [found for label in labels if (found := prediction.forecast(label)) is not None and found.courses]
    if usual is None or not usual.courses or not options:
        return {}
    per_event = [
        _of_event(model, prediction, record, usual, options, measured, models.local.get(event))
        for event, model in models.ready.items()
    ]
    return {option.label: tuple(found[option.label] for found in per_event if option.label in found) for option in options}


def _of_event(
    model: RiskModel,
    prediction: Prediction,
    record: PatientRecord,
    usual: Forecast,
    options: Sequence[Forecast],
    measured: Measured,
    local: Recalibration | None,
) -> dict[str, RiskChange | CannotPredict]:
    read = [option for option in options if model.support.keys() & option.courses.keys()]
    why = {o.label: reason_against_orders(model, o.orders) or _not_measured(model, o, measured) for o in read}
    refused = {label: CannotPredict(model.event, reason) for label, reason in why.items() if reason}
    left = [option for option in read if option.label not in refused]
    if not left:
        return {**refused}
    courses: dict[str, Course] = {option.label: option.courses for option in left}
    allowed = {v for v, _ in measured} | {v for option in left for v in option.courses if _untouched(option, usual, v)}
    asked = {NO_CHANGE: usual.courses, **courses}
    return {**refused, **risk_change(model, record, prediction.at, asked, frozenset(allowed), local)}


def _untouched(option: Forecast, usual: Forecast, variable: str) -> bool:
    """Whether nothing ordered acts on a variable, and its course is that of no change: what does nothing needs no measuring."""
    same = variable in usual.courses and np.array_equal(option.courses[variable], usual.courses[variable])
    return same and not option.moved_by.get(variable)


def _not_measured(model: RiskModel, option: Forecast, measured: Measured) -> str | None:
    """Why the simulated course of an option may not stand for what the order does."""
    for variable in model.support.keys() & option.courses.keys():
        strange = [by for by in option.moved_by.get(variable, ()) if (variable, by) not in measured]
        if strange:
            return f"what {in_words(strange[0])} does to the {in_words(variable)} has not been held against charts"
    return None
