"""Creatinine of many charts at once, filtered: where it stands, where it would settle, and how restless each patient is.

State of a chart: x = (ln S, ln A, ln L), S creatinine, A the creatinine at which the present GFR would settle, L the patient's
own level. S follows the mass balance (`advanced`); ln A is an Ornstein-Uhlenbeck process about ln L; L holds. Extended Kalman
filter, steps of `STEP_H` at most.

Some patients are more restless than others: every variance is multiplied by a factor of the patient, inverse gamma with
`freedom` degrees of freedom before the first value and one more for each value, learned from how far values fell from what
was expected (West M, Harrison J. Bayesian Forecasting and Dynamic Models, 2nd ed. 1997, section 4.5). A forecast is then a t
distribution that grows narrower for a steady patient and wider for one who was not. Before that is known, patients with a high
creatinine are the more restless (`at_level`).
"""

from dataclasses import dataclass

import numpy as np

from twin_engine.kernel.declare import Array

STEP_H = 12.0
SURPRISE_CAP = 25.0
"""A value more than five SD off counts as five: a slip of the pen shall not widen a stay."""

LEVELS = (0.37, 6.0)
"""Creatinine, mg/dL, between which restlessness goes with it; nearly all estimation series lie there."""


@dataclass(frozen=True, slots=True)
class Liveliness:
    """`walk` SD of ln A per square root of a day; `returns` of ln A to ln L, per day; of one reading, `measured` SD of ln
    creatinine and `absolute` SD in mg/dL (assay and biology; blank and rounding); `unsettled` SD of ln A about the first value;
    `level` (men, women) and `level_sd` of ln L over patients; `freedom` of the restlessness before anything is seen;
    `by_level`, the power of creatinine that every SD goes with."""

    walk: float
    returns: float
    measured: float
    absolute: float
    unsettled: float
    level: tuple[float, float]
    level_sd: float
    freedom: float
    by_level: float


LIVELINESS = Liveliness(
    walk=0.159, returns=0.055, measured=0.042, absolute=0.055, unsettled=0.19, level=(-0.17, -0.18), level_sd=0.56,
    freedom=3.9, by_level=0.49,
)  # fmt: skip
"""Maximum likelihood on the creatinine series of two hospitals (PhysioNet Challenge 2019), under the condition that a halved
GFR is found within a tenth after a day, by `training.creatinine_fit`; how the estimates differ between the hospitals is in
docs/validation/creatinine_next.md."""


@dataclass(frozen=True, slots=True)
class State:
    """mean (charts, 3) and covariance (charts, 3, 3) of the state at restlessness 1; the patient's restlessness is `freedom`
    `scale` / a chi-squared number of `freedom` degrees, (charts,) each (`scale` is that at the present creatinine)."""

    mean: Array
    covariance: Array
    freedom: Array
    scale: Array


@dataclass(frozen=True, slots=True)
class Filtered:
    """Means and covariances (values, charts, ...) after each value, and as foreseen for each but the first, with the covariance
    between the two; and the state after the last."""

    means: Array
    covariances: Array
    foreseen: Array
    foreseen_covariances: Array
    cross: Array
    last: State


def advanced(log_s: Array, log_a: Array, turnover: float | Array, elapsed_h: float | Array) -> Array:
    """ln S after `elapsed_h` with a constant A, of any shape; turnover = G / V, mg/dL per h."""
    settled = np.exp(log_a)
    return np.log(settled + (np.exp(log_s) - settled) * np.exp(-turnover / settled * elapsed_h))


def foreseen(
    mean: Array, covariance: Array, turnover: Array, elapsed_h: Array, numbers: Liveliness
) -> tuple[Array, Array, Array]:
    """Mean and covariance of the state (charts, 3) after `elapsed_h` (charts,) at restlessness 1, and the derivative of the
    state then by the state now."""
    steps = int(np.ceil(elapsed_h.max(initial=0.0) / STEP_H))
    through = np.broadcast_to(np.eye(3), covariance.shape)
    for _ in range(steps):
        step = elapsed_h / steps
        stays = stayed(step, numbers)
        later = mean[:, 2] + (mean[:, 1] - mean[:, 2]) * stays
        # Creatinine follows the mean of A over the step, and with it half of where A has wandered.
        halfway = (mean[:, 1] + later) / 2.0
        slope, moved = _slope(mean[:, 0], halfway, turnover, step, stays)
        mean = np.stack([advanced(mean[:, 0], halfway, turnover, step), later, mean[:, 2]], axis=1)
        wander = wandered(step, numbers)[:, None] * np.stack([moved, np.ones_like(moved), np.zeros_like(moved)], axis=1)
        covariance = slope @ covariance @ slope.transpose(0, 2, 1) + wander[:, :, None] * wander[:, None, :]
        through = slope @ through
    return mean, covariance, through


def wandered(elapsed_h: Array | float, numbers: Liveliness) -> Array:
    """SD of ln A about its expectation after `elapsed_h`."""
    lost = -np.expm1(-2.0 * numbers.returns * np.asarray(elapsed_h) / 24.0)
    return numbers.walk * np.sqrt(lost / (2.0 * numbers.returns))


