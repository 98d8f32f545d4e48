"""Linear kinetics by superposition: the answer to one dose is taken once and shifted, scaled and added for every schedule.

For a dose that begins at 0 and lasts T the central concentration in mode m is
    steady (1 - e^(-l t))  while it runs,   steady (1 - e^(-l T)) e^(-l (t - T))  afterwards,   steady = rate unit / l,
and a dose repeated every tau for ever starts its interval with steady (1 - e^(-l T)) e^(-l (tau - T)) / (1 - e^(-l tau))
left of the doses before it (Gibaldi & Perrier, Pharmacokinetics, 2nd ed., chapters 2 and 3).
"""

from collections.abc import Sequence

import numpy as np

from twin_engine.kernel.declare import Array
from twin_engine.kernel.linear import State
from twin_engine.kernel.mammillary import Modes
from twin_engine.kernel.schedule import Dose

_TICK_H = 1e-9


def superposed(modal: Modes, schedules: Sequence[Sequence[Dose]], times_h: Sequence[Array]) -> list[Array]:
    """Concentrations of each schedule at its own times, (times, draws) each; nothing is in the body before.

    Parameters are constant. A dose does not act on the instant at which it begins.
    """
    asked: dict[float, list[Array]] = {}
    for schedule, times in zip(schedules, times_h, strict=True):
        for dose in schedule:
            asked.setdefault(dose.duration_h, []).append(times - dose.start_h)
    tables: dict[float, tuple[Array, Array]] = {}
    for length, offsets in asked.items():
        distinct = _distinct(np.concatenate(offsets))
        tables[length] = distinct, _answer(modal, length, distinct)
    found: list[Array] = []
    for schedule, times in zip(schedules, times_h, strict=True):
        curve = np.zeros((len(times), modal.rate.shape[-1]))
        for dose in schedule:
            distinct, table = tables[dose.duration_h]
            curve += dose.amount * table[np.searchsorted(distinct, np.round(times - dose.start_h, 9))]
        found.append(curve)
    return found


def settled(modal: Modes, amount: float, interval_h: float, infusion_h: float, times_h: Array) -> Array:
    """Concentrations (times, draws) at hours after a dose start, 0 < time <= interval, once the same dose has been given
    every interval for ever. An infusion that outlasts its interval is one without an end."""
    if infusion_h >= interval_h:
        level = amount / interval_h * (modal.unit / modal.rate).sum(axis=0)
        return np.broadcast_to(level, (len(times_h), len(level))).copy()
    left = _decay(modal, np.array([interval_h - infusion_h]))[0] * _after(modal, infusion_h)
    left = left / (1.0 - np.exp(-modal.rate * interval_h))
    rest = (_decay(modal, times_h) * left).sum(axis=1)
    return amount * (rest + _answer(modal, infusion_h, times_h))


def window_areas(
    modal: Modes, clearance: Array, start: State, schedules: Sequence[Sequence[Dose]], window_h: tuple[float, float]
) -> Array:
    """Exact area under the concentration over one window for many schedules, (schedules, draws), without a grid: what goes in
    and is not left has been cleared, CL AUC = given - change of the amount in the body.

    Parameters are constant; doses as they reach the blood.
    """
    begin, end = window_h
    initial = modal.amplitude(start.central, start.peripheral) * modal.body()
    before, after = (np.exp(-(hour - start.hour) * modal.rate) * initial for hour in window_h)
    given = np.array([sum(_given(d, end) - _given(d, begin) for d in schedule) for schedule in schedules])
    held = _held(modal, schedules, end) - _held(modal, schedules, begin)
    return (given[:, None] - (after - before).sum(axis=0) - held) / clearance


def _given(dose: Dose, hour: float) -> float:
    """Amount of a dose that has gone in by an hour."""
    part = dose.until(hour)
    return part.amount if part else 0.0


def _held(modal: Modes, schedules: Sequence[Sequence[Dose]], hour: float) -> Array:
    """What of each schedule is in the body at one hour, (schedules, draws), as one matrix product."""
    keys = sorted({_age(d, hour) for schedule in schedules for d in schedule if d.start_h < hour})
    place = {key: i for i, key in enumerate(keys)}
    amounts = np.zeros((len(schedules), len(keys)))
    for row, schedule in zip(amounts, schedules, strict=True):
        for dose in schedule:
            if dose.start_h < hour:
                row[place[_age(dose, hour)]] += dose.amount
    since, length = np.array(keys, dtype=np.float64).reshape(-1, 2).T
    fading = np.exp(-np.maximum(since - length, 0.0)[:, None, None] * modal.rate) * modal.body()
    lasting = length > 0.0
    risen = -np.expm1(-np.minimum(since, length)[lasting, None, None] * modal.rate)
    unit = np.broadcast_to(modal.unit, fading.shape).copy()
    unit[lasting] = risen * (modal.unit / modal.rate) / length[lasting, None, None]
    return amounts @ (unit * fading).sum(axis=1)


def _age(dose: Dose, hour: float) -> tuple[float, float]:
    """Hours since a dose began, and how long it lasts: what the share of it that is left depends on."""
    return round(hour - dose.start_h, 9), dose.duration_h


def _distinct(offsets: Array) -> Array:
    return np.unique(np.round(offsets, 9))


def _decay(modal: Modes, hours: Array) -> Array:
    return np.exp(-hours[:, None, None] * modal.rate)


def _after(modal: Modes, length_h: float) -> Array:
    """Modal amplitudes (modes, draws) at the end of a unit dose."""
    if length_h == 0:
        return modal.unit
    return modal.unit / modal.rate * -np.expm1(-modal.rate * length_h) / length_h


def _answer(modal: Modes, length_h: float, offsets: Array) -> Array:
    """Concentration (offsets, draws) at hours after the start of a unit dose; 0 up to its start."""
    table = np.zeros((len(offsets), modal.rate.shape[-1]))
    during = (offsets > _TICK_H) & (offsets <= length_h)
    later = (offsets > length_h) & (offsets > _TICK_H)
    if during.any():
        rise = -np.expm1(-offsets[during][:, None, None] * modal.rate)
        table[during] = (modal.unit / modal.rate * rise).sum(axis=1) / length_h
    if later.any():
        table[later] = (_decay(modal, offsets[later] - length_h) * _after(modal, length_h)).sum(axis=1)
    return table
