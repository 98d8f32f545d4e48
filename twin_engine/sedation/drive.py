"""How propofol and remifentanil depress the drive to breathe while carbon dioxide that accumulates raises it again.

D = 1 / (1 + U^1.25),  U = Cp / 1.20 mg/L + Cr / 0.92 ug/L        drive at a fixed PaCO2, against no drug
V / V0 = D (B / P0)^F,  dP/dt = kel (P0 - V/V0 P),  dB/dt = ke0 (P - B),  F = 4.30, kel = 0.08 /min, ke0 = 0.92 /min
P is PaCO2, B what the controller feels of it, V ventilation, P0 and V0 those without drugs; carbon dioxide has one store.
Remifentanil: Bouillon T et al. Anesthesiology 2003;99:779, ten volunteers without inspired carbon dioxide, abstract (C50
0.92 ug/L, Hill 1.25, F, kel, ke0). Propofol: 1 mg/L lowered ventilation at a fixed 55 mmHg by 44.3 % (Nieuwenhuijs DJF et al.
Anesthesiology 2003;98:312, 22 volunteers, abstract); with the same Hill slope that is a C50 of 1.20 mg/L, and the 57.7 %
printed there for 1 ug/L of remifentanil is 52.6 % here. Together they add, at least: the same study found synergy, and a low
dose of propofol lowered the C50 of remifentanil by 20 to 50 % (Olofsen E et al. Anesthesiology 2010;112:1382-95).
At rest the two studies differ. Bouillon's F leaves 13 % less ventilation at 1 ug/L of remifentanil once settled; Nieuwenhuijs
printed 27.7 % (standard error 3.5), and 12.6 % (3.3) at 1 mg/L of propofol, with synergy greatest at rest. Where remifentanil
acts, 22 of 32 copies (by volunteers) have the F that gives 27.7 %, 1.30: derived here, not printed. It gives 40 % for both
drugs, the printed sum; propofol without remifentanil keeps 4.30 (10.5 %). Spread: F 36.7 %, kel 34.2 % (propofol: Bouillon T
et al. Anesthesiology 2004;100:240, abstract); log-SD 0.5 of both C50 is assumed.
Volunteers without lung disease, pain or a ventilator: experimental.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from twin_engine.kernel.declare import Array

C50_OPIOID: Final = 0.92
HILL: Final = 1.25
DEPRESSED_BY_1_MG_PER_L: Final = 0.443
C50_PROPOFOL: Final = float(((1.0 - DEPRESSED_BY_1_MG_PER_L) / DEPRESSED_BY_1_MG_PER_L) ** (1.0 / HILL))
GAIN: Final = 4.30
RESTING_FALL_BY_1_UG_PER_L: Final = 0.277
_LEFT_BY_1_UG_PER_L: Final = 1.0 / (1.0 + (1.0 / C50_OPIOID) ** HILL)
GAIN_AT_REST: Final = float(np.log(_LEFT_BY_1_UG_PER_L) / np.log(1.0 - RESTING_FALL_BY_1_UG_PER_L)) - 1.0
SHARE_AT_REST: Final = 22.0 / 32.0
ELIMINATION_PER_MIN: Final = 0.08
FELT_PER_MIN: Final = 0.92
GAIN_LOG_SD: Final = float(np.sqrt(np.log1p(0.367**2)))
ELIMINATION_LOG_SD: Final = float(np.sqrt(np.log1p(0.342**2)))
C50_LOG_SD: Final = 0.5
STEP_MIN: Final = 0.5


@dataclass(frozen=True, slots=True)
class Controllers:
    """The drive to breathe of every copy, fields (copies,): C50 of propofol (mg/L) and of the opioid (ug/L), gain of the
    response to carbon dioxide, elimination of carbon dioxide (/min)."""

    propofol: Array
    opioid: Array
    gain: Array
    elimination: Array


def controllers(normal: Array, at_rest: NDArray[np.bool_]) -> Controllers:
    """Controllers from standard normal deviates (copies, 4); `at_rest` (copies,): which have the gain of ventilation at rest
    under remifentanil."""
    return Controllers(
        C50_PROPOFOL * np.exp(C50_LOG_SD * normal[:, 0]),
        C50_OPIOID * np.exp(C50_LOG_SD * normal[:, 1]),
        np.where(at_rest, GAIN_AT_REST, GAIN) * np.exp(GAIN_LOG_SD * normal[:, 2]),
        ELIMINATION_PER_MIN * np.exp(ELIMINATION_LOG_SD * normal[:, 3]),
    )


def depressed(each: Controllers, propofol: Array, opioid: Array) -> Array:
    """Share of the drive that is left at a fixed PaCO2, at effect-site concentrations (mg/L, ug/L), (times, copies)."""
    dose = np.maximum(propofol, 0.0) / each.propofol + np.maximum(opioid, 0.0) / each.opioid
    return np.asarray(1.0 / (1.0 + dose**HILL))


def settled(each: Controllers, drive: Array) -> Array:
    """PaCO2 against that without drugs once settled, (copies,): drive x p^(F + 1) = 1."""
    return np.asarray(drive ** (-1.0 / (each.gain + 1.0)))


def course(each: Controllers, drive: Array) -> tuple[Array, Array]:
    """PaCO2 and ventilation against those without drugs every half minute, (times, copies), from settled at the first drive."""
    tension = np.empty_like(drive)
    breathed = np.empty_like(drive)
    tension[0] = felt = settled(each, drive[0])
    breathed[0] = drive[0] * felt**each.gain
    half, kept = np.exp(-FELT_PER_MIN * STEP_MIN * np.array([0.5, 1.0]))
    for i in range(1, len(drive)):
        # Within a step the ventilation is that of its middle, and the tension goes exactly to where that would take it.
        halfway = tension[i - 1] + half * (felt - tension[i - 1])
        middle = np.maximum(0.5 * (drive[i - 1] + drive[i]) * halfway**each.gain, 1e-9)
        tension[i] = 1.0 / middle + (tension[i - 1] - 1.0 / middle) * np.exp(-each.elimination * middle * STEP_MIN)
        felt = kept * felt + (1.0 - kept) * 0.5 * (tension[i - 1] + tension[i])
        breathed[i] = drive[i] * felt**each.gain
    return tension, breathed
