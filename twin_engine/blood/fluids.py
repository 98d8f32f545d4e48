"""Blood volume added by fluids: kinetics of crystalloids, retention of colloids, red cells in full.

Crystalloid, mL: dVc/dt = rate - (k12 + k10 + kb) Vc + k21 Vi,  dVi/dt = k12 Vc - k21 Vi, per minute
  k12 = 0.0956 (MAP/81.3)^2.34,  k10 = 0.0065 (MAP/81.3)^5.2 (age/40)^-1.5,  k21 = 0.0506,  kb = 0.0052
Hahn RG et al. (buffered crystalloid in volunteers and anaesthetised patients; table 3 of 2017 and 2021) as transcribed in
anasim-simulator 1.7 fluids.py; one transcription: experimental. Colloid stays by 0.8, blood in full (same place).
"""

from collections.abc import Sequence
from typing import Final

import numpy as np

from twin_engine.kernel.declare import Array
from twin_engine.kernel.schedule import Dose

RETAINED: Final = {"colloid": 0.8, "red_cells": 1.0}
USUAL_MAP, USUAL_AGE = 81.3, 40.0
K21, KB = 0.0506, 0.0052


def rates(pressure: float, age_y: float) -> tuple[float, float]:
    """k12 and k10, /min, at a MAP (mmHg) and an age (years)."""
    relative = pressure / USUAL_MAP
    return 0.0956 * relative**2.34, 0.0065 * relative**5.2 * (age_y / USUAL_AGE) ** -1.5


def crystalloid(doses: Sequence[Dose], hours_h: Array, pressure: float, age_y: float) -> Array:
    """Volume in the blood (mL) at `hours_h` from these infusions (mL)."""
    k12, k10 = rates(pressure, age_y)
    gone = k12 + k10 + KB
    total, root = gone + K21, np.sqrt((gone + K21) ** 2 - 4.0 * K21 * (k10 + KB))
    fast, slow = (total + root) / 2.0, (total - root) / 2.0
    parts = ((fast, (fast - K21) / (fast - slow)), (slow, (K21 - slow) / (fast - slow)))
    found = np.zeros_like(hours_h)
    for dose in doses:
        since, until = (60.0 * np.maximum(hours_h - h, 0.0) for h in (dose.start_h, dose.end_h))
        for rate, share in parts:
            if dose.duration_h > 0.0:
                given = np.exp(-rate * until) - np.exp(-rate * since)
                found += dose.rate / 60.0 * share / rate * given
            else:
                found += np.where(hours_h > dose.start_h, dose.amount * share * np.exp(-rate * since), 0.0)
    return found


def retained(doses: Sequence[Dose], hours_h: Array, kind: str) -> Array:
    """Volume in the blood (mL) from colloid or red cells."""
    found = np.zeros_like(hours_h)
    for dose in doses:
        length = max(dose.duration_h, 1e-9)
        found += RETAINED[kind] * dose.amount * np.clip((hours_h - dose.start_h) / length, 0.0, 1.0)
    return found
