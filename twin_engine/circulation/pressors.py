"""Pressors as one load: norepinephrine equivalents in the blood, from what was and will be infused.

C(t), ug/L: one compartment, dC/dt = rate/V - (CL/V) C with CL 1.64 L/min and V 8.84 L, norepinephrine in septic shock
at a SAPS II of 40 (Beloeil H et al. Br J Anaesth 2005;95:782-8; half-life 3.7 min). The patient's own clearance cannot be
told from the patient's own response, so that it is part of the gain. Potencies relative to norepinephrine: Goradia S et al. J
Crit Care 2021;61:233-40 (formula for the norepinephrine equivalent); Kotani Y et al. Crit Care 2023;27:29 give the same but
for phenylephrine (0.06 instead of 0.1).
"""

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

from twin_engine.kernel.declare import Array
from twin_engine.kernel.schedule import Dose

CLEARANCE_L_PER_H: Final = 1.64 * 60.0
VOLUME_L: Final = 8.84
RATE_PER_H: Final = CLEARANCE_L_PER_H / VOLUME_L

EQUIVALENT: Mapping[str, float] = {
    "norepinephrine": 1.0,
    "epinephrine": 1.0,
    "phenylephrine": 0.1,
    "dopamine": 0.01,
}
"""ug of norepinephrine that raise the pressure as much as 1 ug of the drug."""

VASOPRESSIN_UG_PER_KG: Final = 2.5
"""1 U of vasopressin equals this many ug of norepinephrine per kg of body weight (0.04 U/min = 0.1 ug/kg/min)."""

PRESSORS: Final = (*EQUIVALENT, "vasopressin")


def equivalent(drug: str, weight_kg: float | None) -> float | None:
    """ug of norepinephrine per amount unit of the drug (ug; U of vasopressin); None = the weight it needs is not known."""
    if drug == "vasopressin":
        return None if weight_kg is None else VASOPRESSIN_UG_PER_KG * weight_kg
    return EQUIVALENT[drug]


def load(doses: Sequence[Dose], hours_h: Array) -> Array:
    """Load (ug/L) at `hours_h` from doses in ug of norepinephrine equivalents; before the first dose it is 0."""
    found = np.zeros_like(hours_h)
    for dose in doses:
        if dose.duration_h > 0.0:
            risen = _rise(hours_h - dose.start_h) - _rise(hours_h - dose.end_h)
            found += dose.rate / CLEARANCE_L_PER_H * risen
        else:
            since = hours_h - dose.start_h
            found += np.where(since > 0.0, dose.amount / VOLUME_L * np.exp(-RATE_PER_H * np.maximum(since, 0.0)), 0.0)
    return np.maximum(found, 0.0)


def _rise(hours_h: Array) -> Array:
    return -np.expm1(-RATE_PER_H * np.maximum(hours_h, 0.0))
