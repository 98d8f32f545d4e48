"""What a change of pressor does to the pressure, from publications: the only gain by which orders are compared.

dMAP = G (ln(1 + C1/HALF) - ln(1 + C0/HALF)),  HALF 5 ug/L,  G log-normal over the copies: median 15 mmHg, log-SD 0.7.

Few numbers are printed for adults in shock, and they differ several-fold: the spread of G covers a rise of 6 to 12 mmHg at
usual rates in sepsis and of about 60 mmHg systolic in volunteers. Critically ill children gain 32 mmHg at most with up to
three failing organs and 12 with more, half of it at 4.11 ug/L (Oualha M et al. Br J Clin Pharmacol 2014;78:886-97).
Experimental: no two sources give the same curve.
"""

from typing import Final

import numpy as np

from twin_engine.kernel.declare import Array

HALF: Final = 5.0
GAIN_MEDIAN: Final = 15.0
GAIN_LOG_SD: Final = 0.7


def gains(normal: Array) -> Array:
    """Gain of each copy, mmHg, from standard normal draws."""
    return GAIN_MEDIAN * np.exp(GAIN_LOG_SD * normal)


def change(gain: Array, before: Array, after: Array) -> Array:
    """Change of MAP, mmHg, (times, copies), between two courses of the load (times,)."""
    return np.outer(np.log1p(after / HALF) - np.log1p(before / HALF), gain)
