"""How good the predictions were that met their outcome: coverage and error by variable, topic and subgroup. Pure."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import median

from service.store.predictions import Scored

NOMINAL = 0.90
Z = 1.96
FEWEST_SHOWN = 5
"""A group of fewer is not shown: it says little, and could point at one patient."""


@dataclass(frozen=True, slots=True)
class Row:
    """One group: `coverage` of the 90 % interval with its own 95 % interval (Wilson), median error (in `unit`), and the median
    of its relative size (None where values may be 0)."""

    variable: str
    unit: str
    group: str
    n: int
    coverage: float
    low: float
    high: float
    bias: float
    relative: float | None

    @property
    def off(self) -> bool:
        """Whether 90 % is outside what chance explains."""
        return not self.low <= NOMINAL <= self.high


def table(scored: Iterable[Scored]) -> tuple[Row, ...]:
    """Every variable: all, by what was shown, by each subgroup, by how far ahead; groups of fewer than five left out."""
    by_variable: dict[tuple[str, str], list[Scored]] = {}
    for one in scored:
        by_variable.setdefault((one.variable, one.unit), []).append(one)
    return tuple(row for (variable, unit), some in sorted(by_variable.items()) for row in _rows(variable, unit, some))


def _rows(variable: str, unit: str, scored: Sequence[Scored]) -> Iterator[Row]:
    ways: list[Callable[[Scored], str]] = [
        lambda _: "all",
        lambda one: "shown on a card" if one.topic is not None else "no card shown",
        lambda one: "within 6 h" if one.lead_h <= 6 else "6 to 12 h ahead" if one.lead_h <= 12 else "more than 12 h ahead",
    ]
    ways += [_by(name) for name in sorted({name for one in scored for name in one.groups})]
    for way in ways:
        groups: dict[str, list[Scored]] = {}
        for one in scored:
            groups.setdefault(way(one), []).append(one)
        for name, some in sorted(groups.items()):
            if len(some) >= FEWEST_SHOWN:
                yield _row(variable, unit, name, some)


def _by(name: str) -> Callable[[Scored], str]:
    return lambda one: f"{name}: {one.groups.get(name, 'unknown')}"


def _row(variable: str, unit: str, group: str, scored: Sequence[Scored]) -> Row:
    n, inside = len(scored), sum(one.inside for one in scored)
    low, high = wilson(inside, n)
    relative = [abs(one.relative) for one in scored if one.relative is not None]
    bias = median(one.error for one in scored)
    return Row(variable, unit, group, n, inside / n, low, high, bias, median(relative) if relative else None)


def wilson(inside: int, n: int) -> tuple[float, float]:
    """The 95 % interval of a share (Wilson, J Am Stat Assoc 1927;22:209-212)."""
    share, square = inside / n, Z * Z / n
    centre = (share + square / 2) / (1 + square)
    half = Z * sqrt(share * (1 - share) / n + square / (4 * n)) / (1 + square)
    return centre - half, centre + half
