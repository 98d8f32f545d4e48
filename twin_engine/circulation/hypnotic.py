"""Propofol and the pressure: a fall by what two slow effect sites hold.

dMAP = -30.3 (MAP/90) U / (1 + U) mmHg,  U = (C1/1.96)^4.77 + (C2/2.20)^8.49,  C1 and C2 in mg/L with 0.054 and 0.0695 /min
Jeleazcov C et al. Br J Anaesth 2008;100:600 and 2015 (volunteers, ramps to 4 mg/L; systolic -54.8, diastolic -18.1 mmHg at
most), as transcribed in python-anesthesia-simulator 1.0.0: mean = diastolic + (systolic - diastolic)/3. One transcription, and
nobody in shock: experimental. The fall is taken as a share of the pressure; 90 mmHg and the spread between patients
(log-SD 0.5 of concentration) are assumed.
"""

from typing import Final

import numpy as np

from twin_engine.kernel.declare import Array

LARGEST_FALL: Final = 18.1 + (54.8 - 18.1) / 3.0
USUAL_MAP: Final = 90.0
SENSITIVITY_LOG_SD: Final = 0.5
_SITES: Final = ((0.054, 1.96, 4.77), (0.0695, 2.20, 8.49))
STEP_MIN: Final = 1.0


def fall(concentration: tuple[Array, Array]) -> Array:
    """Share of the largest fall, 0 to 1, at the two effect sites (mg/L)."""
    power = sum((np.maximum(c, 0.0) / half) ** steep for c, (_, half, steep) in zip(concentration, _SITES, strict=True))
    return np.asarray(power / (1.0 + power))


def sites(plasma: Array, start: Array) -> tuple[Array, Array]:
    """Both effect sites every minute from plasma every minute, (minutes, copies), from what they hold at the first."""
    found: list[Array] = []
    for rate, _, _ in _SITES:
        kept = np.exp(-rate * STEP_MIN)
        course = np.empty_like(plasma)
        course[0] = start
        for i in range(1, len(plasma)):
            course[i] = kept * course[i - 1] + (1.0 - kept) * 0.5 * (plasma[i - 1] + plasma[i])
        found.append(course)
    return found[0], found[1]


def change(plasma: Array, start: Array, sensitivity: Array) -> Array:
    """Share by which MAP changes (negative = falls) every minute, against what propofol does to it now."""
    one, other = sites(plasma, start)
    now = fall((start / sensitivity, start / sensitivity))
    return -LARGEST_FALL / USUAL_MAP * (fall((one / sensitivity, other / sensitivity)) - now)
