"""Arterial oxygen under the settings of an option: the level for the order as drafted, and differences by shunt alone.

The level is that of the filtered shunt, averaged in ln PaO2 with the population forecast where FiO2 is lowered or kept, and
the population forecast where it is raised: raised FiO2 means a lung that has got worse, which no earlier gas shows. Every
other option is the level plus the paired difference of content mixing in the same copies.
"""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from twin_engine.kernel.declare import Array
from twin_engine.respiratory.chart import Gas, LungChart, Reading
from twin_engine.respiratory.copies import DIFFERENCE, LungCopies
from twin_engine.respiratory.oxygen import Blood, Tensions, effective_shunt, end_capillary, saturation
from twin_engine.respiratory.plan import Plan
from twin_engine.respiratory.population import (
    FIO2_SLOPE,
    GAS_NOISE,
    OXIMETER_SD,
    OXYGEN_USUAL,
    PEEP_SLOPE,
    SATURATION,
    SHUNT,
)
from twin_engine.respiratory.reverting import Standing
from twin_engine.respiratory.settings import VentilatorSettings

MEASURED_WIDTH: Final = 1.05
OXIMETRY_USED_H, MOST_OXIMETRY, HIGHEST_OXIMETRY = 6.0, 6, 96.0
_PRIOR_SLOPE: Final = -0.24
_LOGIT_BOUNDS: Final = (-4.6, 1.5)


@dataclass(frozen=True, slots=True)
class Oxygenation:
    """The shunt now, the blood it is read through, and the newest oxygen tension with its FiO2."""

    shunt: Standing
    blood: Blood
    table: Tensions
    last: Gas | None
    saturation: Standing
    difference: Array

    @property
    def charted(self) -> bool:
        """Whether anything measured places the shunt."""
        return self.shunt.n > 0


@dataclass(frozen=True, slots=True)
class OxygenCourse:
    """Values (hours, copies): PaO2 mm[Hg] with the SD of ln of a measured one, SpO2 %, shunt fraction."""

    pao2: Array | None
    spo2: Array | None
    shunt: Array


def oxygenation(chart: LungChart, hb: float, copies: LungCopies) -> Oxygenation:
    """Filter the gases and saturations of a chart, haemoglobin in g/dL."""
    last = chart.latest_gas("pao2")
    blood = _blood(hb, chart.latest_gas("paco2"), chart.latest_gas("ph"), chart.temperature)
    times: list[float] = []
    values: list[float] = []
    variances: list[float] = []
    for hour, pao2, settings, noise in _tensions(chart, blood):
        if settings.fio2 is None:
            continue
        at = _blood(hb, _at(chart, hour), _at(chart, hour), chart.temperature, otherwise=blood)
        seen = _logit(pao2, settings.fio2, at)
        slope = (_logit(pao2 * 1.02, settings.fio2, at) - _logit(pao2 / 1.02, settings.fio2, at)) / (2.0 * np.log(1.02))
        times.append(hour)
        values.append(seen - _charted_offset(settings))
        variances.append(max((slope * noise) ** 2, 0.02**2))
    fio2 = chart.now.fio2 or 0.5
    process = replace(SHUNT, mean=SHUNT.mean + _PRIOR_SLOPE * float(np.log(fio2 / 0.5)))
    saturated = [r for r in chart.saturations if r.hour >= -12.0]
    return Oxygenation(
        process.standing(np.array(times), np.array(values), np.array(variances)),
        blood,
        Tensions.of(blood),
        None if last is None or last.settings.fio2 is None else last,
        SATURATION.standing(np.array([r.hour for r in saturated]), np.array([r.value for r in saturated])),
        copies.difference,
    )


def oxygen_course(
    state: Oxygenation, copies: LungCopies, drafted: VentilatorSettings, option: Plan, hours_h: Array
) -> OxygenCourse:
    """Oxygen of every copy under an option; `drafted` = the settings that place the level."""
    logit = state.shunt.paths(hours_h, copies.three(0)) + _charted_offset(drafted)
    level = _tension(state, logit, drafted)
    middle = np.log(level)
    shift = _usual_shift(state, drafted, np.median(middle, axis=1))
    here = np.empty_like(level)
    bent = np.empty_like(level)
    for settings, mask in option.masks(hours_h):
        bent[mask] = logit[mask] + copies.peep_on_shunt * ((settings.peep or 0.0) - (drafted.peep or 0.0))
        here[mask] = _tension(state, bent[mask], settings)
    pao2 = None if state.last is None else np.exp(np.log(here) + shift[:, None])
    spo2 = None
    if state.saturation.n:
        moved = 100.0 * (saturation(here, state.blood) - saturation(level, state.blood))
        spo2 = np.clip(state.saturation.paths(hours_h, copies.three(3)) + moved, 0.0, 100.0)
    return OxygenCourse(pao2, spo2, 1.0 / (1.0 + np.exp(-bent)))


