"""What the options of a prediction do to the risks: each simulated course against "no change", through the guard."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from twin_engine.outcome import CannotPredict
from twin_engine.patient.record import PatientRecord
from twin_engine.prediction import Forecast, Prediction
from twin_engine.risk.eligibility import reason_against_orders
from twin_engine.risk.load import RiskModels
from twin_engine.risk.model import RiskModel
from twin_engine.risk.recalibration import Recalibration
from twin_engine.risk.what_if import NO_CHANGE, Course, RiskChange, risk_change

VALIDATED: Mapping[str, str] = MappingProxyType({"map": "docs/validation/map_after_pressor.md"})
"""Variables whose simulated course was held against real charts, and where. What an effect of one drug is worth stands in
its own model's card; a card says "experimental" where it is."""


def risk_changes(
    models: RiskModels, prediction: Prediction, record: PatientRecord, labels: Sequence[str]
) -> dict[str, tuple[RiskChange | CannotPredict, ...]]:
    """By label of an option, what it does to the risk of every event that a model is ready for, or why none may be told.

    Options whose orders have no simulated course that a risk reads are left out.
    """
    usual = prediction.forecast(NO_CHANGE)
    options = [found for label in labels if (found := prediction.forecast(label)) is not None and found.courses]
    if usual is None or not usual.courses or not options:
        return {}
    per_event = [
        _of_event(model, prediction, record, usual, options, models.local.get(event)) for event, model in models.ready.items()
    ]
    return {option.label: tuple(found[option.label] for found in per_event if option.label in found) for option in options}


def _of_event(
    model: RiskModel,
    prediction: Prediction,
    record: PatientRecord,
    usual: Forecast,
    options: Sequence[Forecast],
    local: Recalibration | None,
) -> dict[str, RiskChange | CannotPredict]:
    read = [option for option in options if model.support.keys() & option.courses.keys()]
    refused = {o.label: CannotPredict(model.event, why) for o in read if (why := reason_against_orders(model, o.orders))}
    courses: dict[str, Course] = {o.label: o.courses for o in read if o.label not in refused}
    if not courses:
        return {**refused}
    asked = {NO_CHANGE: usual.courses, **courses}
    return {**refused, **risk_change(model, record, prediction.at, asked, frozenset(VALIDATED), local)}
