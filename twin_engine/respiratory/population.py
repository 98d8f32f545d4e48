"""The numbers estimated on open charts; the physics stands apart from them.

Open ICU charts (MIMIC-IV demo, eICU demo; ODbL): gases before and after a change of FiO2 (118 pairs of 63 patients) or of set
ventilation (52 of 43), pressures before and after a change of PEEP or volume (101 plateau, 170 peak), saturations (155).
Estimated by `validation.lung_fit` on all of them; what the same estimation reaches on patients it has not seen stands in
docs/validation/respiratory.md.
"""

from dataclasses import dataclass
from typing import Final

from twin_engine.respiratory.reverting import Reverting


@dataclass(frozen=True, slots=True)
class Population:
    """Where lungs are on the whole and how they move.

    `plateau`, `peak`: ln((pressure - PEEP) / VT), cm[H2O]/mL. `shunt`: logit of the effective shunt at FiO2 0.5 and PEEP 8,
    the noise of a gas or a saturation is brought to its scale. `carbon_dioxide`: ln PaCO2, mm[Hg], at the set ventilation of
    the order. `saturation`: by pulse oximetry, %. `gas_noise`: SD of ln PaO2 between two gases of one lung. `oximeter_sd`: %.
    `gas_width`: widens the interval of a future PaO2 to what out-of-fold errors on charts were.

    Slopes seen on charts, confounded by the reason for the order (sicker lungs are given more oxygen); they place the level
    once, for the order really drafted, and never compare options: `fio2_slope` logit per unit of ln FiO2, `peep_slope` logit
    per cm[H2O], `prior_slope` of the mean of the shunt per unit of ln FiO2 now, `ventilation_slope` fall of ln PaCO2 per unit
    of ln(set rate x set volume).

    The population forecast, least squares: `oxygen_usual` ln PaO2 after a change of FiO2 = a + b ln(last) + c ln(FiO2 after /
    before); `carbon_dioxide_usual` likewise with the set ventilation; `plateau_usual` of an unchanged ventilator = a + b last,
    estimated beside terms for PEEP and volume, which are not used.
    """

    plateau: Reverting
    peak: Reverting
    shunt: Reverting
    carbon_dioxide: Reverting
    saturation: Reverting
    gas_noise: float
    gas_width: float
    oximeter_sd: float
    fio2_slope: float
    peep_slope: float
    prior_slope: float
    ventilation_slope: float
    oxygen_usual: tuple[float, float, float]
    carbon_dioxide_usual: tuple[float, float, float]
    plateau_usual: tuple[float, float]


LUNGS: Final = Population(
    plateau=Reverting(mean=-3.67, level_sd=0.205, state_sd=0.171, tau_h=4.94, noise=0.103, width=1.04),
    peak=Reverting(mean=-3.55, level_sd=0.213, state_sd=0.221, tau_h=9.85, noise=0.18, width=1.44),
    shunt=Reverting(mean=-1.36, level_sd=0.311, state_sd=0.387, tau_h=7.68, noise=0.0),
    carbon_dioxide=Reverting(mean=3.65, level_sd=0.103, state_sd=0.0899, tau_h=5.16, noise=0.0835, width=1.43),
    saturation=Reverting(mean=97.5, level_sd=1.08, state_sd=1.24, tau_h=2.72, noise=0.965, width=1.35),
    gas_noise=0.102,
    gas_width=1.07,
    oximeter_sd=1.78,
    fio2_slope=1.15,
    peep_slope=0.0,
    prior_slope=-0.15,
    ventilation_slope=0.218,
    oxygen_usual=(3.033, 0.3319, -0.127),
    carbon_dioxide_usual=(1.431, 0.6047, -0.1103),
    plateau_usual=(6.041, 0.7072),
)
