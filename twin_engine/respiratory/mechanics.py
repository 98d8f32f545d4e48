"""Passive lung of one compartment on a ventilator: exact pressures and volumes of a linear resistance and compliance.

Symbols: C mL/cm[H2O], R cm[H2O].s/L, tau = R C / 1000 s; VT mL, RR /min, flow L/min, times s, pressures cm[H2O].

Volume control (square flow), after expiration through R_e for Te = 60/RR - Ti:
    trapped = VT / (exp(Te / tau_e) - 1), autoPEEP = trapped / C, Pplat = PEEP + autoPEEP + VT / C,
    Ppeak = Pplat + R flow / 60, driving pressure = VT / C.
Pressure control, a = 1 - exp(-Ti / tau), b = exp(-Te / tau_e):
    VT = a C Pinsp / (1 + a b / (1 - b)), trapped = VT b / (1 - b).
Both are the periodic solution of the same differential equation (Marini JJ, Crooke PS. Am Rev Respir Dis 1993;147:14-24).

Mechanical power, J/min: Gattinoni L et al. Intensive Care Med 2016;42:1567-75 (volume control, simplified), the surrogate of
Becher T et al. Intensive Care Med 2019;45:1321-3 for pressure control.
Sigmoid pressure-volume curve V = a + b / (1 + exp(-(P - c) / d)): Venegas JG et al. J Appl Physiol 1998;84:389-95.
"""

from dataclasses import dataclass

import numpy as np

from twin_engine.kernel.declare import Array

JOULE_PER_CMH2O_L = 0.098


@dataclass(frozen=True, slots=True)
class Breath:
    """One periodic breath; every field broadcasts over copies. Pressures cm[H2O], volume mL, time s, power J/min."""

    inspiratory_time: Array
    tidal_volume: Array
    auto_peep: Array
    plateau: Array
    peak: Array
    driving: Array
    mean_airway: Array
    power: Array


def volume_control(
    tidal_volume: Array, rate: Array, flow: Array, peep: Array, compliance: Array, resistance: Array, pause: Array | float = 0.0
) -> Breath:
    """Square-flow volume control of a passive patient, `pause` s of no flow within inspiration. Arrays broadcast.

    Raises ValueError where expiration has no time.
    """
    inflation = tidal_volume / 1000.0 / (flow / 60.0)
    inspiration = inflation + pause
    expiration = 60.0 / rate - inspiration
    if np.any(expiration <= 0.0):
        raise ValueError("the breath is longer than the cycle")
    auto = trapped_volume(tidal_volume, expiration, compliance, resistance) / compliance
    driving = tidal_volume / compliance
    plateau = peep + auto + driving
    peak = plateau + resistance * flow / 60.0
    above = inflation * (peak - peep - driving / 2.0) + pause * (plateau - peep)
    power = volume_power(rate, tidal_volume, peak, plateau, peep)
    return Breath(inspiration, tidal_volume, auto, plateau, peak, driving, peep + above * rate / 60.0, power)


def trapped_volume(tidal_volume: Array, expiration: Array, compliance: Array, resistance: Array) -> Array:
    """Volume above that of PEEP left at the end of expiration, mL."""
    return np.asarray(tidal_volume / np.expm1(expiration / (resistance * compliance / 1000.0)))


def pressure_control(
    inspiratory_pressure: Array, rate: Array, inspiratory_time: Array, peep: Array, compliance: Array, resistance: Array
) -> Breath:
    """Pressure control of a passive patient; `inspiratory_pressure` above PEEP. Arrays broadcast.

    The plateau is the alveolar pressure at the end of inspiration. Raises ValueError where expiration has no time.
    """
    expiration = 60.0 / rate - inspiratory_time
    if np.any(expiration <= 0.0):
        raise ValueError("inspiration is longer than the cycle")
    tau = resistance * compliance / 1000.0
    filled, left = -np.expm1(-inspiratory_time / tau), np.exp(-expiration / tau)
    volume = filled * compliance * inspiratory_pressure / (1.0 + filled * left / (1.0 - left))
    auto = volume * left / (1.0 - left) / compliance
    driving = volume / compliance
    mean = peep + inspiratory_pressure * inspiratory_time * rate / 60.0
    power = pressure_power(rate, volume, inspiratory_pressure, peep)
    peak = peep + inspiratory_pressure + 0.0 * volume
    return Breath(
        inspiratory_time + 0.0 * volume, volume, auto, peep + auto + driving, peak, driving, mean + 0.0 * volume, power
    )


def volume_power(rate: Array, tidal_volume: Array, peak: Array, plateau: Array, peep: Array) -> Array:
    """Mechanical power in volume control, J/min: 0.098 RR VT (Ppeak - (Pplat - PEEP) / 2), VT in L."""
    return np.asarray(JOULE_PER_CMH2O_L * rate * tidal_volume / 1000.0 * (peak - 0.5 * (plateau - peep)))


def pressure_power(rate: Array, tidal_volume: Array, inspiratory_pressure: Array, peep: Array) -> Array:
    """Mechanical power in pressure control, J/min: 0.098 RR VT (Pinsp + PEEP), VT in L."""
    return np.asarray(JOULE_PER_CMH2O_L * rate * tidal_volume / 1000.0 * (inspiratory_pressure + peep))


@dataclass(frozen=True, slots=True)
class Sigmoid:
    """A sigmoid pressure-volume curve: lower volume `a`, `b` above it at most (mL), inflection `c` and width `d` (cm[H2O])."""

    a: Array
    b: Array
    c: Array
    d: Array

    def volume(self, pressure: Array) -> Array:
        """Volume at this pressure, mL."""
        return np.asarray(self.a + self.b / (1.0 + np.exp(-(pressure - self.c) / self.d)))

    def pressure(self, volume: Array) -> Array:
        """Pressure at this volume, cm[H2O]; infinite at and above the largest volume."""
        rest = self.b / (volume - self.a) - 1.0
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(rest > 0.0, self.c - self.d * np.log(np.where(rest > 0.0, rest, 1.0)), np.inf)

    def driving_pressure(self, total_peep: Array, tidal_volume: Array) -> Array:
        """Pressure that a breath adds to the total PEEP, cm[H2O]."""
        return self.pressure(self.volume(total_peep) + tidal_volume) - total_peep
