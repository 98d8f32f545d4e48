"""The alert policy of a site or unit: how many cards nobody asked for, how soon again, who sees which, and what is silent.

The numbers are working choices of this project that a site sets otherwise; what is known of them is in
docs/operators/alert_policy.md. A lock-out of 6 h halved the alerts of a deterioration model at an unchanged PPV there.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

from cds_cards.topics import Topic

Role = Literal["prescriber", "nurse", "pharmacist"]
ROLES: tuple[Role, ...] = ("prescriber", "nurse", "pharmacist")
LONGEST_STAY_H = 7 * 24.0
DEMOTED_BELOW = 0.05
"""Share of accepted cards below which a rule may be demoted."""
DEMOTED_FROM = 50
"""Answered cards that a demotion needs at least."""
DEMOTED_OVER_DAYS = 30


@dataclass(frozen=True, slots=True)
class Window:
    """How long an answer holds: `hours`, or the rest of the stay (at most a week) where the stay is known to be the same."""

    hours: float
    stay: bool = False

    def holds(self, age_h: float, *, same_stay: bool) -> bool:
        """Whether an answer this old still counts."""
        return age_h <= (LONGEST_STAY_H if self.stay and same_stay else self.hours)


@dataclass(frozen=True, slots=True)
class SignedOff:
    """Who decided that a rule may be demoted once its acceptance is low, and when."""

    by: str
    on: str


A_DAY = Window(24.0)
THE_STAY = Window(24.0, stay=True)
WINDOWS: Mapping[str, Window] = MappingProxyType(
    {
        "cds-suboptimal-context": Window(6.0),
        "action-completed": A_DAY,
        "patient-contraindication": THE_STAY,
        "cds-not-applicable": THE_STAY,
        "recipient-disagrees-evidence": THE_STAY,
        "recipient-concerns-outcomes": THE_STAY,
        # A new value ends it sooner.
        "data-wrong": THE_STAY,
    }
)
AUDIENCE: Mapping[Topic, frozenset[Role]] = MappingProxyType(
    {
        "limit": frozenset(ROLES),
        "dosing": frozenset({"prescriber", "pharmacist"}),
        "infusion": frozenset(ROLES),
        "ventilation": frozenset(ROLES),
        "noprediction": frozenset({"prescriber", "pharmacist"}),
        "dataquality": frozenset({"prescriber", "nurse"}),
        "deterioration": frozenset({"prescriber", "nurse"}),
    }
)
"""Who reads what. A warning on an order is shown to whoever signs it, and a critical card to everybody."""

Rule = Literal["deterioration sepsis", "deterioration hypoxaemia", "deterioration kidney_injury"]
UNPROVEN: frozenset[Rule] = frozenset({"deterioration sepsis", "deterioration hypoxaemia", "deterioration kidney_injury"})
"""Rules that stay silent until a site asks for them by name: in other hospitals the model was not shown to be better than a
plain score of what is charted anyway, by rank and at the hours at which the card would come (docs/safety/risk_models.md)."""


@dataclass(frozen=True, slots=True)
class Rules:
    """The policy in force. `budget`: cards per patient-day that nobody asked for; `windows` by override reason;
    `signed_off` by rule ("dosing vancomycin"); `silent`: topics, and `unproven` rules, computed and audited, never shown;
    `despite_limits`: deterioration cards also where treatment is limited."""

    budget: int = 3
    lockout_h: float = 6.0
    windows: Mapping[str, Window] = field(default_factory=lambda: WINDOWS)
    audience: Mapping[Topic, frozenset[Role]] = field(default_factory=lambda: AUDIENCE)
    signed_off: Mapping[str, SignedOff] = field(default_factory=dict[str, SignedOff])
    silent: frozenset[Topic] = frozenset()
    unproven: frozenset[Rule] = UNPROVEN
    despite_limits: bool = False

    def window(self, reason: str | None) -> Window:
        """How long an answer with this reason holds; a day where the reason says nothing."""
        return self.windows.get(reason or "", A_DAY)


STANDARD_RULES = Rules()
