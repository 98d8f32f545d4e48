"""Rank options by posterior probability and decide whether one is worth suggesting instead of the order as written.

A suggestion must aim at the target: its median exposure lies in it. Without that an option that is merely harmless would
win over one that treats whenever the posterior is wide. Where the first day decides, it must not go on to stay below the
target either, likely and likelier than the order. What is more likely than not to harm, within the day or once settled, is
never suggested, however much worse the order is: then the dose waits for a level.

Utility of a copy = 1 if its exposure is in the target, minus lambda if it is above the harm bound; utility of an option =
its mean over the copies. A suggestion must gain 0.10, be cleared, win in 60 % of the copies in which the two differ, and be
no more harmful than the order, or at least less likely to harm than what counts as fine.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

LEAST_GAIN = 0.10
LEAST_SHARE = 0.60
TIE = 0.02
FINE_P_HARM = 0.2
LIKELY = 0.5
SAME_DOSE = 0.95
"""Our own choice: a dose within 5 % of another is that dose, rounded to what is delivered: 560 mg for 570."""

Copies = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Choice:
    """One option in the choice: utility of every copy and their mean, P(harm), whether its median exposure `aims` at the
    target, daily and first amounts, whether limits cleared it, and whether it is an alternative (only those are
    suggested), in how many of dose, interval and infusion time it differs from the order, and, where the first day decides,
    P(below the target) and P(harm) once settled (0 where it does not settle)."""

    label: str
    utility: Copies
    mean: float
    p_harm: float
    aims: bool
    daily_amount: float
    first_amount: float
    cleared: bool
    alternative: bool
    changed: int = 0
    p_below_settled: float = 0.0
    p_harm_settled: float = 0.0


@dataclass(frozen=True, slots=True)
class Ranked:
    """Place (1 = best), utility, P(harm), and the share of copies in which it beats the order as written."""

    place: int
    utility: float
    p_harm: float
    better_in: float | None


@dataclass(frozen=True, slots=True)
class Ranking:
    """Every option by label, and the label of the one worth suggesting. Where none is left: why one that would be is not, or
    which one `overshoots`, harming only once settled."""

    ranked: dict[str, Ranked]
    suggested: str | None
    withheld: str | None = None
    overshoots: str | None = None


@dataclass(frozen=True, slots=True)
class Never:
    """What no suggestion may do, whatever the copies say: lower the first dose, lower the daily amount, or wait longer than
    harm asks for where the aim (a peak) does not see the time between doses."""

    lower_first: bool = False
    lower_daily: bool = False
    wait_needlessly: bool = False

    def why(self, choice: Choice, reference: Choice) -> str | None:
        """In words, why `choice` instead of `reference` is forbidden; None where it is not."""
        if self.lower_first and choice.first_amount < SAME_DOSE * reference.first_amount:
            return "the first dose against an infection is not lowered within a day: no suggestion"
        if self.lower_daily and choice.daily_amount < SAME_DOSE * reference.daily_amount:
            return "a beta-lactam is not lowered on an assumed MIC: no suggestion"
        return None


def rank(choices: Sequence[Choice], ordered: str | None, never: Never) -> Ranking:
    """Rank all options; suggest the best alternative to `ordered` that passes every condition."""
    reference = next((c for c in choices if c.label == ordered), None)
    better = {} if reference is None else _better_in(choices, reference)
    waiting = {c.label for c in choices if never.wait_needlessly and _waits_needlessly(c, choices)}
    order = [*_sorted([c for c in choices if c.label not in waiting]), *_sorted([c for c in choices if c.label in waiting])]
    ranked = {c.label: Ranked(i + 1, c.mean, c.p_harm, better.get(c.label)) for i, c in enumerate(order)}
    if reference is None:
        return Ranking(ranked, None)
    worth = [c for c in order if c.label not in waiting and _worth_suggesting(c, reference) and better[c.label] >= LEAST_SHARE]
    lasting = [c for c in worth if c.p_harm_settled < LIKELY]
    why = {c.label: never.why(c, reference) for c in lasting}
    suggested = next((label for label, reason in why.items() if reason is None), None)
    if suggested is not None:
        return Ranking(ranked, suggested)
    return Ranking(ranked, None, next(iter(why.values()), None), worth[0].label if worth and not lasting else None)


def _waits_needlessly(choice: Choice, choices: Sequence[Choice]) -> bool:
    """Whether the same dose more often would still be harmless."""
    return choice.alternative and any(
        c.first_amount == choice.first_amount and c.daily_amount > choice.daily_amount and c.cleared and c.p_harm < FINE_P_HARM
        for c in choices
    )


def _worth_suggesting(choice: Choice, reference: Choice) -> bool:
    return (
        choice.alternative
        and choice.cleared
        and choice.aims
        and choice.mean >= reference.mean + LEAST_GAIN
        and choice.p_harm < LIKELY
        and (choice.p_harm <= reference.p_harm or choice.p_harm < FINE_P_HARM)
        and (choice.p_below_settled < LIKELY or choice.p_below_settled <= reference.p_below_settled)
    )


def _better_in(choices: Sequence[Choice], other: Choice) -> dict[str, float]:
    """Share of copies in which each other choice wins, of those in which the two differ (0.5 when none does)."""
    gained = np.stack([c.utility for c in choices]) - other.utility
    wins, losses = (gained > 0.0).sum(axis=1), (gained < 0.0).sum(axis=1)
    share = np.divide(wins, wins + losses, out=np.full(len(choices), 0.5), where=wins + losses > 0)
    return {c.label: float(x) for c, x in zip(choices, share, strict=True) if c is not other}


def _sorted(choices: Sequence[Choice]) -> list[Choice]:
    """Best first; options within 0.02 of the best of their group go by lower daily amount, then by least change."""
    left = sorted(choices, key=lambda c: -c.mean)
    order: list[Choice] = []
    while left:
        tied = next((i for i, c in enumerate(left) if c.mean < left[0].mean - TIE), len(left))
        order.append(left.pop(min(range(tied), key=lambda i: (left[i].daily_amount, left[i].changed, -left[i].mean))))
    return order
