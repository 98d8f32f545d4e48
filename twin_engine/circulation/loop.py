"""A beat-averaged closed circulation with a baroreflex, solved for many copies at once.

Relative to where the copy stands (flow 1, pressures MAP0 and RAP0):
  Pms = Pms0 (1 + V / 0.3 Vb) + f P          mean systemic filling pressure; V added volume, P change of pleural pressure
  flow = (Pms - RAP) / (Pms0 - RAP0) = h exp(-v P) (1 - exp(-L (RAP - P + 4))) / (1 - exp(-L (RAP0 + 4)))
  MAP = RAP + flow R (1 + g_R s),  h = 1 + g_H s,  s = 2 / (1 + exp((MAP - MAP0) / w)) - 1
R = (MAP0 - RAP0) times what drugs do to resistance. Guyton's curves: venous return and output cross at RAP (Guyton AC.
Physiol Rev 1955;35:123-9). g_R 0.308, g_H 0.059, L 0.559 /mmHg and w 6 mmHg reproduce the pressure and output of dogs during
haemorrhage up to 35 % (curves of Guyton and Crowell as tabulated in Kitware Pulse) within 4 %. Pms0 8 and RAP0 3 mmHg, blood
volume 70 mL/kg of which 30 % is stressed: usual values, assumed. Sedation and sepsis leave about 0.3 of the reflex (Sato M et
al. Anesth Analg 2005;101:1084-9: propofol depresses both limbs by two thirds). PEEP raises the filling pressure almost as much
as RAP, so that the gradient falls less than the pleural pressure rises (Fessler HE et al. Am Rev Respir Dis 1991;143:19-24): f
between 0.5 and 1. That output falls nevertheless is put on the heart, by v, whatever the share of its load and of the
way back: by about 1 % per cmH2O of PEEP. It was 2.3 % in 31 patients who responded to volume and 0.9 % in 33 who did
not (16 and 6 % for 7 cmH2O less, within a minute: Lai C et al. Crit Care 2023;27:136), and 0.5 % in ten with ARDS,
whose MAP stayed (Crit Care 2020;24:675, table 1). The output itself is not known and cancels.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from twin_engine.kernel.declare import Array

FILLING, RIGHT_ATRIAL, PLEURAL_OFFSET = 8.0, 3.0, 4.0
BLOOD_ML_PER_KG, STRESSED = 70.0, 0.3
REFLEX_RESISTANCE, REFLEX_RATE, REFLEX_WIDTH = 0.308, 0.059, 6.0
INNER, STEPS = 4, 8
ENOUGH = 1e-4
"""mmHg; after a step of Newton's method this short the error is below 1e-8."""
LONGEST_ATRIAL = 3.0
"""mmHg; the longest step of Newton's method."""
HALVINGS: Final = 40
"""A range of 1000 mmHg to 1e-9."""


@dataclass(frozen=True, slots=True)
class Heart:
    """Of each copy: slope of the heart's filling curve (/mmHg), share of the reflex that is left, how much of a rise of the
    pleural pressure reaches the filling pressure, and by how much it lowers output (ln per mmHg)."""

    starling: Array
    reflex: Array
    transmitted: Array
    burdened: Array


@dataclass(frozen=True, slots=True)
class Inputs:
    """What moves the circulation from where it stands, arrays (..., times, copies) or scalars: factor on resistance, added
    blood volume (mL/kg), change of pleural pressure (mmHg)."""

    resistance: Array
    volume: Array
    pleural: Array


