"""The risks of opening a chart: the score of each released model, its course where a card may come of it, scores beside it;
of signing an order: where its simulated course moves them."""

from collections.abc import Iterable
from datetime import datetime

from cds_cards.case import RiskView
from cds_cards.deterioration import SHOWN_FROM
from fhir_mapping.orders import Draft
from twin_engine.outcome import CannotPredict
from twin_engine.patient import findings
from twin_engine.patient.record import PatientRecord
from twin_engine.prediction import Prediction
from twin_engine.risk.charted_scores import charted_news2, charted_qsofa, charted_sofa
from twin_engine.risk.forecast import RiskForecast, course, forecast
from twin_engine.risk.load import EVENTS, RiskModels
from twin_engine.risk.old_values import without_old
from twin_engine.risk.orders import risk_changes
from twin_engine.risk.scores import Score
from twin_engine.risk.what_if import RiskChange


def seen(models: RiskModels, record: PatientRecord, at: datetime) -> tuple[RiskView, ...]:
    """One view for every event; a model that failed its self-test is a reason, and the others go on."""
    return tuple(_view(models, event, record, at) for event in EVENTS)


def _view(models: RiskModels, event: str, record: PatientRecord, at: datetime) -> RiskView:
    model = models.model(event)
    if isinstance(model, CannotPredict):
        return RiskView(model)
    found = forecast(model, record, at, models.local.get(event))
    if not isinstance(found, RiskForecast) or found.share_below < SHOWN_FROM:
        return RiskView(found)
    scores = (charted_news2(record, at), charted_qsofa(record, at), charted_sofa(record, at))
    seen_before, pictures = course(model, record, at), findings.in_words(record, at)
    return RiskView(found, seen_before, tuple(map(_in_words, scores)), pictures, without_old(model, record, at))


def changed(
    models: RiskModels, record: PatientRecord, drafts: Iterable[Draft], prediction: Prediction | None
) -> dict[str, tuple[RiskChange | CannotPredict, ...]]:
    """By label of the drafts, what signing them does to the risks; nothing where no prediction was ready."""
    if prediction is None:
        return {}
    labels = dict.fromkeys(order.label for draft in drafts for order in draft.orders)
    return risk_changes(models, prediction, record, tuple(labels))


def _in_words(score: Score) -> str:
    """The score, or how much of it can be computed: parts that are not charted have no points."""
    total = score.total
    return f"{score.name} {total}" if total is not None else f"{score.name} at least {score.at_least} (incomplete)"
