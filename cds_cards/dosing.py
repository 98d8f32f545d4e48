"""The words of a card on one drug order: what it will do to this patient, and what another order would do."""

from collections.abc import Iterator
from typing import Final
from zoneinfo import ZoneInfo

from cds_cards import infusion, sedation
from cds_cards.evidence import data_line, model_names, models_not_used, relevant, remarks, why
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
    table,
    unit_text,
)
from twin_engine.bolus import EFFECT_SITE, HIGHEST
from twin_engine.circulation.pressors import PRESSORS
from twin_engine.prediction import Forecast, Metric, Prediction

SUGGESTION_LENGTH = 60
NEXT_BEST = 2
_METRICS = {
    "auc24": "AUC24",
    "trough": "Trough",
    "peak": "Peak",
    "css": "Mean concentration",
    "ft_above_mic": "Time above target concentration",
    "map": "MAP",
    "plateau_pressure": "plateau",
    "spo2": "SpO2",
    "pao2": "PaO2",
    "paco2": "PaCO2",
}
_WINDOWS = {"next": "next 24 h, earlier doses included", "steady": "at steady state", "10min": "in 10 min", "1h": "in 1 h"}

TRACE: Final = 0.01
"""Of the highest concentration; less than this is no longer told."""


def summary(subject: Subject, metric: Metric) -> str:
    """One sentence: the order, what it is predicted to reach, the larger risk, and the suggestion."""
    order, reached = subject.name(), value(subject, metric)
    target = f"target {bounds(*metric.target)}"
    interval = f"90 % {span(metric.low, metric.high)}"
    settled = subject.settled(subject.ordered)
    low_first = _harm_elsewhere(metric) and settled is not None and metric.p_below > settled.p_harm
    if settled is not None and metric.p_harm < LIKELY <= settled.p_harm and not low_first:
        heading = f"heading for {number(settled.median)} at steady state, {_harm_in(subject, settled)}"
        better = _better(subject, settled)
        low = f" ({_low_in(metric)})" if metric.p_below >= LIKELY else ""
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
    """The metric in one phrase: "AUC24 742 mg·h/L"."""
    return f"{_metric_words(subject)[0]} {number(metric.median)} {unit_text(metric.unit)}"


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
    return _low_in(metric) if _low(metric) else _harm_in(subject, metric)


def _low(metric: Metric) -> bool:
    """Whether too little is the larger risk."""
    return metric.target[0] is not None and metric.p_below > _p_harm(metric)


def _harm_elsewhere(metric: Metric) -> bool:
    """Whether harm begins at another bound than the upper one of the target."""
    return metric.harm_above not in {None, metric.target[1]}


def _low_in(metric: Metric) -> str:
    return f"< {number(metric.target[0] or 0.0)} in {probability_in_words(metric.p_below)}"


def _harm_in(subject: Subject, metric: Metric) -> str:
    return f"{_harm_words(subject, metric)} in {probability_in_words(_p_harm(metric))}"


def _p_harm(metric: Metric) -> float:
    return metric.p_above if metric.harm_above is None else metric.p_harm


def _harm_words(subject: Subject, metric: Metric) -> str:
    """The bound of harm: "> 600", or "trough > 1" where harm shows in another metric than the effect."""
    bound = metric.target[1] if metric.harm_above is None else metric.harm_above
    if bound is None:
        return "above target"
    kind, own = (_kind_and_window(subject, name or "")[0] for name in (metric.harm_metric, subject.metric_name))
    elsewhere = "" if kind in {"", own} else _METRICS.get(kind, "").lower()
    return f"{elsewhere} > {number(bound)}".strip()


def _better(subject: Subject, told: Metric) -> tuple[str, ...]:
    """What the offered option would come to, long and short, in the terms that the order is told in: its median between two
    bounds, else its share of the same risk; a median beyond an open bound says nothing of how often it is missed."""
    option = subject.suggested
    next_day = subject.metric(option)
    if option is None or next_day is None or not subject.claims:
        return ("",)
    metric = next_day if told is subject.metric(subject.ordered) else subject.settled(option) or next_day
    if None in told.target or _harm_elsewhere(told):
        risk = metric.p_below if _low(told) and told is subject.metric(subject.ordered) else _p_harm(metric)
        reached = f"in {probability_in_words(risk)}"
    else:
        later = _leaves_target(subject, option) if metric is next_day else None
        reached = number(metric.median)
        reached += "" if later is None else f" next 24 h, {number(later.median)} at steady state"
    return tuple(f"; {_regimen(subject, option, short=short)}: {reached}" for short in (False, True))


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
        risk = f"< {number(low or 0.0)} in {probability_in_words(later.p_below)}" if below else _harm_in(subject, later)
        chosen = _regimen(subject, subject.suggested, short=True)
        yield f"**For the next 24 h:** {chosen} would go on to {what} ({risk}) at today's clearance; judge again with a level"


def detail(subject: Subject, prediction: Prediction, opening: tuple[str, ...] = ()) -> str:
    """GFM: what stands first (limits), the table, two facts, ages, remarks, target and models."""
    lines = [*opening]
    if subject.metric_name is not None:
        lines.append(_options(subject))
    facts = (*(f"**Why:** {fact}" for fact in why(subject, prediction)), data_line(subject, prediction))
    told = (
        *_not_offered(subject, prediction),
        *_for_a_day(subject),
        *_after_bolus(subject),
        *facts,
        *_level_first(subject, prediction),
        *infusion.side_effect(subject),
        *sedation.without_index(subject),
        *remarks(subject, prediction),
        *_footing(subject, prediction),
    )
    return "\n\n".join((*lines, "\n".join(f"- {line}" for line in told)))


