"""The words of a card on one drug order: what it will do to this patient, and what another order would do."""

from collections.abc import Iterator
from typing import Final
from zoneinfo import ZoneInfo

from cds_cards import pressure, sedation
from cds_cards.evidence import data_line, model_names, models_not_used, remarks, why
from cds_cards.metric_words import (
    harm_elsewhere,
    harm_in,
    is_low,
    low_in,
    metric_words,
    p_harm_of,
    regimen_of,
)
from cds_cards.not_offered import not_offered
from cds_cards.option_table import option_table
from cds_cards.policy import aims
from cds_cards.profiles import Change, Profile
from cds_cards.schema import SUMMARY_LENGTH, Suggestion
from cds_cards.subject import LIKELY, Subject
from cds_cards.wording import (
    bounds,
    capital,
    drug_name,
    fitted,
    number,
    plain,
    probability,
    probability_in_words,
    regimen,
    span,
    unit_text,
)
from twin_engine.bolus import EFFECT_SITE, HIGHEST
from twin_engine.circulation.pressors import PRESSORS
from twin_engine.prediction import Forecast, Metric, Prediction

SUGGESTION_LENGTH = 60
TRACE: Final = 0.01
"""Of the highest concentration; less than this is no longer told."""


def summary(subject: Subject, metric: Metric) -> str:
    """One sentence: the order, what it is predicted to reach, the larger risk, and the suggestion."""
    order, reached = subject.name(), value(subject, metric)
    target = f"target {bounds(*metric.target)}"
    interval = f"90 % {span(metric.low, metric.high)}"
    settled = subject.settled(subject.ordered)
    low_first = harm_elsewhere(metric) and settled is not None and metric.p_below > settled.p_harm
    if settled is not None and metric.p_harm < LIKELY <= settled.p_harm and not low_first:
        heading = f"heading for {number(settled.median)} at steady state, {harm_in(subject, settled)}"
        better = _better(subject, settled)
        low = f" ({low_in(metric)})" if metric.p_below >= LIKELY else ""
        return fitted(
            (
                *(f"{order}: {reached} in the next 24 h{low}, {heading}{more}" for more in better),
                f"{order}: {reached} in the next 24 h, {heading}{better[-1]}",
                f"{order}: {heading}",
            ),
            SUMMARY_LENGTH,
        )
    risk, better = _risk(subject, metric), _better(subject, metric)
    return fitted(
        (
            *(f"{order}: {reached} ({interval}, {target}), {risk}{more}" for more in better),
            *(f"{order}: {reached} ({target}), {risk}{more}" for more in better),
            f"{order}: {reached}, {risk}{better[-1]}",
            f"{order}: {reached}, {risk}",
        ),
        SUMMARY_LENGTH,
    )


def value(subject: Subject, metric: Metric) -> str:
    """The metric in one phrase: "AUC24 742 mg·h/L", "MAP 68 mmHg"."""
    reached = f"{metric.median:.0f}" if metric.unit == "mm[Hg]" else number(metric.median)
    return f"{metric_words(subject)[0]} {reached} {unit_text(metric.unit)}"


def exposure_summary(subject: Subject, ordered: Forecast) -> str:
    """One sentence for a drug without a target: the highest concentration after a bolus, else that at the end, or at the last
    time when more than a trace is left."""
    peaks = _peaks(ordered, subject.drug)
    if peaks:
        return fitted(
            [f"{subject.name()}: predicted peak, {place} {reached}" for place, reached in peaks.items()], SUMMARY_LENGTH
        )
    bands = ordered.variables[subject.drug]
    gone = TRACE * max(bands.p50)
    last = max(i for i, reached in enumerate(bands.p50) if reached >= gone)
    hours = (ordered.times[last] - ordered.times[0]).total_seconds() / 3600.0
    reached = f"{number(bands.p50[last])} {unit_text(bands.unit)} (90 % {span(bands.p5[last], bands.p95[last])})"
    told = f"{subject.name()}: predicted concentration in {number(hours)} h {reached}"
    # Who orders a pressor asks for a pressure: its absence belongs into the headline.
    return fitted([f"{told}; no prediction of MAP", told] if subject.drug in PRESSORS else [told], SUMMARY_LENGTH)


def _after_bolus(subject: Subject) -> Iterator[str]:
    """The peak of a bolus at the effect site and, where the first minutes were studied, in the plasma."""
    peaks = {} if subject.ordered is None else _peaks(subject.ordered, subject.drug)
    if peaks:
        yield "**Highest in the 15 min after the bolus:** " + ", ".join(
            f"{place} {reached}" for place, reached in peaks.items()
        )


def _peaks(ordered: Forecast, drug: str) -> dict[str, str]:
    named = {"effect site": f"{drug}_{EFFECT_SITE}_{HIGHEST}", "plasma": f"{drug}_{HIGHEST}"}
    return {place: _interval(ordered.metrics[name]) for place, name in named.items() if name in ordered.metrics}


def _interval(metric: Metric) -> str:
    return f"{number(metric.median)} {unit_text(metric.unit)} (90 % {span(metric.low, metric.high)})"


def _risk(subject: Subject, metric: Metric) -> str:
    """The larger risk: too little, or harm (above the target, where no harm is declared)."""
    return low_in(metric) if is_low(metric) else harm_in(subject, metric)


