"""Stops asking a server that keeps failing, for a while, so that every call does not wait for it in turn."""

from service.clock import Clock

FAILURES = 5
REST_S = 15.0


class Breaker:
    """Open after five failures in a row; after fifteen seconds of rest calls may try again."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._failures = 0
        self._until = 0.0

    @property
    def open(self) -> bool:
        """Whether calls are not to be made now."""
        return self._failures >= FAILURES and self._clock.steady() < self._until

    def failed(self) -> None:
        """A call failed for a reason on the server's side."""
        self._failures += 1
        self._until = self._clock.steady() + REST_S

    def worked(self) -> None:
        """A call was answered."""
        self._failures = 0

    def rest(self, seconds: float) -> None:
        """The server said when to come back."""
        self._failures = max(self._failures, FAILURES)
        self._until = self._clock.steady() + seconds
