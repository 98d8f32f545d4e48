"""Airway pressures under the settings of an option.

Volume control: plateau = PEEP + VT E, E the patient's filtered elastance; peak likewise with a dynamic elastance that holds
the resistive part, which is as proportional to VT while the inspiratory time is kept. Auto-PEEP, if any, stands in E.
Driving pressure = plateau - total PEEP, where one was measured within 4 h; else - PEEP. Mean airway pressure above PEEP is the
charted one, growing with rate x volume (exact for a linear lung at a constant inspiratory time), in pressure control with the
pressure x its share of the cycle; where none is charted it is that of the breath (`mechanics`). Under another inspiratory time
in volume control it is not known: how far the resistance counts is not. Pressure control: VT = Pinsp / E at the same rate and
inspiratory time.
The level of the plateau is averaged with the population forecast; PEEP changes E by an uncertain slope.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from twin_engine.kernel.declare import Array
from twin_engine.patient.variables import PRESSURE_MODES
from twin_engine.respiratory.chart import LungChart, Reading
from twin_engine.respiratory.copies import LungCopies
from twin_engine.respiratory.mechanics import pressure_power, volume_power
from twin_engine.respiratory.plan import Plan
from twin_engine.respiratory.population import Population
from twin_engine.respiratory.reverting import Reverting, Standing
from twin_engine.respiratory.settings import VentilatorSettings

CHARTED: Final = ("plateau_pressure", "driving_pressure", "peak_pressure")


@dataclass(frozen=True, slots=True)
class PressureState:
    """Elastance at the plateau and at the peak; `peak` None = no peak is charted."""

    plateau: Standing
    peak: Standing | None
    by_pressure: bool
    population: Population


def pressure_state(chart: LungChart, population: Population) -> PressureState:
    """Filter the pressures of a chart; without a plateau the elastance is that of the population."""
    by_pressure = chart.now.mode in PRESSURE_MODES
    if by_pressure:
        seen = [chart.volume] if chart.volume is not None else []
        pairs = [(r.hour, np.log(r.settings.inspiratory_pressure / r.value)) for r in seen if r.settings.inspiratory_pressure]
        return PressureState(_standing(population.plateau, pairs), None, by_pressure, population)
    seen = elastances(chart.peak)
    peak = _standing(population.peak, seen) if seen else None
    return PressureState(_standing(population.plateau, elastances(chart.plateau)), peak, by_pressure, population)


def pressure_course(
    state: PressureState, chart: LungChart, copies: LungCopies, drafted: VentilatorSettings, option: Plan, hours_h: Array
) -> dict[str, Array]:
    """Pressures cm[H2O], volume mL and power J/min by variable, each (hours, copies)."""
    elastance = state.plateau.paths(hours_h, copies.three(9))
    # The same deviates: a copy with a stiff lung has a high plateau and a high peak.
    dynamic = None if state.peak is None else state.peak.paths(hours_h, copies.three(9))
    if not state.by_pressure:
        elastance = elastance + usual_shift(chart.plateau, elastance, state.population.plateau_usual)
    found: dict[str, Array] = {}
    masks = option.masks(hours_h)
    known: list[str] = []
    for settings, mask in masks:
        slope = copies.peep_on_elastance * ((settings.peep or 0.0) - (drafted.peep or 0.0))
        own = elastance[mask] + slope
        part = (
            _pressure_controlled(settings, own)
            if state.by_pressure
            else _volume_controlled(
                settings,
                own,
                None if dynamic is None else dynamic[mask] + slope,
                _trapped(chart),
                plateau_charted=state.plateau.n > 0,
            )
        )
        mean = _mean(chart, settings, part, by_pressure=state.by_pressure)
        if mean is not None:
            part["mean_airway_pressure"] = mean
        known += part
        for name, values in part.items():
            found.setdefault(name, np.empty(elastance.shape))[mask] = values
    return {name: values for name, values in found.items() if known.count(name) == len(masks)}


def mean_course(state: PressureState, chart: LungChart, copies: LungCopies, option: Plan, hours_h: Array) -> Array | None:
    """Mean airway pressure of an option, cm[H2O] (hours, copies or 1), from the settings in force; None = not known. Where it
    is charted it is the same for every copy, and nothing else has to be worked out."""
    masks = option.masks(hours_h)
    charted = [None if _unknown(chart, s, by_pressure=state.by_pressure) else mean_airway(chart, s) for s, _ in masks]
    if any(mean is None for mean in charted):
        return pressure_course(state, chart, copies, chart.now, option, hours_h).get("mean_airway_pressure")
    found = np.empty((len(hours_h), 1))
    for mean, (_, mask) in zip(charted, masks, strict=True):
        found[mask] = mean
    return found


def _unknown(chart: LungChart, settings: VentilatorSettings, *, by_pressure: bool) -> bool:
    """Whether the mean airway pressure cannot be told from what is charted: another time in volume control."""
    return not by_pressure and _timing(settings) != _timing(chart.now)


def _mean(chart: LungChart, settings: VentilatorSettings, part: Mapping[str, Array], *, by_pressure: bool) -> Array | None:
    """Mean airway pressure, cm[H2O], of the copies: from the charted one, else that of the breath; None = not known."""
    if _unknown(chart, settings, by_pressure=by_pressure):
        return None
    mean = mean_airway(chart, settings)
    if mean is not None:
        return np.full(part["plateau_pressure"].shape, mean)
    share = _inspired_share(settings)
    if share is None or "peak_pressure" not in part:
        return None
    # Square flow: halfway up the elastic pressure on average, and the resistive one throughout.
    elastic = 0.0 if by_pressure else 0.5 * part["driving_pressure"]
    return (settings.peep or 0.0) + share * (part["peak_pressure"] - (settings.peep or 0.0) - elastic)


def measured_pressure(state: PressureState, name: str, values: Array, settings_peep: Array, copies: LungCopies) -> Array:
    """What the ventilator would show of a pressure that is `CHARTED`, (hours, copies); `settings_peep` (hours,) cm[H2O].

    Errors on charts are as far below as above, in proportion to the pressure above PEEP."""
    standing = state.peak if name == "peak_pressure" else state.plateau
    if standing is None:
        return values
    base = 0.0 if name == "driving_pressure" else settings_peep[:, None]
    middle = np.median(values - base, axis=1, keepdims=True)
    away = standing.measured((values - base) / np.maximum(middle, 0.1) - 1.0, copies.error(3))
    return np.asarray(base + middle * np.maximum(1.0 + away, 0.0))


def mean_airway(chart: LungChart, settings: VentilatorSettings) -> float | None:
    """Mean airway pressure, cm[H2O], from the charted one; None = none is charted with its settings."""
    before = chart.mean_airway
    if before is None or before.settings.peep is None or settings.peep is None:
        return None
    grown = _grown(before.settings, settings)
    return None if grown is None else settings.peep + max(before.value - before.settings.peep, 0.0) * grown


def _grown(before: VentilatorSettings, after: VentilatorSettings) -> float | None:
    """Factor of the mean airway pressure above PEEP; None = it cannot be told."""
    by_pressure = after.mode in PRESSURE_MODES
    if by_pressure != (before.mode in PRESSURE_MODES) or (not by_pressure and _retimed(before, after)):
        return None
    if not by_pressure:
        then, now = before.set_ventilation, after.set_ventilation
        return now / then if then and now else 1.0
    if not before.inspiratory_pressure or after.inspiratory_pressure is None:
        return None
    pressure = after.inspiratory_pressure / before.inspiratory_pressure
    if (_timing(before), before.respiratory_rate_set) == (_timing(after), after.respiratory_rate_set):
        return pressure
    then, now = _inspired_share(before), _inspired_share(after)
    return pressure * now / then if then and now else None


def _retimed(before: VentilatorSettings, after: VentilatorSettings) -> bool:
    """Whether a time that is known of both is another one."""
    pairs = zip(_timing(before), _timing(after), strict=True)
    return any(x is not None and y is not None and x != y for x, y in pairs)


def _timing(settings: VentilatorSettings) -> tuple[float | None, float | None]:
    return settings.inspiratory_time, settings.ie_ratio


def _inspired_share(settings: VentilatorSettings) -> float | None:
    """Share of the cycle that is inspiration; None where the time is not charted."""
    inspiration, rate = settings.inspiration_s, settings.respiratory_rate_set
    return None if inspiration is None or rate is None else inspiration * rate / 60.0


def _trapped(chart: LungChart) -> float:
    """Pressure that trapped gas leaves above PEEP, cm[H2O] per mL of the breath: from a measured total PEEP, else 0. In a
    linear lung it is proportional to the volume while the times stay."""
    total = chart.total_peep
    if total is None or total.settings.peep is None or not total.settings.tidal_volume_set:
        return 0.0
    return max(total.value - total.settings.peep, 0.0) / total.settings.tidal_volume_set


def _volume_controlled(
    settings: VentilatorSettings, elastance: Array, dynamic: Array | None, trapped: float, *, plateau_charted: bool
) -> dict[str, Array]:
    volume, peep = settings.tidal_volume_set or 0.0, settings.peep or 0.0
    driving = volume * np.exp(elastance)
    if dynamic is not None:
        # The same breath: its peak is never below its plateau. What was charted places the other.
        dynamic = np.maximum(dynamic, elastance) if plateau_charted else dynamic
        driving = np.minimum(driving, volume * np.exp(dynamic))
    found = {"plateau_pressure": peep + driving, "driving_pressure": np.maximum(driving - volume * trapped, 0.0)}
    if dynamic is not None:
        peak = peep + volume * np.exp(dynamic)
        rate = np.array(settings.respiratory_rate_set or 0.0)
        found["peak_pressure"] = peak
        found["mechanical_power"] = volume_power(rate, np.array(volume), peak, peep + driving, np.array(peep))
    return found


def _pressure_controlled(settings: VentilatorSettings, elastance: Array) -> dict[str, Array]:
    pressure, peep = settings.inspiratory_pressure or 0.0, settings.peep or 0.0
    volume = pressure * np.exp(-elastance)
    rate = np.array(settings.respiratory_rate_set or 0.0)
    return {
        "tidal_volume": volume,
        "plateau_pressure": np.full(volume.shape, peep + pressure),
        "driving_pressure": np.full(volume.shape, pressure),
        "peak_pressure": np.full(volume.shape, peep + pressure),
        "mechanical_power": pressure_power(rate, volume, np.array(pressure), np.array(peep)),
    }


def elastances(readings: tuple[Reading, ...]) -> list[tuple[float, float]]:
    """(hour, ln elastance) of readings whose settings are known and that stand above PEEP."""
    found: list[tuple[float, float]] = []
    for one in readings:
        volume, peep = one.settings.tidal_volume_set, one.settings.peep
        if volume and peep is not None and one.value > peep + 1.0:
            found.append((one.hour, float(np.log((one.value - peep) / volume))))
    return found


def _standing(process: Reverting, pairs: list[tuple[float, float]]) -> Standing:
    return process.standing(np.array([h for h, _ in pairs]), np.array([v for _, v in pairs]))


def usual_shift(readings: tuple[Reading, ...], elastance: Array, usual: tuple[float, float]) -> Array | float:
    """What the population forecast of an unchanged ventilator adds to ln elastance, (hours, 1). Its terms for the change of
    PEEP and volume are reactions to the patient and would hide a part of what the change does to the lung: left out."""
    last = next(reversed(readings), None)
    if last is None or last.settings.peep is None or not last.settings.tidal_volume_set:
        return 0.0
    volume, peep = last.settings.tidal_volume_set, last.settings.peep
    a, b = usual
    middle = np.median(elastance, axis=1, keepdims=True)
    twin = peep + volume * np.exp(middle)
    level = np.maximum(0.5 * (a + b * last.value + twin), peep + 1.0)
    return np.asarray(np.log((level - peep) / volume) - middle)