def solve(before: Array, inputs: Inputs, heart: Heart) -> tuple[Array, Array]:
    """MAP (mmHg) and flow relative to before, from MAP before (times, copies); of many inputs at once, each (times, copies).

    Newton's method on right atrial and arterial pressure, from the pressure without a reflex; steps of the former are bounded.
    Copies that do not settle so, far from where they stood, are found by halving.
    """
    gradient = FILLING - RIGHT_ATRIAL
    filling = FILLING * (1.0 + inputs.volume / (STRESSED * BLOOD_ML_PER_KG)) + heart.transmitted * inputs.pleural
    resistance = (before - RIGHT_ATRIAL) * inputs.resistance
    full = np.exp(-heart.burdened * inputs.pleural) / (1.0 - np.exp(-heart.starling * (RIGHT_ATRIAL + PLEURAL_OFFSET)))
    atrial = RIGHT_ATRIAL + (filling - FILLING) + 0.0 * before
    pressure = RIGHT_ATRIAL + resistance + 0.0 * atrial
    moving = np.ones_like(pressure, dtype=np.bool_)
    by_rate, by_tone = REFLEX_RATE * heart.reflex, REFLEX_RESISTANCE * heart.reflex
    for _ in range(STEPS):
        away = np.exp(np.clip((pressure - before) / REFLEX_WIDTH, -50.0, 50.0))
        reflex, slope = 2.0 / (1.0 + away) - 1.0, -2.0 * away / (REFLEX_WIDTH * (1.0 + away) ** 2)
        short = np.exp(-heart.starling * (atrial - inputs.pleural + PLEURAL_OFFSET))
        flow = (filling - atrial) / gradient
        output, tone = full * (1.0 + by_rate * reflex), resistance * (1.0 + by_tone * reflex)
        gap_flow, gap_pressure = flow - output * (1.0 - short), atrial + flow * tone - pressure
        # The Jacobian of the two gaps.
        aa, ap = -1.0 / gradient - output * heart.starling * short, -full * by_rate * slope * (1.0 - short)
        pa, pp = 1.0 - tone / gradient, flow * resistance * by_tone * slope - 1.0
        determinant = aa * pp - ap * pa
        filled = np.clip((gap_flow * pp - gap_pressure * ap) / determinant, -LONGEST_ATRIAL, LONGEST_ATRIAL)
        # Across the steep middle of the reflex whole steps may go to and fro.
        longest = 2.0 * REFLEX_WIDTH + 0.7 * np.abs(pressure - before)
        risen = np.clip((gap_pressure * aa - gap_flow * pa) / determinant, -longest, longest)
        atrial, pressure = atrial - filled, pressure - risen
        moving = np.maximum(np.abs(filled), np.abs(risen)) >= ENOUGH
        if not moving.any():
            return pressure, (filling - atrial) / gradient
    each = np.broadcast_arrays(before, filling, resistance, full, inputs.pleural, heart.starling, heart.reflex, atrial)
    pressure[moving], atrial[moving] = _halved(*(x[moving] for x in each[:-1]))
    return pressure, (filling - atrial) / gradient


def _halved(
    before: Array, filling: Array, resistance: Array, full: Array, pleural: Array, starling: Array, reflex: Array
) -> tuple[Array, Array]:
    """Arterial and right atrial pressure by halving, each copy apart: by the reflex output and tone fall as it rises."""
    gradient, empty = FILLING - RIGHT_ATRIAL, pleural - PLEURAL_OFFSET

    def filled(pressure: Array) -> tuple[Array, Array]:
        drive = reflex * _reflex(pressure - before)
        output = full * (1.0 + REFLEX_RATE * drive)

        def short(atrial: Array) -> Array:
            return (filling - atrial) / gradient - output * -np.expm1(-starling * (atrial - empty))

        atrial = _crossing(short, np.minimum(empty, filling), np.maximum(empty, filling))
        return atrial, atrial + (filling - atrial) / gradient * resistance * (1.0 + REFLEX_RESISTANCE * drive)

    widest = np.abs(filling - empty) / gradient * resistance * (1.0 + REFLEX_RESISTANCE * reflex)
    low, high = np.minimum(empty, filling) - widest, np.maximum(empty, filling) + widest
    pressure = _crossing(lambda at: filled(at)[1] - at, low, high)
    return pressure, filled(pressure)[0]


def _crossing(falling: Callable[[Array], Array], low: Array, high: Array) -> Array:
    """Where a falling function crosses zero between two bounds."""
    for _ in range(HALVINGS):
        middle = 0.5 * (low + high)
        above = falling(middle) > 0.0
        low, high = np.where(above, middle, low), np.where(above, high, middle)
    return 0.5 * (low + high)


def resistance_for(before: Array, change: Array, heart: Heart) -> Array:
    """The factor on resistance that alone makes this change of MAP (mmHg), the reflex included."""
    reflex = heart.reflex * _reflex(change)
    atrial, flow = _filled(1.0 + REFLEX_RATE * reflex, heart)
    return (before + change - atrial) / (flow * (before - RIGHT_ATRIAL) * (1.0 + REFLEX_RESISTANCE * reflex))


def _reflex(change: Array) -> Array:
    return 2.0 / (1.0 + np.exp(np.clip(change / REFLEX_WIDTH, -50.0, 50.0))) - 1.0


def _filled(rate: Array, heart: Heart) -> tuple[Array, Array]:
    """Right atrial pressure and flow where venous return meets output at this rate of the heart, nothing else changed."""
    gradient = FILLING - RIGHT_ATRIAL
    full = rate / (1.0 - np.exp(-heart.starling * (RIGHT_ATRIAL + PLEURAL_OFFSET)))
    atrial = RIGHT_ATRIAL + 0.0 * full
    for _ in range(INNER):
        short = np.exp(-heart.starling * (atrial + PLEURAL_OFFSET))
        gap = (FILLING - atrial) / gradient - full * (1.0 - short)
        atrial = atrial + gap / (1.0 / gradient + full * heart.starling * short)
    return atrial, (FILLING - atrial) / gradient
