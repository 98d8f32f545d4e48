"""Making only once what depends on the chart alone: the caller may keep it, and hand it back for another order."""

from collections.abc import Callable
from typing import Protocol, TypeVar

T = TypeVar("T")


class Keep(Protocol):
    """What `make()` gives, or gave before under this name for the same chart, instant, seed and number of copies."""

    def __call__(self, name: str, make: Callable[[], T], /) -> T:
        """The value of that name."""
        ...


def afresh(_: str, make: Callable[[], T]) -> T:
    """Keep nothing."""
    return make()
