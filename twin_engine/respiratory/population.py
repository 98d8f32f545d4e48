"""The numbers estimated on open charts, with the task each comes from; the physics stands apart from them.

Open ICU charts (MIMIC-IV demo, eICU demo; ODbL): gases before and after a change of FiO2 (118 pairs of 63 patients) or of set
ventilation (52 of 43), pressures before and after a change of PEEP or volume (101 plateau, 170 peak), saturations (155). Out
of fold by patient in docs/validation/respiratory.md. Medians over five folds are used.
"""

from typing import Final

from twin_engine.respiratory.reverting import Reverting

PLATEAU: Final = Reverting(mean=-3.68, level_sd=0.19, state_sd=0.19, tau_h=5.1, noise=0.12, width=1.15)
"""ln((plateau - PEEP) / VT), cm[H2O]/mL."""
PEAK: Final = Reverting(mean=-3.49, level_sd=0.24, state_sd=0.26, tau_h=9.3, noise=0.195, width=1.35)
"""ln((peak - PEEP) / VT), cm[H2O]/mL."""
SHUNT: Final = Reverting(mean=-1.40, level_sd=0.37, state_sd=0.39, tau_h=10.5, noise=0.0, width=1.0)
"""logit of the effective shunt at FiO2 0.5 and PEEP 8; the noise of a gas or a saturation is brought to this scale."""
CARBON_DIOXIDE: Final = Reverting(mean=3.67, level_sd=0.11, state_sd=0.10, tau_h=4.8, noise=0.087, width=1.25)
"""ln PaCO2, mm[Hg], at the set ventilation of the order."""
SATURATION: Final = Reverting(mean=98.2, level_sd=1.35, state_sd=1.4, tau_h=2.5, noise=1.0, width=1.15)
"""Saturation by pulse oximetry, %."""

GAS_NOISE: Final = 0.12
"""SD of ln PaO2 between two gases of one lung."""
OXIMETER_SD: Final = 1.45
"""SD of a pulse oximeter, %."""
FIO2_SLOPE: Final = 0.97
"""Rise of the charted logit shunt per unit of ln FiO2. Confounded (sicker lungs are given more oxygen): it places the state
once, for the FiO2 really drafted, and never compares options."""
PEEP_SLOPE: Final = -0.01
"""Fall of the charted logit shunt per cm[H2O] of PEEP; as confounded."""
VENTILATION_SLOPE: Final = 0.22
"""Fall of ln PaCO2 per unit of ln(set rate x set volume) on charts; confounded, used once for the level."""

OXYGEN_USUAL: Final = (3.0305, 0.3326, -0.1266)
"""ln PaO2 after a change of FiO2 = a + b ln(last) + c ln(FiO2 after / before)."""
CARBON_DIOXIDE_USUAL: Final = (1.4264, 0.6058, -0.1107)
"""ln PaCO2 after a change of set ventilation = a + b ln(last) + c ln(ventilation after / before)."""
PLATEAU_USUAL: Final = (6.0404, 0.7072)
"""plateau of an unchanged ventilator = a + b last; estimated beside terms for PEEP and volume, which are not used."""
