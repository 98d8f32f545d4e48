"""The policies under which a replay lets cards out, and what is counted under each."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from cds_cards.build import build
from cds_cards.case import About, CardCase, CardDecision, Suppressed
from cds_cards.gist import Answered
from cds_cards.past import Past, Shown
from cds_cards.restraint import UNASKED
from cds_cards.rules import STANDARD_RULES, Rules
from cds_cards.schema import Card
from service.answering import without_repeats

Pair = tuple[str, str]
SHOWN = "shown"
"""Stands in place of the part that withholds, where a card was not withheld."""


@dataclass(slots=True)
class Counts:
    """Cards shown by kind; withheld by kind and part; after cards of each kind and part (or `SHOWN`) whether the chart could
    tell, and the event came; onsets by event; orders likely to harm."""

    shown: Counter[str] = field(default_factory=Counter[str])
    withheld: Counter[Pair] = field(default_factory=Counter[Pair])
    decided: Counter[Pair] = field(default_factory=Counter[Pair])
    came: Counter[Pair] = field(default_factory=Counter[Pair])
    onsets: Counter[str] = field(default_factory=Counter[str])
    warned: Counter[str] = field(default_factory=Counter[str])
    refused: Counter[str] = field(default_factory=Counter[str])
    harmful: int = 0
    harmful_silent: int = 0

    def add(self, other: "Counts") -> None:
        """Add those of another stay."""
        self.shown += other.shown
        self.withheld += other.withheld
        self.decided += other.decided
        self.came += other.came
        self.onsets += other.onsets
        self.warned += other.warned
        self.refused += other.refused
        self.harmful += other.harmful
        self.harmful_silent += other.harmful_silent


@dataclass(frozen=True, slots=True)
class Outcome:
    """One stay: its days, what was counted under each policy, hours by event and what its model said, and
    orders."""

    days: float
    by_policy: dict[str, Counts]
    hours: Counter[Pair]
    orders: Counter[str]


@dataclass(frozen=True, slots=True)
class Policy:
    """Rules, whether daily cards are shown once a day, and with which code every card on an order is overridden."""

    rules: Rules
    once_a_day: bool
    override: str | None


POLICIES = {
    "no policy": Policy(
        replace(STANDARD_RULES, budget=10**6, lockout_h=0.0, unproven=frozenset()), once_a_day=False, override=None
    ),
    "nobody answers": Policy(STANDARD_RULES, once_a_day=True, override=None),
    "everybody overrides": Policy(STANDARD_RULES, once_a_day=True, override="cds-not-applicable"),
}


@dataclass(slots=True)
class Memory:
    """What one policy remembers of one stay."""

    policy: Policy
    shown: list[tuple[datetime, Shown]] = field(default_factory=list[tuple[datetime, Shown]])
    silent: list[tuple[datetime, Shown]] = field(default_factory=list[tuple[datetime, Shown]])
    answered: dict[str, tuple[datetime, Answered]] = field(default_factory=dict[str, tuple[datetime, Answered]])
    daily: dict[str, datetime] = field(default_factory=dict[str, datetime])

    def decide(self, case: CardCase, at: datetime) -> CardDecision:
        """The decision of this moment under the policy, remembered for the next."""
        day = timedelta(hours=24)
        past = Past(_of_a_day(self.shown, at), _of_a_day(self.silent, at))
        answered = {k: replace(a, age_h=(at - t) / timedelta(hours=1)) for k, (t, a) in self.answered.items()}
        found = build(replace(case, rules=self.policy.rules, past=past, answered=answered))
        if self.policy.once_a_day:
            found = without_repeats(found, frozenset(key for key, shown in self.daily.items() if at - shown < day))
        if case.hook in UNASKED:
            self.shown += [(at, _shown(found.about[card.uuid], card)) for card in found.cards]
            self.silent += [(at, _silent(each)) for each in found.suppressed if each.by == "silent"]
        for card in found.cards:
            if card.uuid in found.once_a_day:
                self.daily[found.once_a_day[card.uuid]] = at
            if self.policy.override is not None and card.uuid in found.remembered:
                kept = found.remembered[card.uuid]
                told = Answered(kept.gist, "overridden", self.policy.override, 0.0, same_stay=True)
                self.answered[kept.fingerprint] = (at, told)
        return found


def _of_a_day(rows: Sequence[tuple[datetime, Shown]], at: datetime) -> tuple[Shown, ...]:
    return tuple(replace(s, age_h=(at - t) / timedelta(hours=1)) for t, s in rows if at - t < timedelta(hours=24))


def _shown(about: About, card: Card) -> Shown:
    return Shown(about.rule, card.indicator, about.signs, 0.0)


def _silent(each: Suppressed) -> Shown:
    return Shown(each.rule or each.topic, each.indicator or "info", each.signs, 0.0)
