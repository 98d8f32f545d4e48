"""The patients' own kinetics: two compartments with a clearance that changes, stepped by Runge-Kutta, and noisy levels.

Kept apart from the twin on purpose: the levels that the demo charts are not made by the code that predicts them.
dA1/dt = R(t) - (CL(t)/V1 + Q/V1) A1 + (Q/V2) A2      dA2/dt = (Q/V1) A1 - (Q/V2) A2      C = A1/V1
"""

import math
from collections.abc import Sequence

import numpy as np

from demo.patient import DemoPatient, Given, Truth

STEP_H = 0.02


def concentrations(truth: Truth, doses: Sequence[Given], hours_ago: Sequence[float]) -> list[float]:
    """True concentration, mg/L, at each of the hours before now."""
    begin = max((d.hours_ago for d in doses), default=0.0)
    found: list[float] = []
    state, time = (0.0, 0.0), -begin
    for asked in sorted(-h for h in hours_ago):
        while time < asked - 1e-9:
            step = min(STEP_H, asked - time)
            state = _stepped(truth, doses, time, state, step)
            time += step
        found.append(state[0] / truth.v1_l)
    back = dict(zip(sorted(hours_ago, reverse=True), found, strict=True))
    return [back[h] for h in hours_ago]


def levels(patient: DemoPatient) -> list[tuple[float, float]]:
    """The charted levels: (hours ago, mg/L with assay and timing error, to one decimal)."""
    rng = np.random.default_rng(patient.seed)
    true = concentrations(patient.truth, patient.doses, patient.levels_h)
    cv = patient.truth.error_cv
    return [(h, round(c * math.exp(cv * rng.standard_normal()), 1)) for h, c in zip(patient.levels_h, true, strict=True)]


def _stepped(truth: Truth, doses: Sequence[Given], time: float, state: tuple[float, float], step: float) -> tuple[float, float]:
    rate = sum(_given(d, time, time + step) for d in doses) / step

    def slope(at: float, a: tuple[float, float]) -> tuple[float, float]:
        out, back = truth.q_l_per_h / truth.v1_l * a[0], truth.q_l_per_h / truth.v2_l * a[1]
        return rate - _clearance(truth, at) / truth.v1_l * a[0] - out + back, out - back

    def moved(k: tuple[float, float], by: float) -> tuple[float, float]:
        return state[0] + by * k[0], state[1] + by * k[1]

    k1 = slope(time, state)
    k2 = slope(time + step / 2, moved(k1, step / 2))
    k3 = slope(time + step / 2, moved(k2, step / 2))
    k4 = slope(time + step, moved(k3, step))
    return (
        state[0] + step / 6 * (k1[0] + 2 * k2[0] + 2 * k3[0] + k4[0]),
        state[1] + step / 6 * (k1[1] + 2 * k2[1] + 2 * k3[1] + k4[1]),
    )


def _given(dose: Given, begin: float, end: float) -> float:
    """Milligrams of one dose that go in between two instants: exact where an infusion starts or ends within a step."""
    overlap = min(end, -dose.hours_ago + dose.infusion_h) - max(begin, -dose.hours_ago)
    return dose.amount_mg / dose.infusion_h * max(overlap, 0.0)


def _clearance(truth: Truth, at: float) -> float:
    times = [-h for h, _ in truth.clearance]
    return float(np.interp(at, times, [c for _, c in truth.clearance]))
