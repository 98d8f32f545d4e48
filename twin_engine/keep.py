"""Making only once what depends on the chart alone: the caller may keep it, and hand it back for another order."""

from collections.abc import Callable
from typing import Protocol, TypeVar, cast

T = TypeVar("T")


class Keep(Protocol):
    """What `make()` gives, or gave before under this name for the same chart, instant, seed and number of copies."""

    def __call__(self, name: str, make: Callable[[], T], /) -> T:
        """The value of that name."""
        ...


def afresh(_: str, make: Callable[[], T]) -> T:
    """Keep nothing."""
    return make()


def once(keep: Keep) -> Keep:
    """The same, and nothing is made twice while one scenario is answered: families share the twin of a drug."""
    made: dict[str, object] = {}

    def remembered(name: str, make: Callable[[], T], /) -> T:
        if name not in made:
            made[name] = keep(name, make)
        return cast("T", made[name])

    return remembered
