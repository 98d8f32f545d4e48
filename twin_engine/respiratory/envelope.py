"""PEEP that goes with an FiO2: the two tables of the ARDS Network as an envelope, never as advice.

Lower PEEP: The Acute Respiratory Distress Syndrome Network. N Engl J Med 2000;342:1301-8. Higher PEEP: Brower RG et al. N Engl
J Med 2004;351:327-36. Both as printed in the network's protocol card: a transcription by the University of Michigan and three
others that do not rest on it (a teaching module for ventilators, a set of rules for learned ventilation, and
blog.intracav.ai, "ARDS definition and initial ventilator setup", 3.4) agree in every step but one: the first has 15 as the
higher PEEP at an FiO2 of 0.4, the others 16, which is followed. Between two steps of FiO2 both count.
"""

from typing import Final

LOWER: Final = (
    (0.3, 5.0), (0.4, 5.0), (0.4, 8.0), (0.5, 8.0), (0.5, 10.0), (0.6, 10.0), (0.7, 10.0), (0.7, 12.0), (0.7, 14.0),
    (0.8, 14.0), (0.9, 14.0), (0.9, 16.0), (0.9, 18.0), (1.0, 18.0), (1.0, 24.0),
)  # fmt: skip
HIGHER: Final = (
    (0.3, 5.0), (0.3, 8.0), (0.3, 10.0), (0.3, 12.0), (0.3, 14.0), (0.4, 14.0), (0.4, 16.0), (0.5, 16.0), (0.5, 18.0),
    (0.5, 20.0), (0.6, 20.0), (0.7, 20.0), (0.8, 20.0), (0.8, 22.0), (0.9, 22.0), (1.0, 22.0), (1.0, 24.0),
)  # fmt: skip
"""(FiO2, PEEP in cm[H2O]); FiO2 0.5 to 0.8 with PEEP 20 and 1.0 with 18 to 24 are printed as ranges."""
_STEPS: Final = sorted({step for step, _ in LOWER})
_TOLERANCE: Final = 1e-6


def peep_range(fio2: float) -> tuple[float, float]:
    """Lowest and highest PEEP, cm[H2O], that the tables combine with this FiO2 (fraction)."""
    below = max((s for s in _STEPS if s <= fio2 + _TOLERANCE), default=_STEPS[0])
    low = min(peep for step, peep in LOWER if step == below)
    high = max(peep for step, peep in HIGHER if step == _above(fio2))
    return low, high


def within(fio2: float | None, peep: float | None) -> bool:
    """Whether the tables combine them; unknown is outside."""
    if fio2 is None or peep is None:
        return False
    low, high = peep_range(fio2)
    return low <= peep <= high


def _above(fio2: float) -> float:
    return min((s for s in _STEPS if s >= fio2 - _TOLERANCE), default=_STEPS[-1])
