"""Propofol and the pressure: resistance and stroke volume turn over, and the pressure feeds back on both and on the rate.

  ds/dt = k (r^-FB (1 + E_s) - s),   E_s = -0.154 exp(0.0333 (age - 35)) C / (C + 0.44)
  dh/dt = k (r^-FB - h)
  dt/dt = k (r^-FB (1 + E_t) - t),   E_t = -0.778 C^1.83 / (C^1.83 + C50^1.83),  C50 log-normal, 3.21 mg/L, variance 0.44
  r = s (1 - 0.312 ln h) h t,        k = 0.072 /min,  FB = 0.661,  C in plasma, mg/L
s stroke volume, h rate, t resistance and r mean pressure, each relative to no propofol. Su H et al. Br J Anaesth 2023
(10.1016/j.bja.2023.04.043), as transcribed alike by two projects (a NONMEM-based one, SuHaemoPD2023, and the AReS anaesthesia
simulator, PharmacodynamicHemo); its terms for remifentanil and for excitement before anaesthesia are left out. Healthy
volunteers of 18 to 70 years: from 70 on the age counts as 70. In other volunteers the pressure fell by 9 and 18 % at a BIS of
70 and 54 (Ebert TJ. Anesthesiology 2005;103:20-4), by 10 and 15 % here. Nobody was in shock: experimental.
"""

from typing import Final

import numpy as np

from twin_engine.kernel.declare import Array

TURNOVER, FEEDBACK, RATE_ON_VOLUME = 0.072, 0.661, 0.312
RESISTANCE_HALF: Final = 3.21
RESISTANCE_HALF_LOG_SD: Final = 0.44**0.5
OLDEST: Final = 70.0
MINUTES: Final = 60
GRID_MIN: Final = np.concatenate([np.arange(0.0, 10.0, 0.25), np.arange(10.0, MINUTES + 1.0)])
"""Where plasma is asked for: a bolus is over within minutes."""
KEPT: Final[list[float]] = np.exp(-TURNOVER * np.diff(GRID_MIN)).tolist()
"""Share of a deviation that is left after each step of the grid."""


def change(plasma: Array, before: Array, half: Array, age_y: float) -> Array:
    """Share by which MAP changes (negative = falls) at every minute of an hour, (61, copies), from plasma at GRID_MIN (times,
    copies), what stood in plasma long enough to have settled (copies), and C50 of resistance (copies), all mg/L."""
    on_volume, on_resistance = _effects(before, half, age_y)
    settled = pressure = _settled(on_volume, on_resistance)
    fed = settled**-FEEDBACK
    volume, rate, resistance = fed * (1.0 + on_volume), fed, fed * (1.0 + on_resistance)
    found = np.empty_like(plasma)
    found[0] = 0.0
    every = _effects(0.5 * (plasma[:-1] + plasma[1:]), half, age_y)
    for i, (kept, on_volume, on_resistance) in enumerate(zip(KEPT, *every, strict=True), start=1):
        made = (1.0 - kept) * pressure**-FEEDBACK
        volume = kept * volume + made * (1.0 + on_volume)
        rate = kept * rate + made
        resistance = kept * resistance + made * (1.0 + on_resistance)
        pressure = volume * (1.0 - RATE_ON_VOLUME * np.log(rate)) * rate * resistance
        found[i] = pressure / settled - 1.0
    return found[np.searchsorted(GRID_MIN, np.arange(MINUTES + 1.0))]


def settled(concentration: Array, half: Array, age_y: float) -> Array:
    """Pressure relative to no propofol while the concentration (mg/L) stays."""
    return _settled(*_effects(concentration, half, age_y))


def _effects(concentration: Array, half: Array, age_y: float) -> tuple[Array, Array]:
    """Relative changes of what makes stroke volume and resistance."""
    present = np.maximum(concentration, 0.0)
    most = -0.154 * np.exp(0.0333 * (min(age_y, OLDEST) - 35.0))
    power = present**1.83
    return most * present / (present + 0.44), -0.778 * power / (power + half**1.83)


def _settled(on_volume: Array, on_resistance: Array) -> Array:
    """r = r^-3FB (1 + E_s) (1 + E_t) (1 + 0.312 FB ln r), by Newton in ln r."""
    driven = np.log((1.0 + on_volume) * (1.0 + on_resistance))
    slope, bend = 1.0 + 3.0 * FEEDBACK, RATE_ON_VOLUME * FEEDBACK
    log = driven / slope
    for _ in range(4):
        log = log - (slope * log - np.log1p(bend * log) - driven) / (slope - bend / (1.0 + bend * log))
    return np.exp(log)
