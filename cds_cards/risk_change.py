"""The line on an order's card that says where its simulated course moves the risk of an event, and when there is none.

The words claim no effect: an association in past patients. Rank and what became of such hours until the site has
recalibrated, then percent. Where both ways read the same there is nothing to say.
"""

from collections.abc import Iterator

from cds_cards.case import CardCase, Suppressed
from cds_cards.names import name
from cds_cards.subject import Subject
from cds_cards.wording import listed, number, probability
from twin_engine.outcome import CannotPredict
from twin_engine.risk.what_if import RiskChange, Standing

RANKED_FROM = 0.5
"""Below the median hour a rank says nothing that matters."""


def lines(subject: Subject) -> Iterator[str]:
    """What the simulated order does to the risks that may be shown."""
    for found in subject.case.risk_changes.get(subject.label, ()):
        if isinstance(found, RiskChange) and not _why_not(subject.case, found):
            yield _words(found)


def left_out(subject: Subject) -> Iterator[Suppressed]:
    """Why no line stands on the card, for the audit."""
    for found in subject.case.risk_changes.get(subject.label, ()):
        if isinstance(found, CannotPredict):
            yield Suppressed(subject.topic, f"no change of the risk of {found.variable}: {found.reason}")
        elif why := _why_not(subject.case, found):
            yield Suppressed(subject.topic, f"no change of the risk of {found.event}: {why}")


def _why_not(case: CardCase, found: RiskChange) -> str | None:
    if case.record.has_condition("limitation_of_treatment") and not case.rules.despite_limits:
        return "treatment is limited"
    if "deterioration" in case.rules.silent or f"deterioration {found.event}" in case.rules.unproven:
        return "this risk is silent here"
    if not found.variables:
        return "the simulated order moves nothing that the risk depends on"
    if _chance(found.with_option) == _chance(found.with_no_change):
        return "it reads the same with and without the order"
    return None


def _words(found: RiskChange) -> str:
    moved = listed(name(variable) for variable in found.variables)
    if found.with_option.local_probability is None:
        ranks = f"{_rank(found.with_option)} instead of {_rank(found.with_no_change)}"
        became = f"of such hours {_chance(found.with_option)} went on to it, against {_chance(found.with_no_change)}"
        said = f"this hour would rank {ranks} ({became})"
    else:
        said = (
            f"this risk would read {_chance(found.with_option)} instead of {_chance(found.with_no_change)}, recalibrated here"
        )
    supposed = f"if {moved} followed the simulated course for an hour and everything else stayed as it is"
    return f"**{found.title}** (experimental): {supposed}, {said}. An association in past patients, not a measured effect"


def _chance(found: Standing) -> str:
    return probability(found.ppv if found.local_probability is None else found.local_probability)


def _rank(found: Standing) -> str:
    if found.share_below < RANKED_FROM:
        return "in the lower half of hours"
    return f"among the highest {number(round(max(100.0 * (1.0 - found.share_below), 0.1), 1))} %"
