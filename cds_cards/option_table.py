"""What each option comes to, side by side."""

from collections.abc import Iterator

from cds_cards.metric_words import WINDOWS, harm_words, metric_words, p_harm_of, regimen_of
from cds_cards.subject import LIKELY, Subject
from cds_cards.wording import bounds, number, probability, span, table, unit_text
from twin_engine.prediction import Forecast, Metric

NEXT_BEST = 2


def option_table(subject: Subject) -> str:
    """GFM: the order, the suggestion, the next best and doing nothing, by the metric of the drug; empty without one."""
    found = subject.metric(subject.ordered)
    if found is None:
        return ""
    what, window = metric_words(subject)
    head = [
        "Option",
        f"{what}, {unit_text(found.unit)} (90 %)",
        f"P({bounds(*found.target)})",
        f"P({harm_words(subject, found)})",
    ]
    if subject.settled(subject.ordered) is not None:
        # What an order that goes on is heading for.
        head.append(f"{what} {WINDOWS['steady']}")
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
        role + (regimen_of(subject, option) if name else ""),
        f"{number(metric.median)} ({span(metric.low, metric.high)})",
        probability(metric.p_in_target),
        probability(p_harm_of(metric)),
    ]
    if subject.settled(subject.ordered) is not None:
        settled = subject.settled(option)
        cells.append("–" if settled is None else number(settled.median))
    yield cells
