"""Rank options by posterior probability and decide whether one is worth suggesting instead of the order as written.

A suggestion must aim at the target: its median exposure lies in it. Without that an option that is merely harmless would
win over one that treats whenever the posterior is wide.

Utility of a copy = 1 if its exposure is in the target, minus lambda if it is above the harm bound; utility of an option =
its mean over the copies. A suggestion must gain 0.10, be cleared, win in 60 % of the copies in which the two differ, and be
no more harmful than the order, or at least less likely to harm than what counts as fine.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin_engine.proposals.targets import Target

LEAST_GAIN = 0.10
LEAST_SHARE = 0.60
TIE = 0.02
FINE_P_HARM = 0.2


@dataclass(frozen=True, slots=True)
class Choice:
    """One option in the choice: exposure of every copy, daily and first amounts, whether limits cleared it, and whether
    it is an alternative (only those are suggested)."""

    label: str
    exposure: NDArray[np.float64]
    daily_amount: float
    first_amount: float
    cleared: bool
    alternative: bool


@dataclass(frozen=True, slots=True)
class Ranked:
    """Place (1 = best), utility, P(harm), and the share of copies in which it beats the order as written."""

    place: int
    utility: float
    p_harm: float
    better_in: float | None


@dataclass(frozen=True, slots=True)
class Ranking:
    """Every option by label, and the label to suggest, if any."""

    ranked: dict[str, Ranked]
    suggested: str | None


def utilities(exposure: NDArray[np.float64], target: Target) -> NDArray[np.float64]:
    """Utility of each copy, same shape as `exposure`."""
    inside = (exposure >= target.low) & (exposure <= target.high)
    harm = np.zeros_like(exposure) if target.harm_above is None else (exposure > target.harm_above)
    return np.asarray(inside - target.harm_weight * harm, dtype=np.float64)


def rank(choices: Sequence[Choice], ordered: str | None, target: Target, *, first_day: bool) -> Ranking:
    """Rank all options; suggest the best alternative to `ordered` that passes every condition.

    first_day: within 24 h of the first dose of an anti-infective nothing may lower the first dose.
    """
    per_copy = {c.label: utilities(c.exposure, target) for c in choices}
    utility = {label: float(u.mean()) for label, u in per_copy.items()}
    harm = {c.label: _p_harm(c, target) for c in choices}
    reference = next((c for c in choices if c.label == ordered), None)
    better = {c.label: _better_in(per_copy[c.label], per_copy[reference.label]) for c in choices} if reference else {}
    order = _sorted(choices, utility, reference)
    ranked = {
        c.label: Ranked(i + 1, utility[c.label], harm[c.label], better.get(c.label) if c is not reference else None)
        for i, c in enumerate(order)
    }
    suggested = None
    if reference is not None:
        for c in order:
            lowers = first_day and c.first_amount < reference.first_amount
            if (
                c.alternative
                and c.cleared
                and not lowers
                and target.low <= float(np.median(c.exposure)) <= target.high
                and utility[c.label] >= utility[reference.label] + LEAST_GAIN
                and (harm[c.label] <= harm[reference.label] or harm[c.label] < FINE_P_HARM)
                and better[c.label] >= LEAST_SHARE
            ):
                suggested = c.label
                break
    return Ranking(ranked, suggested)


def _p_harm(choice: Choice, target: Target) -> float:
    return 0.0 if target.harm_above is None else float((choice.exposure > target.harm_above).mean())


def _better_in(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    """Share of copies in which `one` wins, of those in which the two differ (0.5 when none does)."""
    wins, losses = float((one > other).sum()), float((one < other).sum())
    return 0.5 if wins + losses == 0 else wins / (wins + losses)


def _sorted(choices: Sequence[Choice], utility: dict[str, float], reference: Choice | None) -> list[Choice]:
    """Best first; options within 0.02 of the best of their group go by lower daily amount, then by least change."""
    left = sorted(choices, key=lambda c: -utility[c.label])
    order: list[Choice] = []
    while left:
        tied = [c for c in left if utility[c.label] >= utility[left[0].label] - TIE]
        usual = 0.0 if reference is None else reference.daily_amount
        chosen = min(tied, key=lambda c: (c.daily_amount, abs(c.daily_amount - usual), -utility[c.label]))
        order.append(chosen)
        left.remove(chosen)
    return order
