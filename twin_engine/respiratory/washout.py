"""Carbon dioxide and pH under the settings of an option.

The level is the filtered ln PaCO2 of the patient, averaged with the population forecast, for the order as drafted. Every
other option is that level plus the paired difference of two washouts of the same copy, whose dead space stays in mL. A
patient who breathes above the set rate goes on at his own rate: a change of the set rate below it does nothing. pH follows
with the base excess held.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from twin_engine.kernel.declare import Array
from twin_engine.respiratory.acid_base import base_excess, ph_of
from twin_engine.respiratory.carbon_dioxide import BTPS_FACTOR, Stores
from twin_engine.respiratory.chart import LungChart
from twin_engine.respiratory.copies import LungCopies
from twin_engine.respiratory.plan import Plan
from twin_engine.respiratory.population import Population
from twin_engine.respiratory.reverting import Standing
from twin_engine.respiratory.settings import VentilatorSettings

IN_THE_BODY: Final = 1.0 / 3.0
"""Blood haemoglobin counts a third in the whole extracellular fluid."""
PH_NOISE: Final = 0.02
LEAST_VENTILATION: Final = 0.15
"""L/min; below it a breath hardly passes the dead space and the stores fill as in apnoea."""


@dataclass(frozen=True, slots=True)
class CarbonState:
    """ln PaCO2 now at the drafted ventilation, the newest value, base excess of every copy, None where no pH is charted, and
    the haemoglobin that buffers it."""

    standing: Standing
    last: float
    excess: Array | None
    buffer: Array
    population: Population


@dataclass(frozen=True, slots=True)
class CarbonCourse:
    """PaCO2, mm[Hg], pH, dead space fraction, each (hours, copies)."""

    paco2: Array
    ph: Array | None
    dead_space: Array


def carbon_state(
    chart: LungChart, drafted: VentilatorSettings, hemoglobin: Array, population: Population
) -> CarbonState | None:
    """Filter the gases of a chart, `hemoglobin` of every copy in g/dL; None = no arterial CO2 is charted."""
    gases = [g for g in chart.gases if g.paco2 is not None]
    if not gases:
        return None
    standing = population.carbon_dioxide.standing(*charted_carbon(chart, drafted, population))
    acid = next((g for g in reversed(gases) if g.ph is not None), None)
    buffer = hemoglobin * IN_THE_BODY
    excess = None if acid is None else base_excess(np.array(acid.ph), np.array(acid.paco2), buffer)
    return CarbonState(standing, float(gases[-1].paco2 or 1.0), excess, buffer, population)


def charted_carbon(chart: LungChart, drafted: VentilatorSettings, population: Population) -> tuple[Array, Array]:
    """Hours (<= 0) and ln PaCO2 of the gases, as they would have been at the drafted ventilation by what charts show."""
    gases = [g for g in chart.gases if g.paco2 is not None]
    shifts = np.array([_shift(g.settings, drafted.set_ventilation) for g in gases])
    return np.array([g.hour for g in gases]), np.log([g.paco2 or 1.0 for g in gases]) + population.ventilation_slope * shifts


def usual_carbon(chart: LungChart, drafted: VentilatorSettings, population: Population) -> float:
    """The population forecast of ln PaCO2 from the newest gas of a chart that holds one."""
    last = chart.latest_gas("paco2")
    if last is None or last.paco2 is None:
        raise ValueError("no arterial CO2 is charted")
    a, b, c = population.carbon_dioxide_usual
    return a + b * float(np.log(last.paco2)) + c * _shift(drafted, last.settings.set_ventilation)


def carbon_course(
    state: CarbonState, chart: LungChart, copies: LungCopies, drafted: VentilatorSettings, option: Plan, hours_h: Array
) -> CarbonCourse:
    """CO2 and pH of every copy under an option; `drafted` = the settings that place the level."""
    level = state.standing.paths(hours_h, copies.three(6))
    usual = usual_carbon(chart, drafted, state.population)
    level = level + 0.5 * (usual - np.median(level, axis=1, keepdims=True))
    dead = copies.dead_space_fraction * (chart.now.tidal_volume_set or 0.0)
    reference = Plan((0.0,), (drafted,))
    difference = 0.0
    if not option.breathes_as(reference):
        ours, theirs = (_washout(state, chart, copies, dead, p, hours_h) for p in (option, reference))
        difference = np.log(ours / theirs)
    paco2 = np.exp(level + difference)
    ph = None if state.excess is None else ph_of(paco2, state.excess, state.buffer)
    share = np.empty_like(paco2)
    for settings, mask in option.masks(hours_h):
        share[mask] = np.minimum(dead / (settings.tidal_volume_set or 1.0), 1.0)
    return CarbonCourse(paco2, ph, share)


def measured_paco2(state: CarbonState, paco2: Array, copies: LungCopies) -> Array:
    """What a gas would show, (hours, copies)."""
    middle = np.log(np.median(paco2, axis=1, keepdims=True))
    return np.exp(middle + state.standing.measured(np.log(paco2) - middle, copies.error(2)))


def _washout(state: CarbonState, chart: LungChart, copies: LungCopies, dead: Array, option: Plan, hours_h: Array) -> Array:
    """PaCO2 (hours, copies) by stores and dead space alone, from what was settled under the settings now in force."""
    before = _alveolar(chart, chart.now, dead)
    production = state.last * before / BTPS_FACTOR
    output = np.full(copies.draws, chart.cardiac_output) if chart.cardiac_output else copies.output
    stores = Stores(production, output, 70.0 * production / 200.0)
    tensions = stores.settled(before)
    found = np.empty((len(hours_h), copies.draws))
    ends = [*option.starts_h[1:], np.inf]
    for (settings, mask), start, end in zip(option.masks(hours_h), option.starts_h, ends, strict=True):
        minutes = 60.0 * np.append(np.asarray(hours_h)[mask] - start, end - start if np.isfinite(end) else 0.0)
        course = stores.course(tensions, _alveolar(chart, settings, dead), minutes)
        found[mask] = course[:-1, :, 0]
        tensions = course[-1]
    return found


def _alveolar(chart: LungChart, settings: VentilatorSettings, dead: Array) -> Array:
    volume = settings.tidal_volume_set or 0.0
    return np.maximum(_rate(chart, settings) * (volume - dead) / 1000.0, LEAST_VENTILATION)


def _rate(chart: LungChart, settings: VentilatorSettings) -> float:
    rate = settings.respiratory_rate_set or 0.0
    return max(rate, chart.total_rate or 0.0) if chart.triggering else rate


def _shift(settings: VentilatorSettings, target: float | None) -> float:
    """ln(ventilation of these settings / target); 0 where one is not known."""
    own = settings.set_ventilation
    return 0.0 if own is None or target is None else float(np.log(own / target))
