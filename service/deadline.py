"""The time a call may take, measured on a steady clock from when it came in."""

from dataclasses import dataclass

from service.clock import Clock
from service.settings import Settings


@dataclass(frozen=True, slots=True)
class Deadline:
    """Fetching ends at `fetch_by`; own work gets `own_s` after the data, and never passes `all_by`."""

    clock: Clock
    fetch_by: float
    own_s: float
    all_by: float

    @classmethod
    def starting(cls, clock: Clock, settings: Settings) -> "Deadline":
        """The deadline of a call that comes in now."""
        now = clock.steady()
        all_by = now + settings.total_seconds
        return cls(clock, min(now + settings.fetch_seconds, all_by), settings.own_seconds, all_by)

    def left_to_fetch(self) -> float:
        """Seconds left for fetching."""
        return max(self.fetch_by - self.clock.steady(), 0.0)

    def left_for_own_work(self) -> float:
        """Seconds that own work may take if it begins now."""
        return max(min(self.own_s, self.all_by - self.clock.steady()), 0.0)
