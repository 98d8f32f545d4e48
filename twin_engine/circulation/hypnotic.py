"""Propofol, remifentanil beside it, and the pressure: resistance, stroke volume and rate turn over; the pressure feeds back.

  ds/dt = k (r^-FB (1 + E_s) - s (1 - R_s)),   E_s = -0.154 exp(0.0333 (age - 35)) C / (C + 0.44)
  dh/dt = k (r^-FB - h (1 - R_h))
  dt/dt = k (r^-FB (1 + E_t) - t (1 - R_t)),   E_t = (-0.778 + O / (O + 4.59)) C^1.83 / (C^1.83 + C50^1.83)
  R_s = (0.0581 - 0.212 C / (C + 0.44)) O,  R_h = (0.0327 - 0.119 C / (C + 0.196)) O,  R_t = -O / (O + 4.59)
  r = s (1 - 0.312 ln h) h t,   k = 0.072 /min,  FB = 0.661,  C propofol in plasma, mg/L, O remifentanil, ug/L
s stroke volume, h rate, t resistance and r mean pressure, each relative to no drug. C50 log-normal, 3.21 mg/L, variance 0.44;
between people the largest effect on R_t varies by an SD of 0.670, the first terms of R_s and R_h by 0.0932 and 0.0618 with a
covariance of 0.00329 (the latter in one transcription only). Su H et al. Br J Anaesth 2023 (10.1016/j.bja.2023.04.043), as
transcribed alike by two projects (a NONMEM-based one, SuHaemoPD2023, and the AReS anaesthesia simulator, PharmacodynamicHemo);
its term for excitement before anaesthesia is left out. Healthy volunteers of 18 to 70 years: from 70 on the age counts as 70.
In other volunteers the pressure fell by 9 and 18 % at a BIS of 70 and 54 (Ebert TJ. Anesthesiology 2005;103:20-4), by 10 and
15 % here. Nobody was in shock: experimental.

In volunteers awake remifentanil raises rate and stroke volume, which propofol reverses. A patient in intensive care is not such
a volunteer, so that both are joined only where propofol runs at 0.5 mg/L or more and goes on (a choice of this project).
"""

import zlib
from dataclasses import dataclass
from typing import Final

import numpy as np

from twin_engine.kernel.declare import Array

TURNOVER, FEEDBACK, RATE_ON_VOLUME = 0.072, 0.661, 0.312
RESISTANCE_HALF: Final = 3.21
RESISTANCE_HALF_LOG_SD: Final = 0.44**0.5
OLDEST: Final = 70.0
OPIOID_HALF: Final = 4.59
JOINED_FROM: Final = 0.5
"""mg/L of propofol."""
MOST_KEPT: Final = 0.9
"""Largest share of what is lost that remifentanil may keep back; a copy further out would never settle."""
MINUTES: Final = 60
GRID_MIN: Final = np.concatenate([np.arange(0.0, 10.0, 0.25), np.arange(10.0, MINUTES + 1.0)])
"""Where plasma is asked for: a bolus is over within minutes."""


@dataclass(frozen=True, slots=True)
class Opioid:
    """Remifentanil, ug/L: at GRID_MIN (times, copies) and what had settled before (copies), and of each copy its largest
    effect on resistance and the first terms of those on stroke volume and rate."""

    plasma: Array
    before: Array
    on_resistance: Array
    on_volume: Array
    on_rate: Array


@dataclass(frozen=True, slots=True)
class _Turnover:
    """What makes stroke volume and resistance, and what removes stroke volume, rate and resistance, relative to no drug."""

    volume: Array
    resistance: Array
    volume_lost: Array | float = 1.0
    rate_lost: Array | float = 1.0
    resistance_lost: Array | float = 1.0


