"""Closed form of 1, 2 and 3 compartment kinetics: a central volume with elimination, and up to two peripheral ones.

With k10 = CL/V1, k1j = Qj/V1, kj1 = Qj/Vj the central concentration is a sum of exponentials, one mode per compartment.
The rates solve the characteristic polynomial; the coefficients of a unit amount put into the central compartment are
    g_m = prod_j (kj1 - l_m) / prod_{n != m} (l_n - l_m) / V1
and in mode m the peripheral amount is k1j/(kj1 - l_m) times the central one (Gibaldi & Perrier, Pharmacokinetics, 2nd ed.,
appendix B). Modal amplitudes make a step from event to event one multiplication, whatever the number of past doses.

An effect site, Ce' = ke0 (C - Ce), is one more mode of rate ke0: with w_m = ke0/(ke0 - l_m) the difference
Ce - sum_m w_m A_m decays at ke0 and takes in -sum_m w_m g_m of each unit amount, so that
Ce(t) = S + sum_m (A_m - S_m) w_m e^{-l_m t} + B e^{-ke0 t} (the convolution of Sheiner LB et al. Clin Pharmacol Ther
1979;25:358-71, for a sum of exponentials).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from twin_engine.kernel.declare import Array


@dataclass(frozen=True, slots=True)
class Modes:
    """Modal form of one parameter regime. All arrays are (modes, draws), peripheral ones (peripherals, modes, draws).

    rate 1/h; unit: concentration per amount given centrally; spread: peripheral per central amount; gather: share of a
    peripheral amount that acts on each mode relative to a central one; volume: central volume, shape (draws,);
    weight: w of the effect site, None without one. With an effect site `rate` and `unit` have one row more, its own.
    """

    rate: Array
    unit: Array
    spread: Array
    gather: Array
    volume: Array
    weight: Array | None = None

    def of(self, regime: int) -> "Modes":
        """One regime of a modal form with a regime axis."""
        return Modes(
            self.rate[:, regime],
            self.unit[:, regime],
            self.spread[:, :, regime],
            self.gather[:, :, regime],
            self.volume[regime],
            None if self.weight is None else self.weight[:, regime],
        )

    def amounts(self, amplitude: Array) -> tuple[Array, Array, Array | None]:
        """Central (draws,) and peripheral (peripherals, draws) amounts and the concentration at the effect site (draws,)
        from modal amplitudes (modes, draws)."""
        plasma = amplitude[: self.spread.shape[1]]
        return self.volume * plasma.sum(axis=0), (self.spread * plasma).sum(axis=1) * self.volume, self.effect(amplitude)

    def effect(self, amplitude: Array) -> Array | None:
        """Concentration at the effect site (draws,), None without one."""
        return None if self.weight is None else (self.weight * amplitude[:-1]).sum(axis=0) + amplitude[-1]

    def amplitude(self, central: Array, peripheral: Array, effect: Array | None = None) -> Array:
        """Modal amplitudes (modes, draws) that hold the given amounts and effect-site concentration."""
        acting = central + (self.gather * peripheral[:, None, :]).sum(axis=0)
        plasma = self.unit[: self.spread.shape[1]] * acting
        if self.weight is None or effect is None:
            return plasma
        return np.concatenate([plasma, (effect - (self.weight * plasma).sum(axis=0))[None]])

    def weights(self, regime: int) -> Array:
        """Weights of the modal amplitudes in the effect-site concentration under one of several regimes, (modes, draws)."""
        plasma = np.zeros_like(self.rate[:-1, regime]) if self.weight is None else self.weight[:, regime]
        return np.concatenate([plasma, np.ones_like(plasma[:1])])

    def body(self) -> Array:
        """Total amount in the body per unit of modal amplitude, (modes, draws)."""
        return self.volume * (1.0 + self.spread.sum(axis=0))


def transitions(modal: Modes) -> Array:
    """How modal amplitudes under one regime go over into those under the next, (to, from, regimes - 1, draws): amounts and
    the effect-site concentration stay what they are."""
    before = modal.spread[:, None, :, :-1] * modal.gather[:, :, None, 1:]
    plasma = modal.unit[: before.shape[1], None, 1:] * (1.0 + before.sum(axis=0)) * modal.volume[:-1]
    if modal.weight is None:
        return plasma
    kept = np.zeros((len(plasma) + 1, *plasma.shape[1:]))
    kept[:-1] = plasma
    kept[-1] = modal.weight[:, :-1] - (modal.weight[:, None, 1:] * plasma).sum(axis=0)
    alone = np.zeros_like(kept[:, :1])
    alone[-1] = 1.0
    return np.concatenate([kept, alone], axis=1)


def side_by_side(parts: Sequence[Modes]) -> Modes:
    """The copies of several models of one regime without an effect site as one; a mode that a model lacks holds nothing."""
    if len(parts) == 1:
        return parts[0]
    return Modes(
        padded([p.rate for p in parts], 1.0),
        padded([p.unit for p in parts]),
        padded([p.spread for p in parts]),
        padded([p.gather for p in parts]),
        np.concatenate([p.volume for p in parts]),
    )


def padded(parts: Sequence[Array], fill: float = 0.0) -> Array:
    """Arrays (..., draws) side by side along the draws, each filled up to the largest."""
    largest = [max(sizes) for sizes in zip(*(part.shape[:-1] for part in parts), strict=True)]
    whole = np.full((*largest, sum(part.shape[-1] for part in parts)), fill)
    begin = 0
    for part in parts:
        end = begin + part.shape[-1]
        whole[(*map(slice, part.shape[:-1]), slice(begin, end))] = part
        begin = end
    return whole


_CLOSEST = 1e-6


def modes(kinetics: Array, ke0: Array | None = None) -> Modes:
    """Modal form for kinetic parameters stacked as (2 * compartments, draws): CL, V1[, Q2, V2[, Q3, V3]], and the rate of an
    effect site (draws,).

    With (2 * compartments, regimes, draws) every array has a regime axis before the draws; see `Modes.of`.
    """
    clearance, volume = kinetics[0], kinetics[1]
    k10 = clearance / volume
    flows, volumes = kinetics[2::2], kinetics[3::2]
    out, back = flows / volume, flows / volumes
    if len(flows) == 0:
        rate = k10[None, :]
    elif len(flows) == 1:
        rate = _two(k10, out[0], back[0])
    else:
        rate = _three(k10, out, back)
    gaps = back[:, None] - rate[None]
    unit = 1.0 / np.broadcast_to(volume, rate.shape)
    for gap in gaps:
        unit *= gap
    for m in range(len(rate)):
        for n in range(len(rate)):
            if n != m:
                unit[m] /= rate[n] - rate[m]
    plasma = Modes(rate, unit, out[:, None] / gaps, back[:, None] / gaps, volume)
    return plasma if ke0 is None else _with_effect_site(plasma, ke0)


def _with_effect_site(plasma: Modes, ke0: Array) -> Modes:
    # Where ke0 meets a rate the sum of exponentials degenerates; a step aside of 1e-6 costs less than measuring ke0 does.
    close = (np.abs(ke0 / plasma.rate - 1.0) < _CLOSEST).any(axis=0)
    ke0 = np.where(close, ke0 * (1.0 + 2.0 * _CLOSEST), ke0)
    weight = ke0 / (ke0 - plasma.rate)
    unit = np.concatenate([plasma.unit, -(weight * plasma.unit).sum(axis=0)[None]])
    rate = np.concatenate([plasma.rate, ke0[None]])
    return replace(plasma, rate=rate, unit=unit, weight=weight)


def _two(k10: Array, k12: Array, k21: Array) -> Array:
    half = 0.5 * (k10 + k12 + k21)
    fast = half + np.sqrt(half**2 - k10 * k21)
    return np.stack([fast, k10 * k21 / fast])


def _three(k10: Array, out: Array, back: Array) -> Array:
    """Roots of the cubic by the trigonometric form; all are real and positive for a mammillary system."""
    k12, k13 = out
    k21, k31 = back
    a2 = k10 + k12 + k13 + k21 + k31
    a1 = k10 * k21 + k10 * k31 + k21 * k31 + k13 * k21 + k12 * k31
    a0 = k10 * k21 * k31
    p = a1 - a2**2 / 3.0
    q = a1 * a2 / 3.0 - 2.0 * a2**3 / 27.0 - a0
    radius = np.sqrt(-p / 3.0)
    angle = np.arccos(np.clip(-q / (2.0 * radius**3), -1.0, 1.0)) / 3.0
    shift = np.arange(3.0) * (2.0 * np.pi / 3.0)
    root = np.stack([a2 / 3.0 + 2.0 * radius * np.cos(angle - s) for s in shift])
    # The smallest root suffers cancellation; the product of the roots gives it to full precision.
    ordered = np.sort(root, axis=0)[::-1]
    ordered[2] = a0 / (ordered[0] * ordered[1])
    return ordered