def _better(subject: Subject, told: Metric) -> tuple[str, ...]:
    """What the offered option would come to, long and short, in the terms that the order is told in: its median between two
    bounds, else its share of the same risk; a median beyond an open bound says nothing of how often it is missed."""
    option = subject.suggested
    next_day = subject.metric(option)
    if option is None or next_day is None or not subject.claims:
        return ("",)
    metric = next_day if told is subject.metric(subject.ordered) else subject.settled(option) or next_day
    if None in told.target or harm_elsewhere(told):
        risk = metric.p_below if is_low(told) and told is subject.metric(subject.ordered) else p_harm_of(metric)
        reached = f"in {probability_in_words(risk)}"
    else:
        later = _leaves_target(subject, option) if metric is next_day else None
        reached = number(metric.median)
        reached += "" if later is None else f" next 24 h, {number(later.median)} at steady state"
    return tuple(f"; {regimen_of(subject, option, short=short)}: {reached}" for short in (False, True))


def _leaves_target(subject: Subject, option: Forecast | None) -> Metric | None:
    """What an option that is judged by its first day goes on to, where that is no longer in the target."""
    settled = subject.settled(option)
    if settled is None:
        return None
    return None if aims(settled) else settled


def _for_a_day(subject: Subject) -> Iterator[str]:
    """That a suggestion made for the day that comes is not one for good."""
    later = _leaves_target(subject, subject.suggested) if subject.claims else None
    if later is not None and subject.suggested is not None:
        low, what = later.target[0], f"{number(later.median)} at steady state"
        below = low is not None and later.median < low
        risk = f"< {number(low or 0.0)} in {probability_in_words(later.p_below)}" if below else harm_in(subject, later)
        chosen = regimen_of(subject, subject.suggested, short=True)
        yield f"**For the next 24 h:** {chosen} would go on to {what} ({risk}) at today's clearance; judge again with a level"


def detail(subject: Subject, prediction: Prediction, opening: tuple[str, ...] = ()) -> str:
    """GFM: what stands first (limits), the table, two facts, ages, remarks, target and models."""
    lines = [*opening]
    if subject.metric_name is not None:
        lines.append(option_table(subject))
    facts = (*(f"**Why:** {fact}" for fact in why(subject, prediction)), data_line(subject, prediction))
    told = (
        *not_offered(subject, prediction),
        *_for_a_day(subject),
        *_after_bolus(subject),
        *facts,
        *_level_first(subject, prediction),
        *pressure.side_effect(subject),
        *sedation.without_index(subject),
        *remarks(subject, prediction),
        *_footing(subject, prediction),
    )
    return "\n\n".join((*lines, "\n".join(f"- {line}" for line in told)))


def _level_first(subject: Subject, prediction: Prediction) -> Iterator[str]:
    """When one more level would help most to choose a dose."""
    for advice in prediction.level_advice:
        if advice.drug == subject.drug and subject.claims:
            local = advice.time.astimezone(ZoneInfo(subject.case.timezone))
            won = f"P(in target) minus P(harm) of the best dose would rise by about {probability(advice.gain)}"
            yield f"**A level would help to choose**, best at {local:%d %b %H:%M %Z}: {won}"


def _footing(subject: Subject, prediction: Prediction) -> Iterator[str]:
    metric = subject.metric(subject.ordered)
    note = _target_note(subject)
    if metric is not None and note:
        yield f"Target {bounds(*metric.target)} {unit_text(metric.unit)}, assumed: {note}"
    if metric is not None:
        yield from _mic(subject, metric)
    if not subject.claims:
        yield "Model not verified for this use: for information, no suggestion is made"
    yield f"Models: {model_names(subject)}"
    if refused := models_not_used(subject, prediction):
        yield f"Models not used: {refused}"


def _target_note(subject: Subject) -> str:
    target = subject.case.site.targets.get(subject.drug)
    return "" if target is None else plain(target.note.removeprefix("target assumed: "))


def _mic(subject: Subject, metric: Metric) -> Iterator[str]:
    """Which concentration is to be exceeded, and whose MIC it comes from."""
    target = subject.case.site.targets.get(subject.drug)
    if target is None or target.mic is None:
        return
    if metric.threshold is not None:
        yield f"Time counts above {number(metric.threshold)} mg/L unbound ({number(target.mic.multiple)} × MIC)"
    if metric.mic_assumed:
        yield f"No MIC charted: {number(target.mic.breakpoint)} mg/L assumed ({plain(target.mic.organisms)})"


def suggestions(subject: Subject, profile: Profile) -> tuple[Suggestion, ...]:
    """The suggested option as one click, if the whole changed order could be written."""
    option = subject.suggested
    if option is None or not subject.claims or option.label not in subject.case.resources:
        return ()
    drug = drug_name(subject.drug)
    label = fitted(
        (f"Change to {drug} {regimen_of(subject, option)}", f"Change to {drug} {regimen_of(subject, option, short=True)}"),
        SUGGESTION_LENGTH,
    )
    after = f"{capital(drug)}: {regimen_of(subject, option)}"
    ordered = tuple(o for o in option.orders if o.drug == subject.drug)
    change = Change(after, regimen(subject.orders), subject.case.resources[option.label], ordered)
    actions = profile.actions(change, subject.case.preference_list)
    if not actions:
        return ()
    return (
        Suggestion(
            label=label,
            uuid=subject.case.uuid_of(f"suggestion {subject.topic} {option.label}"),
            actions=actions,
            is_recommended=profile.recommends,
        ),
    )
