"""Alert fatigue: what is worth a card, how loud it may be, and which cards are left out.

Fine = no suggested alternative, P(harm) < 0.2, not heading for harm after the first day, and neither likely to miss the target
nor well below what another dose does for it. A critical card from a prediction needs harm to be likely under every eligible
model, fresh data, and a cleared dose that aims at the target with clearly less harm: giving nothing harms least and treats
nobody. At most three cards, one of them critical.
"""

from cds_cards.evidence import relevant
from cds_cards.schema import Indicator
from cds_cards.subject import LIKELY, Subject
from twin_engine.prediction import Forecast, Metric
from twin_engine.proposals.choose import FINE_P_HARM, LEAST_GAIN, LEAST_SHARE

HARM_WORTH_A_CARD = 0.2
HARM_CRITICAL = 0.5
HARM_AVOIDED = 0.2
HARM_CERTAIN = 0.95
"""Our own: so sure of harm, a model that is not verified warns too; it still suggests nothing and is never critical."""
MISSED_LIKELY = 0.8
"""Our own choice, needs a second reader: so likely to miss the target, an order is told of though nothing that could be given
is clearly better."""
MOST_CARDS = 3
_NOT_FRESH = frozenset({"stale", "missing", "implausible", "conflicting", "incomplete_dose_history"})


def fine(subject: Subject, metric: Metric) -> bool:
    """Whether the order needs no card for what it is predicted to do."""
    quiet = subject.suggested is None and subject.overshooting is None and metric.p_harm < HARM_WORTH_A_CARD
    return quiet and not subject.heads_for_harm(subject.ordered) and not _does_too_little(subject, metric)


def _does_too_little(subject: Subject, metric: Metric) -> bool:
    """Whether an order that goes on likely stays below the target for good, or another dose does clearly more, by verified
    models. A single dose may be for prophylaxis and a stop is meant."""
    goes_on = any(not o.stop and (o.interval_h is not None or o.rate is not None) for o in subject.orders)
    if not goes_on or not subject.claims:
        return False
    settled = subject.settled(subject.ordered)
    missed = min(m.p_below for m in (metric, settled or metric)) >= MISSED_LIKELY
    return missed or does_most(subject) is not None


def does_most(subject: Subject) -> Forecast | None:
    """The best option that would be suggested if its median reached the target: too little, and clearly less so than the
    order; None where there is none."""
    ordered, place = subject.metric(subject.ordered), subject.ordered and subject.ordered.places.get(subject.drug)
    if ordered is None or place is None:
        return None
    for option in subject.alternatives:
        found, own = subject.metric(option), option.places.get(subject.drug)
        if found is None or own is None or not option.safety.cleared or subject.heads_for_harm(option):
            continue
        gains = own.utility >= place.utility + LEAST_GAIN and (own.better_in or 0.0) >= LEAST_SHARE
        harmless = found.p_harm < FINE_P_HARM or found.p_harm <= min(ordered.p_harm, LIKELY)
        if gains and harmless and found.p_below < ordered.p_below and not aims(found) and not subject.heads_below(option):
            return option
    return None


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