def measured_pao2(pao2: Array, copies: LungCopies) -> Array:
    """What a gas would show, (hours, copies)."""
    middle = np.log(np.median(pao2, axis=1, keepdims=True))
    spread = np.log(pao2) - middle + GAS_NOISE * copies.error(0)
    return np.exp(middle + MEASURED_WIDTH * spread)


def measured_spo2(spo2: Array, copies: LungCopies) -> Array:
    """What an oximeter would show, (hours, copies)."""
    middle = np.median(spo2, axis=1, keepdims=True)
    return np.minimum(middle + SATURATION.width * (spo2 - middle + SATURATION.noise * copies.error(1)), 100.0)


def _tension(state: Oxygenation, logit: Array, settings: VentilatorSettings) -> Array:
    best = end_capillary(np.array(settings.fio2), state.blood)
    # s / (1 - s) = exp(logit s)
    return state.table.at(np.maximum(best - state.difference * np.exp(logit), 0.05))


def _usual_shift(state: Oxygenation, drafted: VentilatorSettings, middle: Array) -> Array:
    """What the population forecast adds to ln PaO2, (hours,)."""
    if state.last is None or state.last.pao2 is None or state.last.settings.fio2 is None or drafted.fio2 is None:
        return np.zeros_like(middle)
    a, b, c = OXYGEN_USUAL
    step = float(np.log(drafted.fio2 / state.last.settings.fio2))
    usual = a + b * float(np.log(state.last.pao2)) + c * step
    weight = 1.0 if step > 0.01 else 0.5
    return np.asarray(weight * (usual - middle))


def _charted_offset(settings: VentilatorSettings) -> float:
    peep = 8.0 if settings.peep is None else settings.peep
    return FIO2_SLOPE * float(np.log((settings.fio2 or 0.5) / 0.5)) + PEEP_SLOPE * (peep - 8.0)


def _logit(pao2: float, fio2: float, blood: Blood) -> float:
    share = float(effective_shunt(np.array(pao2), np.array(fio2), blood, np.array(DIFFERENCE[0])))
    low, high = _LOGIT_BOUNDS
    if share <= 0.0:
        return low
    return float(np.clip(np.log(share / max(1.0 - share, 1e-6)), low, high))


def _tensions(chart: LungChart, blood: Blood) -> list[tuple[float, float, VentilatorSettings, float]]:
    """(hour, PaO2, settings, SD of ln PaO2): gases, and saturations low enough to say something of the tension."""
    found = [(g.hour, g.pao2, g.settings, GAS_NOISE) for g in chart.gases[-8:] if g.pao2 is not None]
    low = [r for r in chart.saturations if r.hour >= -OXIMETRY_USED_H and 70.0 <= r.value <= HIGHEST_OXIMETRY]
    for one in low[-MOST_OXIMETRY:]:
        found.append((one.hour, *_by_oximetry(one, blood)))
    return found


def _by_oximetry(one: Reading, blood: Blood) -> tuple[float, VentilatorSettings, float]:
    share = one.value / 100.0
    points: Array = np.geomspace(20.0, 300.0, 400)
    curve = saturation(points, blood)
    tension = float(np.interp(share, curve, points))
    slope = float(np.interp(share + 0.005, curve, np.log(points)) - np.interp(share - 0.005, curve, np.log(points))) / 0.01
    return tension, one.settings, max(slope * OXIMETER_SD / 100.0, GAS_NOISE)


def _at(chart: LungChart, hour: float) -> Gas | None:
    return next((g for g in chart.gases if g.hour == hour and g.paco2 is not None), None)


def _blood(
    hemoglobin: float, carbonic: Gas | None, acid: Gas | None, temperature: float | None, otherwise: Blood | None = None
) -> Blood:
    base = otherwise or Blood(hemoglobin)
    pco2 = base.pco2 if carbonic is None or carbonic.paco2 is None else carbonic.paco2
    ph = base.ph if acid is None or acid.ph is None else acid.ph
    return Blood(hemoglobin, ph, pco2, 37.0 if temperature is None else temperature)
