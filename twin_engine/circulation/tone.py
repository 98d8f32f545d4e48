"""Mean arterial pressure as a sum of mean-reverting states, filtered from the patient's own chart.

MAP(t) = level + slow(t) + fast(t) + gain(t) ln(1 + C(t)/HALF) + cuff offset (cuff values only) + noise, mmHg

C = pressor load (norepinephrine equivalents, ug/L: `pressors`). Every state reverts to its mean with its own time constant
(an Ornstein-Uhlenbeck process, exact over any step): `level` and the offset of a cuff against an arterial line hold for the
window of 12 h. The states are a Gaussian process (Rasmussen CE, Williams CKI. Gaussian Processes for Machine Learning. MIT
Press 2006, ch. 2), conditioned on all values at once: a value more than three noises from what those before it and after it
leave to it counts less, so that a flushed line is told from a pressure that has changed. Intervals are scaled by how far
recent values fell from what was expected of them.

The numbers were estimated on open charts of 93 ICU patients (MIMIC-IV and eICU demonstration sets) out of fold by patient:
docs/validation/map_after_pressor.md. The charted gain is confounded (pressors are raised because the pressure falls) and is
used for the level of the pressure only; effects of orders have the published gain (`effects`).
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from twin_engine.kernel.declare import Array

LEVEL, SLOW, FAST, GAIN, CUFF = range(5)
WINDOW_H: Final = 12.0
FAR: Final = 3.0
WIDTH_PRIOR: Final = 5.0
WIDTH_CAP: Final = 16.0
WIDTH_FORGETS_H: Final = 6.0
MOST: Final = 48
"""Older values change no forecast (docs/validation/map_after_pressor.md)."""


@dataclass(frozen=True, slots=True)
class Tone:
    """Parameters: stationary mean and SD (mmHg) and time constant (h) of each state, half-effect load (ug/L), noise of a
    charted value (mmHg; arterial line, cuff), the factor on the SD of forecasts that makes 90 % intervals cover 90 %, and how
    many noises off a value counts less."""

    mean: Array
    sd: Array
    tau_h: Array
    half: float
    noise_arterial: float
    noise_cuff: float
    width: float
    far: float = FAR

    def noise(self, cuff: Array) -> Array:
        """Noise SD of charted values, `cuff` 1 or 0."""
        return np.where(cuff > 0.5, self.noise_cuff, self.noise_arterial)

    def effect(self, load: Array) -> Array:
        """ln(1 + C/HALF): what the gain multiplies."""
        return np.log1p(load / self.half)


TONE = Tone(
    mean=np.array([68.7, 0.0, 0.0, 6.5, 0.0]),
    sd=np.array([2.96, 6.5, 6.24, 4.19, 4.05]),
    tau_h=np.array([np.inf, 4.93, 0.403, np.inf, np.inf]),
    half=14.0,
    noise_arterial=3.57,
    noise_cuff=4.36,
    width=0.984,
)


@dataclass(frozen=True, slots=True)
class Filtered:
    """The states after the last value: mean (..., 5), covariance (..., 5, 5), hour of the last value (...), and what its
    own surprises say of the width: sum and number of squared standardised innovations."""

    mean: Array
    covariance: Array
    hour: Array
    surprise: Array
    seen: Array

    @property
    def width(self) -> Array:
        """Factor on SDs from the patient's own innovations, (...)."""
        return np.sqrt((WIDTH_PRIOR + self.surprise) / (WIDTH_PRIOR + self.seen))


def loading(effect: Array, cuff: Array) -> Array:
    """How the states add up to a pressure: (..., 5)."""
    one = np.ones_like(effect)
    return np.stack([one, one, one, effect, cuff], axis=-1)


