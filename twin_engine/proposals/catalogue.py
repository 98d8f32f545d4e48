"""Doses that a pharmacy can really give, by drug. Sites may override."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Deliverable regimens, amounts in the drug's unit.

    `loads` single doses; `doses` x `intervals_h` x `infusions_h` intermittent and extended; `daily` amounts for continuous
    infusion. A dose never goes in faster than `fastest_per_h`: without `infusions_h` it takes that long, rounded up to half
    hours and at least `shortest_h`; infusion times that are too short for a dose are left out.
    """

    drug: str
    loads: tuple[float, ...]
    doses: tuple[float, ...]
    intervals_h: tuple[float, ...]
    daily: tuple[float, ...]
    fastest_per_h: float
    shortest_h: float
    source: str
    infusions_h: tuple[float, ...] = ()

    def infusion_h(self, amount: float) -> float:
        """Shortest infusion time of a dose, hours."""
        halves = -(-amount / self.fastest_per_h // 0.5)
        return max(self.shortest_h, 0.5 * halves)

    def infusion_times_h(self, amount: float, interval_h: float) -> tuple[float, ...]:
        """Infusion times to choose from for a dose given every `interval_h`."""
        long_enough = tuple(h for h in self.infusions_h if amount / h <= self.fastest_per_h and h < interval_h)
        return long_enough or (self.infusion_h(amount),)


def _steps(low: int, high: int, step: int) -> tuple[float, ...]:
    return tuple(float(v) for v in range(low, high + 1, step))


CATALOGUE: dict[str, Catalogue] = {
    "vancomycin": Catalogue(
        drug="vancomycin",
        loads=_steps(1000, 3000, 250),
        doses=_steps(500, 2000, 250),
        intervals_h=(8.0, 12.0, 24.0, 48.0),
        daily=_steps(500, 4500, 250),
        fastest_per_h=1000.0,
        shortest_h=1.0,
        source="vials of 500 mg, 750 mg and 1 g (US prescribing information), so steps of 250 mg; at most 1 g per hour as in "
        "safety/limits.py; intervals of 8-12 h, and 24 and 48 h where kidneys fail, are ours",
    ),
}
