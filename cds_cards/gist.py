"""What a card claimed, as it is remembered, and how a clinician answered it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Outcome = Literal["accepted", "overridden"]


@dataclass(frozen=True, slots=True)
class Gist:
    """What a card claimed: probabilities (None = no prediction), the option it suggested, the limits it named, and a digest
    of the newest data behind it."""

    p_target: float | None
    p_harm: float | None
    option: str | None
    limits: tuple[str, ...]
    data: str

    def as_json(self) -> dict[str, Any]:
        """As plain JSON values."""
        return {
            "p_target": self.p_target,
            "p_harm": self.p_harm,
            "option": self.option,
            "limits": list(self.limits),
            "data": self.data,
        }

    @staticmethod
    def from_json(found: Mapping[str, Any]) -> "Gist":
        """The inverse of `as_json`."""
        limits = tuple(str(each) for each in found["limits"])
        return Gist(found["p_target"], found["p_harm"], found["option"], limits, found["data"])


@dataclass(frozen=True, slots=True)
class Answered:
    """A card that a clinician answered: what it claimed, how it was answered, the code of the reason, how long ago, and
    whether in the stay of now."""

    gist: Gist
    outcome: Outcome
    reason: str | None = None
    age_h: float = 0.0
    same_stay: bool = False


@dataclass(frozen=True, slots=True)
class Remembered:
    """What is kept of a card that went out: the drug that it is about, the fingerprint of its order, and its gist."""

    drug: str
    fingerprint: str
    gist: Gist
