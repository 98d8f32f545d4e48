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
    "gentamicin": Catalogue(
        drug="gentamicin",
        loads=_steps(160, 800, 40),
        doses=_steps(80, 800, 40),
        intervals_h=(24.0, 36.0, 48.0),
        daily=(),
        fastest_per_h=1600.0,
        shortest_h=0.5,
        source="vials of 80 mg, halves of which can be drawn; once daily, and 36 and 48 h where kidneys fail, are ours",
    ),
    "tobramycin": Catalogue(
        drug="tobramycin",
        loads=_steps(160, 800, 40),
        doses=_steps(80, 800, 40),
        intervals_h=(24.0, 36.0, 48.0),
        daily=(),
        fastest_per_h=1600.0,
        shortest_h=0.5,
        source="tucuxi-drugs ch.tucuxi.tobramycin.hennig2013.tdd: steps of 40 mg over 30 min; 36 and 48 h are ours",
    ),
    "amikacin": Catalogue(
        drug="amikacin",
        loads=_steps(500, 3500, 250),
        doses=_steps(500, 3500, 250),
        intervals_h=(24.0, 36.0, 48.0),
        daily=(),
        fastest_per_h=7000.0,
        shortest_h=0.5,
        source="vials of 500 mg, halves of which can be drawn, over 30-60 min; 36 and 48 h where kidneys fail are ours",
    ),
    "meropenem": Catalogue(
        drug="meropenem",
        loads=(1000.0, 2000.0),
        doses=(500.0, 1000.0, 2000.0),
        intervals_h=(6.0, 8.0, 12.0, 24.0),
        daily=(2000.0, 3000.0, 4000.0, 6000.0),
        fastest_per_h=4000.0,
        shortest_h=0.5,
        source="vials of 500 mg and 1 g; over 0.5 or 3 h as in Li C et al. J Clin Pharmacol 2006;46:1171-8",
        infusions_h=(0.5, 3.0),
    ),
    "piperacillin_tazobactam": Catalogue(
        drug="piperacillin_tazobactam",
        loads=(4000.0,),
        doses=(2000.0, 4000.0),
        intervals_h=(6.0, 8.0, 12.0),
        daily=(8000.0, 12000.0, 16000.0),
        fastest_per_h=8000.0,
        shortest_h=0.5,
        source="vials with 2 and 4 g of piperacillin; over 0.5 or 4 h; 8, 12 or 16 g a day as in Klastrup V et al. "
        "Antimicrob Agents Chemother 2020;64:e02556-19",
        infusions_h=(0.5, 4.0),
    ),
    "cefepime": Catalogue(
        drug="cefepime",
        loads=(2000.0,),
        doses=(1000.0, 2000.0),
        intervals_h=(8.0, 12.0, 24.0),
        daily=(),
        fastest_per_h=4000.0,
        shortest_h=0.5,
        source="vials of 1 and 2 g; over 0.5 or 3 h as in An G et al. J Antimicrob Chemother 2023;78:1460",
        infusions_h=(0.5, 3.0),
    ),
    "linezolid": Catalogue(
        drug="linezolid",
        loads=(600.0,),
        doses=(600.0,),
        intervals_h=(8.0, 12.0, 24.0),
        daily=(600.0, 900.0, 1200.0),
        fastest_per_h=1200.0,
        shortest_h=0.5,
        source="bags of 600 mg over 30-120 min; 50 mg/h continuously as in Soraluce A et al. Pharmaceutics 2020;12:54",
    ),
    "levetiracetam": Catalogue(
        drug="levetiracetam",
        loads=_steps(1000, 4500, 500),
        doses=_steps(500, 2000, 250),
        intervals_h=(8.0, 12.0),
        daily=(),
        fastest_per_h=18000.0,
        shortest_h=0.5,
        source="vials of 500 mg, halves of which can be drawn; every 8 or 12 h over 30 min as in Bilbao-Meseguer I et al. "
        "Pharmaceutics 2021;13:1690",
    ),
}
