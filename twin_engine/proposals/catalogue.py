"""Doses that a pharmacy can really give, by drug. Sites may override."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Deliverable regimens, amounts in the drug's unit.

    `loads` single doses; `doses` x `intervals_h` intermittent; `daily` amounts for continuous infusion. Infusion times are
    `amount / fastest_per_h` rounded up to half hours, at least `shortest_h`.
    """

    drug: str
    loads: tuple[float, ...]
    doses: tuple[float, ...]
    intervals_h: tuple[float, ...]
    daily: tuple[float, ...]
    fastest_per_h: float
    shortest_h: float
    source: str

    def infusion_h(self, amount: float) -> float:
        """Infusion time of a dose, hours."""
        halves = -(-amount / self.fastest_per_h // 0.5)
        return max(self.shortest_h, 0.5 * halves)


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
        source="vials of 500 mg and 1 g, doses rounded to 250 mg; Rybak MJ et al. Am J Health Syst Pharm 2020;77:835-64",
    ),
}
