"""Carbon dioxide from the tissues to expired gas: steady state, and the stores that make it slow.

Steady: PaCO2 = 0.863 VCO2 / VA, VA = RR (VT - VD) / 1000 (mL/min STPD, L/min BTPS, mm[Hg]).
Stores: gas and arterial blood of the lung (a), fast (1) and slow (2) tissues,
    C_a dPa/dt = sum_i Q f_i beta (P_i - Pa) - VA Pa / 0.863,    C_i dP_i/dt = VCO2 m_i - Q f_i beta (P_i - Pa).
Tissue capacities 17.49 / 2 and 102.37 / 2 mL/mm[Hg] per 70 kg condense the 11 compartments of Magor-Elliott SRM et al. J Appl
Physiol 2021;130:1383-97; they are taken from another program that cites it and were not checked in the paper. Here with
perfusion 0.68, 0.32 and metabolism 0.65, 0.35 of the total. To the lung belong 2.5 L of gas and 1 L of blood, to the tissues
4 L of blood by perfusion, with a slope of 4.7 mL/L/mm[Hg]. Halves, gas, blood and slope are assumptions of this project:
with them PaCO2 rises by 9 mm[Hg] in the first minute of apnoea and then by 3 a minute; in 15 anaesthetised adults it rose by
9.8 (SD 1.9) and then by 3.4 to 4.4 (Kobayashi T, Yokoyama K. Masui 1994;43:1130-4, abstract). The equations are linear: between
changes of VA they are solved exactly by eigenvectors.
"""

from dataclasses import dataclass

import numpy as np

from twin_engine.kernel.declare import Array

BTPS_FACTOR = 0.863
FAST_ML_PER_MMHG_70KG, SLOW_ML_PER_MMHG_70KG = 17.49 / 2.0, 102.37 / 2.0
GAS_L = 2.5
LUNG_BLOOD_L, TISSUE_BLOOD_L = 1.0, 4.0
BLOOD_SLOPE_ML_PER_L_MMHG = 4.7
PERFUSION = (0.68, 0.32)
METABOLISM = (0.65, 0.35)


def steady_paco2(production: Array, alveolar_ventilation: Array) -> Array:
    """PaCO2, mm[Hg], once settled: CO2 production mL/min STPD, alveolar ventilation L/min BTPS."""
    return np.asarray(BTPS_FACTOR * production / alveolar_ventilation)


def alveolar_ventilation(rate: Array, tidal_volume: Array, dead_space: Array) -> Array:
    """Alveolar ventilation, L/min, from /min, mL and mL of dead space; 0 where the breath does not pass the dead space."""
    return np.asarray(np.maximum(rate * (tidal_volume - dead_space), 0.0) / 1000.0)


@dataclass(frozen=True, slots=True)
class Stores:
    """One patient's stores, fields (copies,): CO2 production mL/min, cardiac output L/min, weight kg."""

    production: Array
    cardiac_output: Array
    weight: Array

    @property
    def _flows(self) -> tuple[Array, Array]:
        """Exchange of the fast and the slow tissue with arterial blood, mL/min/mm[Hg]."""
        slope = self.cardiac_output * BLOOD_SLOPE_ML_PER_L_MMHG
        return slope * PERFUSION[0], slope * PERFUSION[1]

    @property
    def capacities(self) -> Array:
        """mL/mm[Hg] of lung, fast and slow tissue, (copies, 3)."""
        size = np.asarray(self.weight) / 70.0
        lung = np.full_like(size, GAS_L / BTPS_FACTOR + LUNG_BLOOD_L * BLOOD_SLOPE_ML_PER_L_MMHG)
        blood = [TISSUE_BLOOD_L * BLOOD_SLOPE_ML_PER_L_MMHG * share for share in PERFUSION]
        fast, slow = FAST_ML_PER_MMHG_70KG * size + blood[0], SLOW_ML_PER_MMHG_70KG * size + blood[1]
        return np.stack([lung, fast, slow], axis=-1)

    def settled(self, ventilation: Array) -> Array:
        """Tensions once settled at this alveolar ventilation (L/min > 0), (copies, 3) mm[Hg]."""
        arterial = steady_paco2(self.production, ventilation)
        fast, slow = self._flows
        gains = self.production * METABOLISM[0] / fast, self.production * METABOLISM[1] / slow
        return np.stack([arterial, arterial + gains[0], arterial + gains[1]], axis=-1)

    def course(self, start: Array, ventilation: Array, minutes: Array) -> Array:
        """Tensions (minutes, copies, 3) mm[Hg] from `start` (copies, 3) at constant alveolar ventilation (copies,) L/min."""
        fast, slow = self._flows
        out = np.broadcast_to(ventilation, fast.shape) / BTPS_FACTOR
        capacity = self.capacities
        rates = np.zeros((*fast.shape, 3, 3))
        rates[..., 0, 0] = -(fast + slow + out)
        rates[..., 0, 1] = rates[..., 1, 0] = fast
        rates[..., 0, 2] = rates[..., 2, 0] = slow
        rates[..., 1, 1], rates[..., 2, 2] = -fast, -slow
        source = np.stack([0.0 * fast, self.production * METABOLISM[0], self.production * METABOLISM[1]], axis=-1)
        # Scaling by sqrt(capacity) makes the matrix symmetric: real eigenvalues, orthogonal eigenvectors, no inverse.
        root = np.sqrt(capacity)
        values, vectors = np.linalg.eigh(rates / (root[..., :, None] * root[..., None, :]))
        begin = np.einsum("...ij,...i->...j", vectors, root * start)
        drive = np.einsum("...ij,...i->...j", vectors, source / root)
        time = np.asarray(minutes, dtype=np.float64)[:, None, None]
        decay = np.exp(values * time)
        still = np.abs(values * time) < 1e-12
        gained = np.where(still, time, np.expm1(values * time) / np.where(still, 1.0, values))
        return np.einsum("...ij,t...j->t...i", vectors, decay * begin + gained * drive) / root
