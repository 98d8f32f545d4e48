"""What this patient's cards were lately, and how a rule's cards were answered everywhere."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from cds_cards.schema import Indicator


@dataclass(frozen=True, slots=True)
class Shown:
    """A card nobody had asked for: the rule it came from, how loud, which signs it named, how long ago."""

    rule: str
    indicator: Indicator
    signs: frozenset[str]
    age_h: float


@dataclass(frozen=True, slots=True)
class Acceptance:
    """Cards of one rule that were answered in the last month, and how many of them were accepted."""

    answered: int
    accepted: int

    @property
    def share(self) -> float:
        """Share accepted; 1 while nothing was answered."""
        return self.accepted / self.answered if self.answered else 1.0


@dataclass(frozen=True, slots=True)
class Past:
    """`shown`: cards of the last 24 h on opening this patient's chart; `silent`: those of them that only silence withheld;
    `acceptance` by rule."""

    shown: tuple[Shown, ...] = ()
    silent: tuple[Shown, ...] = ()
    acceptance: Mapping[str, Acceptance] = field(default_factory=dict[str, Acceptance])


NOTHING_SHOWN = Past()
