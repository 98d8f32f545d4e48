"""Why a card offers no other dose."""

from collections.abc import Iterator

from cds_cards.evidence import relevant
from cds_cards.metric_words import harm_in, kind_and_window, regimen_of
from cds_cards.policy import aims, does_most
from cds_cards.subject import LIKELY, Subject
from cds_cards.wording import bounds, number, probability_in_words, unit_text
from twin_engine.prediction import Forecast, Metric, Prediction
from twin_engine.proposals.choose import FINE_P_HARM


def not_offered(subject: Subject, prediction: Prediction) -> Iterator[str]:
    """Why nothing is offered, in one line, for a drug that is judged by a target. What keeps a suggestion back stands among
    the remarks."""
    if subject.suggested is not None or not subject.claims or subject.metric_name is None:
        return
    option = subject.overshooting
    settled = subject.settled(option)
    if option is not None and settled is not None:
        reached = f"{regimen_of(subject, option, short=True)} would reach the target in the next 24 h"
        end = f"{number(settled.median)} at steady state ({harm_in(subject, settled)})"
        yield f"**No suggestion:** {reached} but go on to {end}; {_lasting(subject)}"
    elif not any("suggest" in q.effect for q in relevant(subject, prediction)):
        yield f"**No suggestion:** {_dose_waits(subject) or _harms_later(subject) or _best(subject)}"


def _dose_waits(subject: Subject) -> str | None:
    """That even the best dose tried is more likely than not to harm, and what the next one waits for; None where it is not."""
    best, ordered = next(_tried(subject), None), subject.metric(subject.ordered)
    metric = subject.metric(best)
    if best is None or metric is None or ordered is None or metric.p_harm < LIKELY:
        return None
    more = "" if metric.p_harm < ordered.p_harm else ", no less than the order"
    tried = f"the best dose tried, {regimen_of(subject, best, short=True)}, harms more likely than not{more}"
    trough = kind_and_window(subject, metric.harm_metric or subject.metric_name or "")[0] == "trough"
    bound = metric.harm_above if trough else None
    until = None if bound is None else f"wait until it is below {number(bound)} {unit_text(metric.unit)}"
    if not _is_first(subject):
        then = "measure a level" + (" before the dose is given" if until is None else f", and let the dose {until}")
    else:
        # A trough that is too high harms by what is given upon it.
        held = trough and not subject.findings_of("absolute")
        then = "no earlier dose is charted, so this is no reason to hold the first; " if held else ""
        then += "measure a level before the second dose" + ("" if until is None else f", and let that {until}")
    return f"{tried} ({harm_in(subject, metric)}): {then}"


def _harms_later(subject: Subject) -> str | None:
    """Which side fails where the order heads for harm and nothing that does not is better today; None where it does not."""
    if not subject.heads_for_harm(subject.ordered) or next(_tried(subject), None) is None:
        return None
    if any(_lasts(subject, f) for f in _tried(subject)):
        return f"the order heads for harm; {_lasting(subject)}"
    today = "the doses that do best in the next 24 h head for harm as the order does, lower ones do worse by then"
    return f"{today}; {_lasting(subject)}"


def _lasting(subject: Subject) -> str:
    """What to do instead of a dose that heads for harm."""
    lasting = next((f for f in _tried(subject) if _lasts(subject, f)), None)
    settled = subject.settled(lasting)
    if lasting is not None and settled is not None:
        end, found = f"{number(settled.median)} at steady state", subject.metric(lasting)
        short = found is not None and not aims(found)
        but = "is not likely to reach the target" if short else "is not clearly better"
        return f"{regimen_of(subject, lasting, short=True)} would not ({end}) but {but} in the next 24 h"
    loaded = any(o.interval_h is None and o.rate is None for o in subject.orders)
    return "a load, then less, may serve better" if _is_first(subject) and not loaded else "judge again with a level"


def _lasts(subject: Subject, option: Forecast) -> bool:
    return not subject.heads_for_harm(option) and not subject.heads_below(option)


def _best(subject: Subject) -> str:
    best, most = next(_tried(subject), None), does_most(subject)
    if best is None:
        return "no other dose that can be delivered was found"
    if most is not None:
        return f"no dose that can be delivered is likely to reach the target; {_reaching(subject, most, 'does most')}"
    if subject.findings_of("absolute") or subject.findings_of("recommended"):
        return f"no dose within the limits is clearly better by the target alone; {_reaching(subject, best, 'comes closest')}"
    found, ordered = subject.metric(best), subject.metric(subject.ordered)
    if found is not None and ordered is not None and aims(found) and found.p_harm >= max(FINE_P_HARM, ordered.p_harm):
        return f"{_reaching(subject, best, 'does most')}, but {harm_in(subject, found)}"
    return "no other dose that can be delivered is clearly better and likely to reach the target"


def _reaching(subject: Subject, option: Forecast, words: str) -> str:
    """How often an option is in the target beside the order."""
    told = f"{regimen_of(subject, option, short=True)} {words}"
    found, ordered = subject.metric(option), subject.metric(subject.ordered)
    if found is None or ordered is None:
        return told
    return f"{told}: {bounds(*found.target)} in {_in_target(found)}, as ordered in {_in_target(ordered)}"


def _in_target(metric: Metric) -> str:
    return probability_in_words(metric.p_in_target)


def _tried(subject: Subject) -> Iterator[Forecast]:
    return (f for f in subject.alternatives if f.safety.cleared and subject.metric(f) is not None)


def _is_first(subject: Subject) -> bool:
    """Whether neither a dose nor a level of the drug is charted yet."""
    record, at = subject.case.record, subject.ordered.times[0] if subject.ordered else None
    return at is not None and not any(a.start <= at for a in record.given(subject.drug)) and not record.of(subject.drug)