def stayed(elapsed_h: Array | float, numbers: Liveliness) -> Array:
    """What is left of the distance of ln A from ln L after `elapsed_h`."""
    return np.exp(-numbers.returns * np.asarray(elapsed_h) / 24.0)


def read_with(log_s: Array, numbers: Liveliness) -> Array:
    """SD of one reading of ln creatinine about `log_s` at restlessness 1."""
    return np.hypot(numbers.measured, numbers.absolute * np.exp(-log_s))


def at_level(log_s: Array, numbers: Liveliness) -> Array:
    """What every SD is multiplied by at this ln creatinine, before anything is seen of the patient."""
    return np.exp(numbers.by_level * np.clip(log_s, *np.log(LEVELS)))


def filtered(times_h: Array, logs: Array, turnover: Array, female: Array, numbers: Liveliness) -> Filtered:
    """Filter ln creatinine (charts, values) at `times_h` (charts, values); charts with fewer values are padded in front with
    NaN (their times are not read)."""
    mean, covariance = np.zeros((len(logs), 3)), np.tile(np.eye(3), (len(logs), 1, 1))
    freedom = np.full(len(logs), numbers.freedom)
    squares = freedom.copy()
    started = np.zeros(len(logs), dtype=bool)
    kept: list[tuple[Array, ...]] = []
    for i, seen in enumerate(logs.T):
        later = started & ~np.isnan(seen)
        gap = np.where(later, times_h[:, i] - times_h[:, i - 1], 0.0)
        ahead_mean, ahead, through = foreseen(mean, covariance, turnover, gap, numbers)
        cross = covariance @ through.transpose(0, 2, 1)
        variance = ahead[:, 0, 0] + read_with(ahead_mean[:, 0], numbers) ** 2
        error = np.where(later, seen - ahead_mean[:, 0], 0.0)
        usual = variance * at_level(ahead_mean[:, 0], numbers) ** 2
        gain = np.where(later[:, None], ahead[:, :, 0] / variance[:, None], 0.0)
        squares = squares + np.where(later, np.minimum(error**2 / usual, SURPRISE_CAP), 0.0)
        freedom = freedom + later
        mean = ahead_mean + gain * error[:, None]
        covariance = ahead - gain[:, :, None] * ahead[:, None, 0]
        begins = ~started & ~np.isnan(seen)
        if begins.any():
            mean[begins], covariance[begins] = _first(seen[begins], female[begins], numbers)
        started |= begins
        kept.append((mean, covariance, ahead_mean, ahead, cross))
    means, covariances, ahead_means, aheads, crosses = (np.stack(x) for x in zip(*kept, strict=True))
    last = State(mean, covariance, freedom, squares / freedom * at_level(mean[:, 0], numbers) ** 2)
    return Filtered(means, covariances, ahead_means[1:], aheads[1:], crosses[1:], last)


def smoothed(seen: Filtered) -> Array:
    """Mean of the state at each value given all of them, (values, charts, 3) (Rauch HE, Tung F, Striebel CT. AIAA J
    1965;3:1445-50)."""
    found = [seen.means[-1]]
    for i in range(len(seen.foreseen) - 1, -1, -1):
        # Two values of one minute have no step between them and a singular covariance.
        inverse = np.asarray(np.linalg.pinv(seen.foreseen_covariances[i], hermitian=True), dtype=np.float64)
        found.append(seen.means[i] + (seen.cross[i] @ inverse @ (found[-1] - seen.foreseen[i])[:, :, None])[:, :, 0])
    return np.stack(found[::-1])


def _first(seen: Array, female: Array, numbers: Liveliness) -> tuple[Array, Array]:
    """The state after the first value: S as measured, A about it, L between it and the level of other patients."""
    noise, loose, spread = read_with(seen, numbers) ** 2, numbers.unsettled**2, numbers.level_sd**2
    usual = np.where(female, numbers.level[1], numbers.level[0])
    weight = spread / (spread + noise + loose)
    tied = weight * noise
    rows = ((noise, noise, tied), (noise, noise + loose, tied), (tied, tied, spread * (1.0 - weight)))
    return np.stack([seen, seen, usual + weight * (seen - usual)], axis=1), np.moveaxis(np.array(rows), 2, 0)


def _slope(log_s: Array, halfway: Array, turnover: Array, step_h: Array, stays: Array) -> tuple[Array, Array]:
    """Derivative (charts, 3, 3) of the state after a step by the state before, and of ln S by where ln A has wandered."""
    s, settled = np.exp(log_s), np.exp(halfway)
    rate = turnover / settled * step_h
    decay = np.exp(-rate)
    after = settled + (s - settled) * decay
    by_halfway = (settled * (1.0 - decay) + (s - settled) * decay * rate) / after
    slope = np.zeros((len(log_s), 3, 3))
    slope[:, 0, 0] = s * decay / after
    slope[:, 0, 1], slope[:, 0, 2] = by_halfway * (1.0 + stays) / 2.0, by_halfway * (1.0 - stays) / 2.0
    slope[:, 1, 1], slope[:, 1, 2], slope[:, 2, 2] = stays, 1.0 - stays, 1.0
    return slope, by_halfway / 2.0
