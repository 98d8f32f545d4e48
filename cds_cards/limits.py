"""The words for an order beyond a limit: which limit, and who set it."""

from collections.abc import Sequence

from cds_cards import dosing
from cds_cards.schema import SUMMARY_LENGTH
from cds_cards.subject import Subject
from cds_cards.wording import capital, drug_name, fitted, plain

_BEYOND = {"absolute": "Beyond an absolute limit", "recommended": "Beyond a recommended limit"}


def summary(subject: Subject, severity: str, further: int = 0) -> str:
    """One sentence that names order and limit, and what is predicted; `further` other orders pass an absolute limit."""
    reason = plain(subject.findings_of(severity)[0].reason)
    about_drug = reason.lower().startswith(drug_name(subject.drug))
    told = capital(reason) if about_drug else f"{subject.name()}: {reason}"
    more = f" (and {further} more order{'s' if further > 1 else ''} beyond an absolute limit)" if further else ""
    metric = subject.metric(subject.ordered)
    predicted = "" if metric is None else f"; predicted {dosing.value(subject, metric)}"
    return fitted((told + predicted + more, told + more, told), SUMMARY_LENGTH)


def lines(subject: Subject) -> tuple[str, ...]:
    """Each limit crossed with its source, and what could not be checked, as one Markdown list; empty without any."""
    crossed = [
        f"- **{_BEYOND[f.severity]}:** {plain(f.reason)}. Source: {plain(f.source)}"
        for severity in _BEYOND
        for f in subject.findings_of(severity)
    ]
    unchecked = [f"- **Not checked:** {plain(f.reason)}" for f in subject.findings_of("unknown")]
    return ("\n".join(crossed + unchecked),) if crossed or unchecked else ()


def others(subjects: Sequence[Subject]) -> tuple[str, ...]:
    """The absolute limits of the other orders of the call, for the one critical card."""
    told = [
        f"- **{each.name()}:** {plain(f.reason)}. Source: {plain(f.source)}"
        for each in subjects
        for f in each.findings_of("absolute")
    ]
    return ("\n".join(told),) if told else ()