def filtered(hours_h: Array, values: Array, cuff: Array, load: Array, tone: Tone = TONE) -> Filtered:
    """Filter charted pressures, oldest first; arrays (..., values), NaN = no value. Several charts may be filtered at once.
    The newest `MOST` values are used."""
    hours_h, values, cuff, load = (x[..., -MOST:] for x in (hours_h, values, cuff, load))
    known = ~np.isnan(values)
    hour = np.max(np.where(known, hours_h, -np.inf), axis=-1, initial=-np.inf)
    hour = np.where(np.isinf(hour), np.nan, hour)
    # A value that is not there: no part of any state, nothing off, any noise.
    rows = loading(tone.effect(load), cuff) * known[..., None]
    shared = _shared(rows, hours_h, tone)
    since = np.where(known, np.nan_to_num(hour)[..., None] - hours_h, 0.0)
    now = rows * tone.sd**2 * np.exp(-since[..., None] / tone.tau_h)
    away = np.where(known, values - rows @ tone.mean, 0.0)
    noise = tone.noise(cuff) ** 2
    z2 = np.minimum(_innovations(shared, noise, away) ** 2, WIDTH_CAP)
    left = np.abs(noise * _solved(shared, noise, away[..., None])[..., 0]) / np.sqrt(noise)
    noise = noise * np.maximum(left / tone.far, 1.0)
    found = _solved(shared, noise, np.concatenate([away[..., None], now], axis=-1))
    back = np.swapaxes(now, -1, -2)
    faded = known * np.exp(-since / WIDTH_FORGETS_H)
    mean, covariance = tone.mean + (back @ found[..., :1])[..., 0], np.diag(tone.sd**2) - back @ found[..., 1:]
    return Filtered(mean, covariance, hour, (faded * z2).sum(-1), faded.sum(-1))


def _shared(rows: Array, hours_h: Array, tone: Tone) -> Array:
    """Covariance of the pressures without their noise, (..., values, values)."""
    apart = np.abs(hours_h[..., :, None] - hours_h[..., None, :])
    still = np.where(np.isinf(tone.tau_h), tone.sd, 0.0)
    found = (rows * still) @ np.swapaxes(rows * still, -1, -2)
    for state in np.flatnonzero(np.isfinite(tone.tau_h)):
        own = rows[..., state] * tone.sd[state]
        found = found + own[..., :, None] * own[..., None, :] * np.exp(-apart / tone.tau_h[state])
    return np.asarray(found)


def _with(shared: Array, noise: Array) -> Array:
    return np.asarray(shared + noise[..., None] * np.eye(noise.shape[-1]))


def _solved(shared: Array, noise: Array, right: Array) -> Array:
    return np.asarray(np.linalg.solve(_with(shared, noise), right), dtype=np.float64)


def _innovations(shared: Array, noise: Array, away: Array) -> Array:
    """What each value was off from what those before it let expect, in SD, (..., values)."""
    return np.asarray(np.linalg.solve(np.linalg.cholesky(_with(shared, noise)), away[..., None])[..., 0], dtype=np.float64)


def advanced(mean: Array, covariance: Array, hours_h: Array, tone: Tone) -> tuple[Array, Array]:
    """Mean and covariance of the states `hours_h` later, (...)."""
    kept = np.exp(-hours_h[..., None] / tone.tau_h)
    later = tone.mean + kept * (mean - tone.mean)
    spread = covariance * kept[..., :, None] * kept[..., None, :]
    added = tone.sd**2 * (1.0 - kept**2)
    diagonal = np.arange(5)
    spread[..., diagonal, diagonal] += added
    return later, spread


def expected(state: Filtered, hours_h: Array, load: Array, cuff: Array, tone: Tone = TONE) -> tuple[Array, Array]:
    """Median and SD of a charted pressure at `hours_h` (...), the SD scaled to the patient and to cover."""
    mean, covariance = advanced(state.mean, state.covariance, hours_h - state.hour, tone)
    row = loading(tone.effect(load), cuff)
    variance = np.einsum("...i,...ij,...j->...", row, covariance, row) + tone.noise(cuff) ** 2
    return (row * mean).sum(-1), np.sqrt(variance) * state.width * tone.width


def if_charted_now(state: Filtered, ahead_h: float, load: Array, cuff: float, tone: Tone = TONE) -> float:
    """By what the interval of the pressure `ahead_h` from now is multiplied if a value is charted now, for one chart.

    `load` now and then, (2,). The gain of the filter asks for no value, so this is known before there is one.
    """
    kept = np.exp(-ahead_h / tone.tau_h)
    _, now = advanced(state.mean, state.covariance, -state.hour, tone)
    _, then = advanced(state.mean, state.covariance, ahead_h - state.hour, tone)
    here, there = loading(tone.effect(load), np.full(2, cuff))
    shared = (there * kept) @ now @ here
    charted = here @ now @ here + float(tone.noise(np.array(cuff))) ** 2
    return float(np.sqrt(max(1.0 - shared**2 / (charted * (there @ then @ there)), 0.0)))