def _not_offered(subject: Subject, prediction: Prediction) -> Iterator[str]:
    """Why nothing is offered: the best option of the first day would go on to harm, or nothing is clearly better. What keeps a
    suggestion back stands among the remarks."""
    option = subject.overshooting
    if subject.suggested is not None or not subject.claims or subject.metric_name is None:
        return
    settled = subject.settled(option)
    if option is not None and settled is not None:
        reached = f"{_regimen(subject, option, short=True)} would reach the target in the next 24 h"
        end = f"{number(settled.median)} at steady state ({_harm_in(subject, settled)})"
        yield f"**No suggestion:** {reached} but go on to {end}; a load, then less, may serve better"
    elif option is None and not any("suggest" in q.effect for q in relevant(subject, prediction)):
        yield (
            _dose_waits(subject)
            or "**No suggestion:** no other dose that can be delivered is clearly better and likely to reach the target"
        )


def _dose_waits(subject: Subject) -> str | None:
    """That even the best dose tried is more likely than not to harm, and what the next one waits for; None where it is not."""
    best = next((f for f in subject.alternatives if f.safety.cleared and subject.metric(f)), None)
    metric = subject.metric(best)
    if best is None or metric is None or metric.p_harm < LIKELY:
        return None
    trough = _kind_and_window(subject, metric.harm_metric or subject.metric_name or "")[0] == "trough"
    bound = metric.harm_above if trough else None
    until = "" if bound is None else f", and let the dose wait until it is below {number(bound)} {unit_text(metric.unit)}"
    tried = f"the least bad dose tried, {_regimen(subject, best, short=True)}, harms more likely than not"
    return f"**No suggestion:** {tried} ({_harm_in(subject, metric)}): measure a level{until or ' before the dose is given'}"


def _level_first(subject: Subject, prediction: Prediction) -> Iterator[str]:
    """When one more level would help most to choose a dose."""
    for advice in prediction.level_advice:
        if advice.drug == subject.drug and subject.claims:
            local = advice.time.astimezone(ZoneInfo(subject.case.timezone))
            won = f"P(in target) minus P(harm) of the best dose would rise by about {probability(advice.gain)}"
            yield f"**A level would help to choose**, best at {local:%d %b %H:%M %Z}: {won}"


def _options(subject: Subject) -> str:
    found = subject.metric(subject.ordered)
    if found is None:
        return ""
    what, window = _metric_words(subject)
    head = [
        "Option",
        f"{what}, {unit_text(found.unit)} (90 %)",
        f"P({bounds(*found.target)})",
        f"P({_harm_words(subject, found)})",
    ]
    if subject.settled(subject.ordered) is not None:
        # What an order that goes on is heading for.
        head.append(f"{what} {_WINDOWS['steady']}")
    caption = f"**{what} {window}**" if window else f"**{what}**"
    return caption + "\n\n" + table(head, _rows(subject))


def _rows(subject: Subject) -> Iterator[list[str]]:
    suggested = subject.suggested if subject.claims else None
    others = [f for f in subject.alternatives if f is not suggested and f.safety.cleared and subject.metric(f)]
    others = [f for f in others if not subject.heads_for_harm(f) and not subject.heads_below(f)]
    yield from _row(subject, subject.ordered, "As ordered: ")
    yield from _row(subject, suggested, "**Suggested:** ")
    for other in others[: NEXT_BEST - (suggested is not None)]:
        yield from _row(subject, other, _role(subject.metric(other), suggested))
    untreated = subject.metric(subject.no_change)
    if untreated is not None and untreated.high > 0:
        yield from _row(subject, subject.no_change, "No change", name=False)


def _role(metric: Metric | None, suggested: Forecast | None) -> str:
    if metric is not None and metric.p_harm >= LIKELY:
        return "Tried, likely to harm: "
    return "Next best: " if suggested else "Also possible: "


def _row(subject: Subject, option: Forecast | None, role: str, *, name: bool = True) -> Iterator[list[str]]:
    metric = subject.metric(option)
    if option is None or metric is None:
        return
    cells = [
        role + (_regimen(subject, option) if name else ""),
        f"{number(metric.median)} ({span(metric.low, metric.high)})",
        probability(metric.p_in_target),
        probability(_p_harm(metric)),
    ]
    if subject.settled(subject.ordered) is not None:
        settled = subject.settled(option)
        cells.append("–" if settled is None else number(settled.median))
    yield cells


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


def _metric_words(subject: Subject) -> tuple[str, str]:
    """Words for the metric and for its window: ("AUC24", "at steady state")."""
    kind, window = _kind_and_window(subject, subject.metric_name or "")
    return _METRICS.get(kind, kind), _WINDOWS.get(window, "")


def _kind_and_window(subject: Subject, name: str) -> tuple[str, str]:
    kind, _, window = name.removeprefix(f"{subject.drug}_").rpartition("_")
    return kind, window


def _regimen(subject: Subject, option: Forecast, *, short: bool = False) -> str:
    return regimen([o for o in option.orders if o.drug == subject.drug], short=short)


def suggestions(subject: Subject, profile: Profile) -> tuple[Suggestion, ...]:
    """The suggested option as one click, if the whole changed order could be written."""
    option = subject.suggested
    if option is None or not subject.claims or option.label not in subject.case.resources:
        return ()
    drug = drug_name(subject.drug)
    label = fitted(
        (f"Change to {drug} {_regimen(subject, option)}", f"Change to {drug} {_regimen(subject, option, short=True)}"),
        SUGGESTION_LENGTH,
    )
    after = f"{capital(drug)}: {_regimen(subject, option)}"
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
