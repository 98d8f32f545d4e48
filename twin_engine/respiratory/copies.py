"""The copies of one pair of lungs: index-aligned standard normal deviates, and what is drawn once for a patient.

VD/VT 0.50 (SD 0.12), an assumption between 0.58 (SD 0.09) in 179 adults early in ARDS (Nuckton TJ et al. N Engl J Med
2002;346:1281-6, abstract) and 0.40 of ventilated adults on open charts at an assumed CO2 production
(docs/validation/respiratory.md). Effect of PEEP on the logit of the shunt, per cm[H2O]: -0.04 (SD 0.05), of uncertain sign. In
14 adults the median shunt was 24, 27 and 36 % at PEEP 15, 10 and 5 (Florio G et al. J Intensive Care Med 2023, abstract): -0.03
and -0.08 per cm[H2O]; in 12 others it fell in 8 and rose in 4 (Karbing DS et al. Crit Care 2020;24:111,
doi:10.1186/s13054-020-2834-6). The SD is an assumption. Effect of PEEP on elastance, per cm[H2O]: ln E changes by 0 (SD
0.02), an assumption; charts, confounded, show -0.02. Arteriovenous difference 3.85 mL/dL (log-SD 0.25), the assumption of the
effective shunt (250 mL/min, 6.5 L/min). Cardiac output 5.5 L/min (log-SD 0.25) is an assumption.
"""

import zlib
from dataclasses import dataclass
from typing import Final

import numpy as np

from twin_engine.kernel.declare import Array

DEAD_SPACE: Final = (0.50, 0.12)
PEEP_ON_SHUNT: Final = (-0.04, 0.05)
PEEP_ON_ELASTANCE: Final = (0.0, 0.02)
DIFFERENCE: Final = (3.846, 0.25)
OUTPUT: Final = (5.5, 0.25)
_COLUMNS: Final = 25


@dataclass(frozen=True, slots=True)
class LungCopies:
    """Standard normal deviates (copies, columns); every model reads its own columns."""

    normal: Array

    @property
    def draws(self) -> int:
        """Number of copies."""
        return len(self.normal)

    def three(self, first: int) -> Array:
        """Three columns that place one state."""
        return self.normal[:, first : first + 3]

    @property
    def difference(self) -> Array:
        """Arteriovenous content difference, mL/dL."""
        return np.asarray(DIFFERENCE[0] * np.exp(DIFFERENCE[1] * self.normal[:, 15]))

    @property
    def dead_space_fraction(self) -> Array:
        """Physiological dead space as a fraction of the present breath."""
        return np.clip(DEAD_SPACE[0] + DEAD_SPACE[1] * self.normal[:, 16], 0.25, 0.85)

    @property
    def peep_on_shunt(self) -> Array:
        """Change of the logit of the shunt per cm[H2O] of PEEP."""
        return PEEP_ON_SHUNT[0] + PEEP_ON_SHUNT[1] * self.normal[:, 17]

    @property
    def peep_on_elastance(self) -> Array:
        """Change of ln elastance per cm[H2O] of PEEP."""
        return PEEP_ON_ELASTANCE[0] + PEEP_ON_ELASTANCE[1] * self.normal[:, 18]

    @property
    def output(self) -> Array:
        """Cardiac output where none is measured, L/min; it only times the washout of carbon dioxide."""
        return np.asarray(OUTPUT[0] * np.exp(OUTPUT[1] * self.normal[:, 19]))

    @property
    def diffusion(self) -> Array:
        """Deviate of the diffusion term."""
        return self.normal[:, 24]

    def error(self, which: int) -> Array:
        """Deviate of a charted value: 0 PaO2, 1 SpO2, 2 PaCO2, 3 pressures."""
        return self.normal[:, 20 + which]


def lung_copies(draws: int, seed: int) -> LungCopies:
    """Copies of one patient, in pairs of opposite sign so that medians are exact."""
    rng = np.random.default_rng([seed & 0xFFFFFFFF, seed >> 32, zlib.crc32(b"respiratory")])
    half = rng.standard_normal(((draws + 1) // 2, _COLUMNS))
    return LungCopies(np.concatenate([half, -half])[:draws])
