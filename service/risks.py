"""The risks of opening a chart: the score of each released model, its course where a card may come of it, scores beside it."""

from datetime import datetime

from cds_cards.case import RiskView
from cds_cards.deterioration import SHOWN_FROM
from twin_engine.outcome import CannotPredict
from twin_engine.patient import findings
from twin_engine.patient.record import PatientRecord
from twin_engine.risk.charted_scores import charted_news2, charted_qsofa, charted_sofa
from twin_engine.risk.forecast import RiskForecast, course, forecast
from twin_engine.risk.load import EVENTS, RiskModels
from twin_engine.risk.scores import Score


def seen(models: RiskModels, record: PatientRecord, at: datetime) -> tuple[RiskView, ...]:
    """One view for every event; a model that failed its self-test is a reason, and the others go on."""
    return tuple(_view(models, event, record, at) for event in EVENTS)


def _view(models: RiskModels, event: str, record: PatientRecord, at: datetime) -> RiskView:
    model = models.model(event)
    if isinstance(model, CannotPredict):
        return RiskView(model)
    found = forecast(model, record, at)
    if not isinstance(found, RiskForecast) or found.share_below < SHOWN_FROM:
        return RiskView(found)
    scores = (charted_news2(record, at), charted_qsofa(record, at), charted_sofa(record, at))
    return RiskView(found, course(model, record, at), tuple(map(_in_words, scores)), findings.in_words(record, at))


def _in_words(score: Score) -> str:
    """The score, or how much of it can be computed: parts that are not charted have no points."""
    total = score.total
    return f"{score.name} {total}" if total is not None else f"{score.name} at least {score.at_least} (incomplete)"
