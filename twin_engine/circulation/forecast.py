"""The copies of one circulation and their pressures under every option.

The level is forecast for the order as drafted (that it was drafted says something of the patient), by the states filtered
from the chart and the population forecast. Every other option is that level plus the paired difference by the published
gain (`effects`).
"""

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from twin_engine.circulation import effects
from twin_engine.circulation.chart import CirculationChart
from twin_engine.circulation.population import RULE, Rule, weight
from twin_engine.circulation.pressors import load
from twin_engine.circulation.tone import TONE, Filtered, Tone, filtered, loading
from twin_engine.kernel.declare import Array
from twin_engine.kernel.schedule import Dose

STATES = 5


@dataclass(frozen=True, slots=True)
class Copies:
    """N virtual circulations: where each stands beside the filtered mean (N, 5), what the future adds to it (N, 5), the
    error of a charted value (N), standard normal; and the published gain (N), mmHg. `usual` = the population forecast."""

    state: Filtered
    offset: Array
    future: Array
    error: Array
    gain: Array
    cuff: float
    usual: float
    tone: Tone

    @property
    def draws(self) -> int:
        """Number of copies."""
        return len(self.gain)


def copies(chart: CirculationChart, draws: int, seed: int, tone: Tone = TONE, rule: Rule = RULE) -> Copies:
    """Filter the chart and draw the copies."""
    state = filtered(chart.hours_h, chart.values, chart.cuff, load(chart.past, chart.hours_h), tone)
    rng = np.random.default_rng([seed & 0xFFFFFFFF, seed >> 32, zlib.crc32(b"circulation")])
    normal = _evenly(rng, draws, 2 * STATES + 2)
    # The offset is drawn in the eigenvectors of the covariance, which may be flat in some direction.
    values, vectors = np.linalg.eigh(state.covariance)
    offset = normal[:, :STATES] * np.sqrt(np.maximum(values, 0.0)) @ vectors.T
    gain = effects.gains(normal[:, -1])
    own = chart.cuff == float(chart.by_cuff)
    usual = rule(chart.hours_h[own], chart.values[own])
    future, error = normal[:, STATES : 2 * STATES], normal[:, -2]
    return Copies(state, offset, future, error, gain, float(chart.by_cuff), usual, tone)


def _evenly(rng: np.random.Generator, draws: int, columns: int) -> Array:
    """Standard normal draws in pairs of opposite sign: their median is exact."""
    half = rng.standard_normal(((draws + 1) // 2, columns))
    return np.concatenate([half, -half])[:draws]


@dataclass(frozen=True, slots=True)
class Pressures:
    """Pressures of one option at its times: of each copy (times, copies), as they would be charted, and the mode."""

    values: Array
    charted: Array
    mode: Array


def pressures(made: Copies, hours_h: Array, loads: Mapping[str, Array], drafted: str) -> dict[str, Pressures]:
    """Pressures by option; `loads` by option at the same hours, `drafted` = the option whose level is forecast."""
    level, charted, mode = _level(made, hours_h, loads[drafted])
    found: dict[str, Pressures] = {}
    for label, own in loads.items():
        moved = effects.change(made.gain, loads[drafted], own)
        typical = effects.change(np.array([effects.GAIN_MEDIAN]), loads[drafted], own)[:, 0]
        found[label] = Pressures(level + moved, charted + moved, mode + typical)
    return found


def _level(made: Copies, hours_h: Array, own: Array) -> tuple[Array, Array, Array]:
    tone = made.tone
    kept = np.exp(-(hours_h - made.state.hour)[:, None] / tone.tau_h)
    row = loading(tone.effect(own), np.full_like(own, made.cuff))
    filtered_mode = (row * (tone.mean + kept * (made.state.mean - tone.mean))).sum(-1)
    share = weight(hours_h)
    mode = (1.0 - share) * filtered_mode + share * made.usual
    scale = float(made.state.width) * tone.width
    spread = (row * kept) @ made.offset.T + (row * tone.sd * np.sqrt(1.0 - kept**2)) @ made.future.T
    level = mode[:, None] + scale * spread
    noise = scale * float(tone.noise(np.array(made.cuff))) * made.error
    return level, level + noise, mode


def loads_at(chart: CirculationChart, doses: Mapping[str, Sequence[Dose]], hours_h: Array) -> dict[str, Array]:
    """Load at `hours_h` under each option; `doses` by option, in ug of norepinephrine equivalents from `at` on."""
    return {label: load((*chart.past, *own), hours_h) for label, own in doses.items()}