def opioid(plasma: Array, before: Array, seed: int) -> Opioid:
    """Remifentanil with what differs between people drawn for every copy, in pairs of opposite sign."""
    draws = plasma.shape[-1]
    rng = np.random.default_rng([seed & 0xFFFFFFFF, seed >> 32, zlib.crc32(b"remifentanil")])
    half = rng.standard_normal(((draws + 1) // 2, 3))
    z = np.concatenate([half, -half])[:draws]
    slopes = z[:, 1:] @ np.linalg.cholesky(np.array([[0.00868, 0.00329], [0.00329, 0.00382]])).T
    return Opioid(plasma, before, -1.0 + 0.449**0.5 * z[:, 0], 0.0581 + slopes[:, 0], 0.0327 + slopes[:, 1])


def change(plasma: Array, before: Array, half: Array, age_y: float, beside: Opioid | None = None) -> Array:
    """Share by which MAP changes (negative = falls) at every minute of an hour, (61, copies), from plasma at GRID_MIN (times,
    copies), what stood in plasma long enough to have settled (copies), and C50 of resistance (copies), all mg/L; `beside` =
    remifentanil."""
    opioids = None if beside is None else beside.plasma
    start = _turnover(before, half, age_y, beside, None if beside is None else beside.before)
    settled = pressure = _settled(start)
    fed = settled**-FEEDBACK
    volume, rate = fed * start.volume / start.volume_lost, fed / start.rate_lost
    resistance = fed * start.resistance / start.resistance_lost
    found = np.empty_like(plasma)
    found[0] = 0.0
    for i, step in enumerate(np.diff(GRID_MIN), start=1):
        middle = None if opioids is None else 0.5 * (opioids[i - 1] + opioids[i])
        now = _turnover(0.5 * (plasma[i - 1] + plasma[i]), half, age_y, beside, middle)
        fed = pressure**-FEEDBACK
        volume = _towards(volume, fed * now.volume, now.volume_lost, step)
        rate = _towards(rate, fed, now.rate_lost, step)
        resistance = _towards(resistance, fed * now.resistance, now.resistance_lost, step)
        pressure = volume * (1.0 - RATE_ON_VOLUME * np.log(rate)) * rate * resistance
        found[i] = pressure / settled - 1.0
    return found[np.searchsorted(GRID_MIN, np.arange(MINUTES + 1.0))]


def settled(concentration: Array, half: Array, age_y: float, beside: Opioid | None = None) -> Array:
    """Pressure relative to no drug while the concentration (mg/L), and that of remifentanil before, stay."""
    return _settled(_turnover(concentration, half, age_y, beside, None if beside is None else beside.before))


def _towards(now: Array, made: Array, lost: Array | float, step: float) -> Array:
    kept = np.exp(-TURNOVER * step * lost)
    return kept * now + (1.0 - kept) * made / lost


def _turnover(concentration: Array, half: Array, age_y: float, beside: Opioid | None, level: Array | None) -> _Turnover:
    present = np.maximum(concentration, 0.0)
    most = -0.154 * np.exp(0.0333 * (min(age_y, OLDEST) - 35.0))
    power = present**1.83
    volume, share = 1.0 + most * present / (present + 0.44), power / (power + half**1.83)
    if beside is None or level is None:
        return _Turnover(volume, 1.0 - 0.778 * share)
    other = np.maximum(level, 0.0)
    bound = other / (other + OPIOID_HALF)
    lost = (
        (beside.on_volume - 0.212 * present / (present + 0.44)) * other,
        (beside.on_rate - 0.119 * present / (present + 0.196)) * other,
        beside.on_resistance * bound,
    )
    return _Turnover(volume, 1.0 + (bound - 0.778) * share, *(1.0 - np.minimum(each, MOST_KEPT) for each in lost))


def _settled(drive: _Turnover) -> Array:
    """r = r^-3FB made / lost (1 + 0.312 (FB ln r + ln lost_h)), by Newton in ln r."""
    driven = np.log(drive.volume * drive.resistance / (drive.volume_lost * drive.rate_lost * drive.resistance_lost))
    slope, bend, shifted = 1.0 + 3.0 * FEEDBACK, RATE_ON_VOLUME * FEEDBACK, RATE_ON_VOLUME * np.log(drive.rate_lost)
    log = driven / slope
    for _ in range(6):
        log = log - (slope * log - np.log1p(bend * log + shifted) - driven) / (slope - bend / (1.0 + bend * log + shifted))
    return np.exp(log)
