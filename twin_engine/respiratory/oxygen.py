"""Oxygen from the inspired gas to arterial blood through a shunt: contents are mixed, tensions never.

Saturation: S = 1 / (23400 / (P^3 + 150 P) + 1), P mm[Hg] at pH 7.40, 37 Cel, 40 mm[Hg] CO2: Severinghaus JW. J Appl Physiol
1979;46:599-602. Shift: P = PO2 10^(0.024 (37 - T) + 0.40 (pH - 7.40) + 0.06 (log10 40 - log10 PCO2)): Kelman GR. J Appl
Physiol 1966;21:1375-6. Content, mL/dL: 1.34 Hb S + 0.0031 PO2.
Alveolar gas: PAO2 = FiO2 (PB - 47) - PaCO2 (FiO2 + (1 - FiO2) / R).
Effective shunt s = (Cc' - Ca) / (Cc' - Ca + D), D = VO2 / (10 Q) the arteriovenous difference, and so
Ca = Cc' - D s / (1 - s). With a diffusion term the end-capillary tension is PAO2 - dPO2: Karbing DS et al. Crit Care
2007;11:R118, doi:10.1186/cc6174 (two parameters describe 4 to 8 levels of FiO2 better than one).
"""

from dataclasses import dataclass

import numpy as np

from twin_engine.kernel.declare import Array

HUEFNER_ML_PER_G = 1.34
DISSOLVED_ML_PER_DL_MMHG = 0.0031
WATER_VAPOUR_MMHG = 47.0
SEA_LEVEL_MMHG = 760.0
RESPIRATORY_QUOTIENT = 0.8
LOWEST_PO2, HIGHEST_PO2 = 1.0, 760.0
_HALVINGS = 34
_STEPS = 6


@dataclass(frozen=True, slots=True)
class Blood:
    """What binds oxygen: haemoglobin g/dL, pH, PCO2 mm[Hg], temperature Cel. Fields broadcast."""

    hemoglobin: Array | float
    ph: Array | float = 7.40
    pco2: Array | float = 40.0
    temperature: Array | float = 37.0

    @property
    def shift(self) -> Array:
        """Factor from a tension to the one with the same saturation under standard conditions."""
        moved = 0.024 * (37.0 - np.asarray(self.temperature)) + 0.40 * (np.asarray(self.ph) - 7.40)
        return np.asarray(10.0 ** (moved + 0.06 * (np.log10(40.0) - np.log10(self.pco2))))


def standard_saturation(po2: Array) -> Array:
    """Saturation, fraction, at pH 7.40, 37 Cel and 40 mm[Hg] of CO2."""
    return np.asarray(1.0 / (23400.0 / (po2**3 + 150.0 * po2) + 1.0))


def saturation(po2: Array, blood: Blood) -> Array:
    """Saturation of this blood, fraction, at a tension in mm[Hg]."""
    return standard_saturation(po2 * blood.shift)


def content(po2: Array, blood: Blood) -> Array:
    """Oxygen content, mL/dL."""
    return np.asarray(HUEFNER_ML_PER_G * blood.hemoglobin * saturation(po2, blood) + DISSOLVED_ML_PER_DL_MMHG * po2)


def tension(oxygen: Array, blood: Blood) -> Array:
    """Tension, mm[Hg], at which this blood holds this content (mL/dL); at the ends of 1 to 760 where it holds less or more."""
    shape = np.broadcast_shapes(np.shape(oxygen), np.shape(blood.hemoglobin), np.shape(blood.shift))
    low, high = np.full(shape, np.log(LOWEST_PO2)), np.full(shape, np.log(HIGHEST_PO2))
    for _ in range(_HALVINGS):
        middle = 0.5 * (low + high)
        above = content(np.exp(middle), blood) > oxygen
        low, high = np.where(above, low, middle), np.where(above, middle, high)
    return np.exp(0.5 * (low + high))


def alveolar_tension(fio2: Array, paco2: Array, barometric: float = SEA_LEVEL_MMHG) -> Array:
    """Ideal alveolar oxygen tension, mm[Hg]; `fio2` a fraction."""
    quotient = fio2 + (1.0 - fio2) / RESPIRATORY_QUOTIENT
    return np.asarray(fio2 * (barometric - WATER_VAPOUR_MMHG) - paco2 * quotient)


def end_capillary(fio2: Array, blood: Blood, diffusion: Array | float = 0.0) -> Array:
    """Content of blood that has met alveolar gas, mL/dL; `diffusion` = tension lost on the way, mm[Hg]."""
    reached = alveolar_tension(fio2, np.asarray(blood.pco2)) - diffusion
    return content(np.maximum(reached, LOWEST_PO2), blood)


def effective_shunt(pao2: Array, fio2: Array, blood: Blood, difference: Array) -> Array:
    """Effective shunt, fraction, from one gas; `difference` = arteriovenous content difference, mL/dL. May be negative."""
    missing = end_capillary(fio2, blood) - content(pao2, blood)
    return np.asarray(missing / (missing + difference))


def arterial_tension(shunt: Array, fio2: Array, blood: Blood, difference: Array, diffusion: Array | float = 0.0) -> Array:
    """Arterial oxygen tension, mm[Hg], behind a shunt (fraction below 1). Arrays broadcast."""
    arterial = end_capillary(fio2, blood, diffusion) - difference * shunt / (1.0 - shunt)
    return tension(np.maximum(arterial, 0.0), blood)


def arteriovenous_difference(oxygen_uptake: Array, cardiac_output: Array) -> Array:
    """Arteriovenous content difference, mL/dL, from uptake mL/min and output L/min."""
    return np.asarray(oxygen_uptake / (10.0 * cardiac_output))


@dataclass(frozen=True, slots=True)
class Tensions:
    """Content and tension of one blood as a table, for many copies at once: error below 0.1 mm[Hg] under 600 mm[Hg]."""

    contents: Array
    tensions: Array

    @staticmethod
    def of(blood: Blood) -> "Tensions":
        """Table of a blood whose fields are single numbers."""
        points: Array = np.geomspace(LOWEST_PO2, HIGHEST_PO2, 1500)
        return Tensions(content(points, blood), points)

    def at(self, oxygen: Array) -> Array:
        """Tension, mm[Hg], at these contents (mL/dL)."""
        return np.interp(oxygen, self.contents, self.tensions)

    def at_another(self, oxygen: Array, tabled: Blood, blood: Blood) -> Array:
        """Tension, mm[Hg], at these contents (mL/dL) in blood of another CO2 and pH than the table's, same haemoglobin: by
        Newton's method on the tension of the standard curve, within 0.1 mm[Hg] of `tension`."""
        binds, shift = HUEFNER_ML_PER_G * np.asarray(blood.hemoglobin), blood.shift
        standard = self.at(oxygen) * tabled.shift
        for _ in range(_STEPS):
            cubic = standard**3 + 150.0 * standard
            bound = cubic / (cubic + 23400.0)
            slope = 23400.0 * (3.0 * standard**2 + 150.0) / (cubic + 23400.0) ** 2
            excess = binds * bound + DISSOLVED_ML_PER_DL_MMHG * standard / shift - oxygen
            standard = standard - excess / (binds * slope + DISSOLVED_ML_PER_DL_MMHG / shift)
            standard = np.clip(standard, LOWEST_PO2 * shift, HIGHEST_PO2 * shift)
        return np.asarray(standard / shift)
