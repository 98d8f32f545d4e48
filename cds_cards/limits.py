"""The words for an order beyond a limit: which limit, and who set it."""

from collections.abc import Sequence

from cds_cards import dosing, infusion, ventilation
from cds_cards.schema import SUMMARY_LENGTH
from cds_cards.subject import Subject
from cds_cards.wording import capital, drug_name, fitted, listed, plain
from twin_engine.prediction import SafetyFinding


def summary(subject: Subject, severity: str, further: int = 0) -> str:
    """One sentence that names order and limit, and what is predicted; `further` other orders pass an absolute limit. Beyond an
    absolute one, or under a push, no pressure is named: of two readings of a pressor it is the lower, ten minutes on."""
    reason = plain(subject.findings_of(severity)[0].reason)
    about_drug = reason.lower().startswith(drug_name(subject.drug))
    told = capital(reason) if about_drug else f"{subject.name()}: {reason}"
    more = f" (and {further} more order{'s' if further > 1 else ''} beyond an absolute limit)" if further else ""
    reassuring = infusion.concerns(subject) and (severity == "absolute" or infusion.pushed(subject))
    metric = None if reassuring else subject.metric(subject.ordered)
    predicted = "" if metric is None else f"; predicted {dosing.value(subject, metric)}"
    if ventilation.concerns(subject):
        predicted = f"; {ventilation.first(subject)}"
    air = f"; {found}" if (found := ventilation.pneumothorax(subject)) else ""
    return fitted((told + air + predicted + more, told + air + more, told + air, told), SUMMARY_LENGTH)


def lines(subject: Subject) -> tuple[str, ...]:
    """The limits crossed and what could not be checked, as one Markdown list; empty without any. Every absolute limit has
    its source; recommended ones have theirs unless an absolute one is crossed, which says enough."""
    absolute, recommended = subject.findings_of("absolute"), subject.findings_of("recommended")
    told = [f"- **Beyond an absolute limit:** {_sourced(f)}" for f in absolute]
    if absolute and recommended:
        told.append(f"- Also beyond recommended limits: {listed(plain(f.reason) for f in recommended)}")
    else:
        told += [f"- **Beyond a recommended limit:** {_sourced(f)}" for f in recommended]
    told += [f"- **Not checked:** {plain(f.reason)}" for f in subject.findings_of("unknown")]
    return ("\n".join(told),) if told else ()


def others(subjects: Sequence[Subject]) -> tuple[str, ...]:
    """The absolute limits of the other orders of the call, for the one critical card."""
    told = [f"- **{each.name()}:** {_sourced(f)}" for each in subjects for f in each.findings_of("absolute")]
    return ("\n".join(told),) if told else ()


def _sourced(finding: SafetyFinding) -> str:
    return f"{plain(finding.reason)}. Source: {plain(finding.source)}"
