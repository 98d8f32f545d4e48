"""Alert fatigue: what is worth a card, how loud it may be, and which cards are left out.

Fine = no suggested alternative, P(harm) < 0.2, not heading for harm after the first day, and not sure to miss the target. A
critical card from a prediction needs harm to be likely under every eligible model, fresh data, and a cleared dose that aims at
the target with clearly less harm: giving nothing harms least and treats nobody. At most three cards, one of them critical.
"""

from cds_cards.evidence import relevant
from cds_cards.schema import Indicator
from cds_cards.subject import Subject
from twin_engine.prediction import Metric

HARM_WORTH_A_CARD = 0.2
HARM_CRITICAL = 0.5
HARM_AVOIDED = 0.2
HARM_CERTAIN = 0.95
"""Our own: so sure of harm, a model that is not verified warns too; it still suggests nothing and is never critical."""
MISSED_CERTAIN = 0.95
"""Our own choice, needs a second reader: so sure to miss the target, an order is told of though nothing that could be given is
clearly better."""
MOST_CARDS = 3
_NOT_FRESH = frozenset({"stale", "missing", "implausible", "conflicting", "incomplete_dose_history"})


def fine(subject: Subject, metric: Metric) -> bool:
    """Whether the order needs no card for what it is predicted to do."""
    quiet = subject.suggested is None and subject.overshooting is None and metric.p_harm < HARM_WORTH_A_CARD
    return quiet and not subject.heads_for_harm(subject.ordered) and not _sure_to_miss(subject, metric)


def _sure_to_miss(subject: Subject, metric: Metric) -> bool:
    """Whether an order that goes on stays below the target for good, as good as surely, by verified models. A single dose
    may be for prophylaxis and a stop is meant."""
    goes_on = any(not o.stop and (o.interval_h is not None or o.rate is not None) for o in subject.orders)
    settled = subject.settled(subject.ordered)
    return goes_on and subject.claims and min(m.p_below for m in (metric, settled or metric)) >= MISSED_CERTAIN


def dosing_indicator(subject: Subject, metric: Metric) -> Indicator:
    """How loud a card on a predicted effect may be."""
    if not subject.claims:
        return "warning" if metric.p_harm >= HARM_CERTAIN else "info"
    return "critical" if _critical(subject, metric) else "warning"


def _critical(subject: Subject, metric: Metric) -> bool:
    return harm_under_every_model(metric) and _fresh(subject) and _safer_option(subject, metric)


def harm_under_every_model(metric: Metric) -> bool:
    """Whether P(harm) >= 0.5 over the copies of each model."""
    return bool(metric.p_harm_by_model) and min(metric.p_harm_by_model.values()) >= HARM_CRITICAL


def _fresh(subject: Subject) -> bool:
    prediction = subject.case.prediction
    return (
        prediction is not None
        and not subject.case.incomplete
        and not any(q.status in _NOT_FRESH for q in relevant(subject, prediction))
    )


def _safer_option(subject: Subject, metric: Metric) -> bool:
    return any(
        option.safety.cleared
        and (other := subject.metric(option)) is not None
        and other.p_harm <= metric.p_harm - HARM_AVOIDED
        and aims(other)
        for option in subject.alternatives
    )


def aims(metric: Metric) -> bool:
    """Whether the median lies in the target, as that of a suggestion must."""
    low, high = metric.target
    return (low is None or low <= metric.median) and (high is None or metric.median <= high)


def gain(subject: Subject) -> float:
    """Utility won by the suggestion, or P(harm) where there is none: orders cards of equal loudness."""
    ordered, suggested = subject.ordered, subject.suggested
    if suggested is not None and ordered is not None and subject.drug in suggested.places and subject.drug in ordered.places:
        return suggested.places[subject.drug].utility - ordered.places[subject.drug].utility
    metric = subject.metric(ordered)
    return 0.0 if metric is None else metric.p_harm
