"""Mean arterial pressure as a sum of mean-reverting states, filtered from the patient's own chart.

MAP(t) = level + slow(t) + fast(t) + gain(t) ln(1 + C(t)/HALF) + cuff offset (cuff values only) + noise, mmHg

C = pressor load (norepinephrine equivalents, ug/L: `pressors`). Every state reverts to its mean with its own time constant
(an Ornstein-Uhlenbeck process, exact over any step): `level` and the offset of a cuff against an arterial line hold for the
window of 12 h. The filter is the Kalman filter (Kalman RE. J Basic Eng 1960;82:35-45); a value more than three SD from what
was expected counts less, and intervals are scaled by how far recent values fell from theirs.

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
ROBUST_SD: Final = 3.0
WIDTH_PRIOR: Final = 5.0
WIDTH_CAP: Final = 16.0
WIDTH_FORGETS_H: Final = 6.0


@dataclass(frozen=True, slots=True)
class Tone:
    """Parameters: stationary mean and SD (mmHg) and time constant (h) of each state, half-effect load (ug/L), noise of a
    charted value (mmHg; arterial line, cuff), and the factor on the SD of forecasts that makes 90 % intervals cover 90 %."""

    mean: Array
    sd: Array
    tau_h: Array
    half: float
    noise_arterial: float
    noise_cuff: float
    width: float

    def noise(self, cuff: Array) -> Array:
        """Noise SD of charted values, `cuff` 1 or 0."""
        return np.where(cuff > 0.5, self.noise_cuff, self.noise_arterial)

    def effect(self, load: Array) -> Array:
        """ln(1 + C/HALF): what the gain multiplies."""
        return np.log1p(load / self.half)


TONE = Tone(
    mean=np.array([69.2, 0.0, 0.0, 5.5, 0.0]),
    sd=np.array([3.05, 6.4, 6.5, 4.0, 4.4]),
    tau_h=np.array([np.inf, 4.4, 0.47, np.inf, np.inf]),
    half=12.0,
    noise_arterial=3.7,
    noise_cuff=4.6,
    width=0.97,
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
    """Filter charted pressures, oldest first; arrays (..., values), NaN = no value. Several charts may be filtered at once."""
    batch = values.shape[:-1]
    mean = np.broadcast_to(tone.mean, (*batch, 5)).copy()
    covariance = np.broadcast_to(np.diag(tone.sd**2), (*batch, 5, 5)).copy()
    hour = np.full(batch, np.nan)
    surprise, seen = np.zeros(batch), np.zeros(batch)
    rows = loading(tone.effect(load), cuff)
    variance = tone.noise(cuff) ** 2
    for i in range(values.shape[-1]):
        known = ~np.isnan(values[..., i])
        since = np.where(known & ~np.isnan(hour), hours_h[..., i] - hour, 0.0)
        mean, covariance = advanced(mean, covariance, since, tone)
        row = rows[..., i, :]
        gained = (covariance @ row[..., None])[..., 0]
        innovation = np.where(known, values[..., i] - (row * mean).sum(-1), 0.0)
        expected = (row * gained).sum(-1) + variance[..., i]
        z2 = innovation**2 / expected
        expected = np.maximum(expected, innovation**2 / ROBUST_SD**2)
        kalman = np.where(known, 1.0 / expected, 0.0)[..., None] * gained
        mean = mean + kalman * innovation[..., None]
        covariance = covariance - kalman[..., :, None] * gained[..., None, :]
        faded = np.exp(-since / WIDTH_FORGETS_H)
        surprise = surprise * faded + np.where(known, np.minimum(z2, WIDTH_CAP), 0.0)
        seen = seen * faded + known
        hour = np.where(known, hours_h[..., i], hour)
    return Filtered(mean, covariance, hour, surprise, seen)


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
