"""Shunt and diffusion term of one lung from gases at three or more levels of FiO2.

One parameter explains any single gas, but not how the tension follows FiO2 where alveoli are badly ventilated: there the
end-capillary tension stays dPO2 below the alveolar one. Two parameters describe 4 to 8 levels of FiO2 better than one:
Karbing DS et al. Crit Care 2007;11:R118, doi:10.1186/cc6174.

    minimise sum(((ln P(s, dPO2; FiO2_i) - ln P_i) / sd_i)^2) + ((logit s - m) / spread)^2 + (dPO2 / 40)^2,  dPO2 >= 0,

with the covariance of the linearised problem. The half-normal prior of 40 mm[Hg] on dPO2 is an assumption of this project.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.optimize import least_squares

from twin_engine.kernel.declare import Array
from twin_engine.respiratory.copies import DIFFERENCE
from twin_engine.respiratory.oxygen import Blood, Tensions, end_capillary

FEWEST_LEVELS: Final = 3
DIFFUSION_SD: Final = 40.0
LARGEST_DIFFUSION: Final = 150.0
_LEVEL: Final = 0.02
_LEAST_CONTENT: Final = 0.05


@dataclass(frozen=True, slots=True)
class Pair:
    """One arterial tension, mm[Hg], at one FiO2 (fraction); `sd` of its logarithm."""

    fio2: float
    pao2: float
    sd: float


@dataclass(frozen=True, slots=True)
class TwoParameters:
    """Logit of the shunt, diffusion term in mm[Hg], the SD of the latter, and how many levels of FiO2 were seen."""

    logit: float
    diffusion: float
    diffusion_sd: float
    levels: int


def levels_of(fio2: Sequence[float]) -> int:
    """How many levels of FiO2 these are, a hundredth or two apart being the same."""
    ordered = np.sort(np.asarray(fio2, dtype=np.float64))
    return int(len(ordered) > 0) + int((np.diff(ordered) > _LEVEL).sum())


def two_parameters(pairs: Sequence[Pair], blood: Blood, mean: float, spread: float) -> TwoParameters | None:
    """The lung that explains these gases of one blood; None = fewer than three levels of FiO2.

    `mean` and `spread`: prior of the logit of the shunt.
    """
    fio2 = np.array([p.fio2 for p in pairs])
    levels = levels_of(fio2.tolist())
    if levels < FEWEST_LEVELS:
        return None
    seen, sd, table = np.log([p.pao2 for p in pairs]), np.array([p.sd for p in pairs]), Tensions.of(blood)

    def away(x: Array) -> Array:
        held = end_capillary(fio2, blood, x[1]) - DIFFERENCE[0] * np.exp(x[0])
        gases = (np.log(table.at(np.maximum(held, _LEAST_CONTENT))) - seen) / sd
        return np.append(gases, [(x[0] - mean) / spread, x[1] / DIFFUSION_SD])

    start = np.array([mean, DIFFUSION_SD / 2.0])
    bounds = ([-7.0, 0.0], [2.0, LARGEST_DIFFUSION])
    found = least_squares(away, start, bounds=bounds, x_scale=np.array([0.3, 20.0]), diff_step=np.full(2, 1e-4))
    slopes: Array = np.asarray(found.jac, dtype=np.float64)
    covariance = np.linalg.inv(slopes.T @ slopes)
    logit, diffusion = (float(x) for x in found.x)
    return TwoParameters(logit, diffusion, float(np.sqrt(covariance[1, 1])), levels)
