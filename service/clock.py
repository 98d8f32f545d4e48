"""The one place that reads the clock. Everything else is handed the time."""

import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """What the service asks of a clock: event time for facts, a steady time for deadlines."""

    def now(self) -> datetime:
        """The present as an aware UTC datetime."""
        ...

    def steady(self) -> float:
        """Seconds that never jump, from an arbitrary origin."""
        ...


class SystemClock:
    """The clock of this machine."""

    def now(self) -> datetime:
        """The present as an aware UTC datetime."""
        return datetime.now(UTC)

    def steady(self) -> float:
        """Seconds that never jump, from an arbitrary origin."""
        return time.monotonic()


class FixedClock:
    """An event time that stands still, for replay on archived charts; deadlines still run."""

    def __init__(self, at: datetime) -> None:
        self._at = at

    def now(self) -> datetime:
        """The instant given."""
        return self._at

    def steady(self) -> float:
        """Seconds that never jump, from an arbitrary origin."""
        return time.monotonic()
