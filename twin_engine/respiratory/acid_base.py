"""Acid and base in blood: carbonic acid, base excess, and the charge balance of plasma.

Henderson-Hasselbalch: HCO3 = 0.0307 PCO2 10^(pH - 6.1) (mmol/L, mm[Hg]).
Van Slyke: HCO3 = (BE - 0.2 Hb (1 - S)) / (1 - 0.0143 Hb) - (9.5 + 1.63 Hb)(pH - 7.4) + 24.5 with Hb in mmol/L of monomer:
Siggaard-Andersen O. Scand J Clin Lab Invest 1977;37(Suppl 146):15-20. In the whole extracellular fluid the haemoglobin is
diluted to a third. The published form has haemoglobin in mmol/L; worked values here take it as printed.
Standard base excess: 0.93 (HCO3 - 24.4 + 14.83 (pH - 7.4)), Siggaard-Andersen, the form of NCCLS C46-A.
Plasma charge balance: SID = HCO3 + Alb (0.123 pH - 0.631) + Pi (0.309 pH - 0.469), albumin g/L, phosphate mmol/L:
Figge J, Mydosh T, Fencl V. J Lab Clin Med 1992;120:713-9.
"""

from collections.abc import Callable

import numpy as np

from twin_engine.kernel.declare import Array

SOLUBILITY = 0.0307
PK = 6.1
LOWEST_PH, HIGHEST_PH = 6.0, 8.6
_HALVINGS = 40
_STEPS = 6


def bicarbonate(ph: Array, pco2: Array) -> Array:
    """Bicarbonate, mmol/L, from pH and PCO2 (mm[Hg])."""
    return np.asarray(SOLUBILITY * pco2 * 10.0 ** (ph - PK))


def base_excess(ph: Array, pco2: Array, hemoglobin: Array, saturation: Array | float = 1.0) -> Array:
    """Base excess, mmol/L: the Van Slyke equation the other way round."""
    found = bicarbonate(ph, pco2) - 24.5 + (9.5 + 1.63 * hemoglobin) * (ph - 7.4)
    return np.asarray(found * (1.0 - 0.0143 * hemoglobin) + 0.2 * hemoglobin * (1.0 - saturation))


def standard_base_excess(ph: Array, pco2: Array) -> Array:
    """Standard base excess, mmol/L."""
    return np.asarray(0.93 * (bicarbonate(ph, pco2) - 24.4 + 14.83 * (ph - 7.4)))


def ph_of(pco2: Array, base_excess: Array, hemoglobin: Array, saturation: Array | float = 1.0) -> Array:
    """pH at this PCO2 (mm[Hg]) when the base excess stays; arrays broadcast.

    Newton's method on a convex rising function: from the second step on it comes down monotonically.
    """
    buffer = 9.5 + 1.63 * hemoglobin
    bound = (base_excess - 0.2 * hemoglobin * (1.0 - saturation)) / (1.0 - 0.0143 * hemoglobin) + 24.5
    ph = np.full(np.broadcast_shapes(np.shape(pco2), np.shape(bound)), 7.4)
    for _ in range(_STEPS):
        carbonic = bicarbonate(ph, pco2)
        step = (carbonic - bound + buffer * (ph - 7.4)) / (carbonic * np.log(10.0) + buffer)
        ph = np.clip(ph - step, LOWEST_PH, HIGHEST_PH)
    return ph


def ph_of_charges(strong_ion_difference: Array, pco2: Array, albumin: Array, phosphate: Array) -> Array:
    """pH at which the charges of plasma balance: SID mmol/L, albumin g/L, phosphate mmol/L."""

    def excess(ph: Array) -> Array:
        weak = albumin * (0.123 * ph - 0.631) + phosphate * (0.309 * ph - 0.469)
        return np.asarray(bicarbonate(ph, pco2) + weak - strong_ion_difference)

    shapes = np.shape(strong_ion_difference), np.shape(pco2), np.shape(albumin), np.shape(phosphate)
    return _root(excess, np.broadcast_shapes(*shapes))


def _root(rising: Callable[[Array], Array], shape: tuple[int, ...]) -> Array:
    """Where a rising function of pH crosses 0, by halving: the same number of steps for every copy."""
    low, high = np.full(shape, LOWEST_PH), np.full(shape, HIGHEST_PH)
    for _ in range(_HALVINGS):
        middle = 0.5 * (low + high)
        above = rising(middle) > 0.0
        low, high = np.where(above, low, middle), np.where(above, middle, high)
    return 0.5 * (low + high)
