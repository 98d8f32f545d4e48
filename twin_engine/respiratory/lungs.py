"""One pair of lungs on a ventilator: what is refreshed from a chart, and every variable of an option."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeVar

import numpy as np

from twin_engine.blood.hemoglobin import Group, groups, of_copies
from twin_engine.keep import Keep
from twin_engine.kernel.declare import Array
from twin_engine.outcome import CannotPredict
from twin_engine.patient.record import DataQuality, Order
from twin_engine.patient.variables import PRESSURE_MODES
from twin_engine.respiratory.chart import PEEP_TOTAL, LungChart, mechanical, read
from twin_engine.respiratory.copies import DEAD_SPACE, PEEP_ON_SHUNT, LungCopies, lung_copies
from twin_engine.respiratory.oxygenation import (
    Breath,
    Oxygenation,
    OxygenLevel,
    measured_pao2,
    measured_spo2,
    oxygen_course,
    oxygen_level,
    oxygenation,
)
from twin_engine.respiratory.plan import Plan, plan
from twin_engine.respiratory.population import LUNGS, Population
from twin_engine.respiratory.pressures import (
    CHARTED,
    PressureState,
    measured_pressure,
    pressure_course,
    pressure_state,
)
from twin_engine.respiratory.settings import SUBJECT, VentilatorSettings
from twin_engine.respiratory.washout import (
    LEAST_VENTILATION,
    PH_NOISE,
    CarbonState,
    carbon_course,
    carbon_state,
    measured_paco2,
)
from twin_engine.scenario import NO_CHANGE, Scenario

NO_CARBON_DIOXIDE: Final = (
    "PaCO2 is not forecast in pressure control: the breath that follows the pressure is a forecast itself, and no chart with "
    "the mode was at hand to hold PaCO2 against it"
)
Drafted = Mapping[str, tuple[Order, ...]]
"""Options as written: label to orders."""
TRAPPED = 2.0
"""cm[H2O] of total above set PEEP below which hardly any gas is trapped: a choice of this project."""
T = TypeVar("T")
Place = tuple[float | None, ...]
"""Where settings stand, by coordinates that can be compared; None = not charted."""


@dataclass(frozen=True, slots=True)
class Lungs:
    """The chart, the copies, their haemoglobins, the population behind them, and what was filtered that does not depend on an
    order."""

    chart: LungChart
    copies: LungCopies
    bloods: tuple[Group, ...]
    population: Population
    oxygen: Oxygenation | None
    pressures: PressureState | None


def lungs_of(scenario: Scenario, keep: Keep, population: Population = LUNGS) -> Lungs | CannotPredict:
    """The lungs of a scenario's chart, made once, or why they cannot be predicted."""
    name = SUBJECT if population == LUNGS else f"{SUBJECT} {population}"
    return keep(name, lambda: _refreshed(scenario, population))


def _refreshed(scenario: Scenario, population: Population) -> Lungs | CannotPredict:
    chart = read(scenario.record, scenario.at)
    if isinstance(chart, CannotPredict):
        return chart
    copies = lung_copies(scenario.draws, scenario.seed)
    pressures = None if mechanical(chart) is not None else pressure_state(chart, population)
    bloods = groups(chart.hemoglobin, scenario.draws, scenario.seed)
    oxygen = None if chart.now.fio2 is None else oxygenation(chart, bloods, copies, population)
    return Lungs(chart, copies, bloods, population, oxygen, pressures)


def plan_of(chart: LungChart, orders: Sequence[Order]) -> Plan | CannotPredict:
    """The settings under these orders, or why what follows cannot be simulated."""
    one = plan(chart, orders)
    if not isinstance(one, CannotPredict) and chart.now.mode in PRESSURE_MODES and _another_cycle(chart, one):
        return CannotPredict(SUBJECT, "in pressure control the volume at another rate or time needs the resistance")
    return one


def plans(chart: LungChart, drafted: Drafted) -> dict[str, Plan] | CannotPredict:
    """The settings under each option, those as drafted first, "no change" last."""
    found: dict[str, Plan] = {}
    for label, orders in {**drafted, NO_CHANGE: ()}.items():
        one = plan_of(chart, orders)
        if isinstance(one, CannotPredict):
            return one
        found[label] = one
    return found


def _another_cycle(chart: LungChart, option: Plan) -> bool:
    now, then = chart.now, option.final
    return (now.respiratory_rate_set, now.inspiration_s) != (then.respiratory_rate_set, then.inspiration_s)


@dataclass(frozen=True, slots=True)
class Anchors:
    """Two levels are known: under the settings in force and under those drafted, which say more of the patient than mechanism
    does (see `oxygenation`, `washout`). Another option moves by mechanism from both, and is their average, nearer to the
    level whose settings are nearer. The two settings, carbon dioxide at them, and what was worked out of them: options share
    their levels, and carbon dioxide where they leave the breath alone; the oxygen of an option rests on its carbon dioxide."""

    now: VentilatorSettings
    drafted: VentilatorSettings
    carbon_now: CarbonState | None
    carbon_drafted: CarbonState | None
    made: dict[object, dict[str, Array]] = field(default_factory=dict[object, dict[str, Array]], compare=False)
    levels: dict[object, OxygenLevel] = field(default_factory=dict[object, OxygenLevel], compare=False)

    def in_force_alone(self) -> "Anchors":
        """The level under the settings in force for every option: options then differ by mechanism alone, from where the
        patient stands."""
        return Anchors(self.now, self.now, self.carbon_now, self.carbon_now, self.made, self.levels)


def anchors(lungs: Lungs, drafted: VentilatorSettings) -> Anchors:
    """The levels under the settings in force and under those drafted."""
    now = lungs.chart.now
    if lungs.pressures is None or lungs.pressures.by_pressure:
        return Anchors(now, drafted, None, None)
    hemoglobin = of_copies(lungs.bloods, lungs.copies.draws)
    carbon = carbon_state(lungs.chart, drafted, hemoglobin, lungs.population)
    same = now.set_ventilation == drafted.set_ventilation
    return Anchors(now, drafted, carbon if same else carbon_state(lungs.chart, now, hemoglobin, lungs.population), carbon)


def course(lungs: Lungs, known: Anchors, option: Plan, hours_h: Array) -> dict[str, Array]:
    """Every variable of one option, (hours, copies)."""
    chart, copies, own = lungs.chart, lungs.copies, option.final
    now, drafted = known.now, known.drafted
    found: dict[str, Array] = {}
    breath = _breath(lungs, known, option, hours_h)
    if lungs.oxygen is not None and not isinstance(breath, CannotPredict):
        by = _share(*(_oxygenating(x) for x in (own, now, drafted)))
        levels = [_oxygen(lungs, known, lungs.oxygen, x, option, hours_h, breath) for x in _used(by, drafted, now)]
        found |= _between(by, levels)
    if known.carbon_drafted is not None and known.carbon_now is not None:
        by = _share(*((_alveolar(x, now),) for x in (own, now, drafted)))
        pairs = _used(by, (drafted, known.carbon_drafted), (now, known.carbon_now))
        found |= _between(by, [_carbon(lungs, known, state, x, option, hours_h) for x, state in pairs])
    if lungs.pressures is not None:
        level = now if own.peep == now.peep else drafted
        key = "pressures", level, option, hours_h.tobytes()
        if key not in known.made:
            known.made[key] = pressure_course(lungs.pressures, chart, copies, level, option, hours_h)
        found |= known.made[key]
    return found


def _share(own: Place, now: Place, drafted: Place) -> float:
    """Weight of the level as drafted for an option, 0 to 1, by how near its settings are; 1 where nothing is known apart."""
    if now == drafted or None in (*own, *now, *drafted):
        return 1.0
    to_now, to_drafted = (
        sum(abs((x or 0.0) - (y or 0.0)) for x, y in zip(own, other, strict=True)) for other in (now, drafted)
    )
    return to_now / (to_now + to_drafted)


def _oxygenating(settings: VentilatorSettings) -> Place:
    """Where settings stand for oxygen: ln FiO2, and PEEP by the slope that is assumed for the shunt."""
    peep = None if settings.peep is None else abs(PEEP_ON_SHUNT[0]) * settings.peep
    return None if settings.fio2 is None else float(np.log(settings.fio2)), peep


def _alveolar(settings: VentilatorSettings, now: VentilatorSettings) -> float | None:
    """ln of the alveolar ventilation (L/min) at the usual dead space of the present breath."""
    rate, volume, before = settings.respiratory_rate_set, settings.tidal_volume_set, now.tidal_volume_set
    if rate is None or volume is None or before is None:
        return None
    return float(np.log(max(rate * (volume - DEAD_SPACE[0] * before) / 1000.0, LEAST_VENTILATION)))


def _used(share: float, drafted: T, now: T) -> list[T]:
    return [drafted] if share == 1.0 else [now] if share == 0.0 else [drafted, now]


def _between(share: float, found: Sequence[Mapping[str, Array]]) -> Mapping[str, Array]:
    if len(found) == 1:
        return found[0]
    one, other = found
    return {name: share * one[name] + (1.0 - share) * other[name] for name in one}


def _breath(lungs: Lungs, known: Anchors, option: Plan, hours_h: Array) -> Breath | CannotPredict | None:
    """What the breath of an option makes of carbon dioxide, by mechanism from the settings in force; None = the same breath."""
    before = Plan((0.0,), (known.now,))
    if option.breathes_as(before):
        return None
    if known.carbon_now is None:
        return CannotPredict("pao2", "the breath changes, and oxygen is not forecast without the carbon dioxide that follows")
    after, usual = (_carbon(lungs, known, known.carbon_now, known.now, one, hours_h) for one in (option, before))
    factor = after["paco2"] / usual["paco2"]
    return Breath(factor, after["ph"] - usual["ph"] if "ph" in after else np.zeros_like(factor))


def _oxygen(
    lungs: Lungs,
    known: Anchors,
    state: Oxygenation,
    level: VentilatorSettings,
    option: Plan,
    hours_h: Array,
    breath: Breath | None,
) -> dict[str, Array]:
    key = level, hours_h.tobytes()
    if key not in known.levels:
        known.levels[key] = oxygen_level(state, lungs.copies, level, hours_h)
    oxygen = oxygen_course(state, lungs.copies, known.levels[key], option, hours_h, breath)
    found = {"pao2": oxygen.pao2, "spo2": oxygen.spo2, "shunt_fraction": oxygen.shunt if state.charted else None}
    return {name: values for name, values in found.items() if values is not None}


def _carbon(
    lungs: Lungs, known: Anchors, state: CarbonState, level: VentilatorSettings, option: Plan, hours_h: Array
) -> dict[str, Array]:
    breath = (level.respiratory_rate_set, level.tidal_volume_set)
    unchanged = option.breathes_as(Plan((0.0,), (level,)))
    key = (breath, None if unchanged else option, hours_h.tobytes())
    if key in known.made:
        return known.made[key]
    gas = carbon_course(state, lungs.chart, lungs.copies, level, option, hours_h)
    found = {"paco2": gas.paco2, "dead_space_fraction": gas.dead_space, "ph": gas.ph}
    told = {name: values for name, values in found.items() if values is not None}
    known.made[key] = told
    return told


def measured(values: Mapping[str, Array], lungs: Lungs, known: Anchors, option: Plan, hours_h: Array) -> dict[str, Array]:
    """What would be charted of the course of an option, (hours, copies); what is not measured is as it is."""
    peep = np.empty(len(hours_h))
    for settings, mask in option.masks(hours_h):
        peep[mask] = settings.peep or 0.0
    copies, found = lungs.copies, dict(values)
    if lungs.oxygen is not None:
        gases = {"pao2": measured_pao2, "spo2": measured_spo2}
        found |= {name: of(lungs.oxygen, values[name], copies) for name, of in gases.items() if name in values}
    if known.carbon_drafted is not None and "paco2" in values:
        found["paco2"] = measured_paco2(known.carbon_drafted, values["paco2"], copies)
    if "ph" in values:
        found["ph"] = values["ph"] + PH_NOISE * copies.error(2)
    if lungs.pressures is not None:
        found |= {n: measured_pressure(lungs.pressures, n, values[n], peep, copies) for n in CHARTED if n in values}
    return found


def gaps(lungs: Lungs, known: Anchors, options: Iterable[Plan]) -> tuple[tuple[CannotPredict, ...], tuple[DataQuality, ...]]:
    """What is not predicted and why, and what is only assumed."""
    chart = lungs.chart
    found: list[CannotPredict] = []
    remarks: list[DataQuality] = []
    refused = mechanical(chart)
    if refused is not None:
        found.append(refused)
    if chart.now.fio2 is None:
        found.append(CannotPredict("pao2", "FiO2 is not charted in the last 12 h"))
    elif lungs.oxygen is not None and lungs.oxygen.last is None:
        found.append(CannotPredict("pao2", "no arterial gas with its FiO2 in 48 h"))
    withheld = (_breath(lungs, known, one, np.zeros(1)) for one in options)
    found += [one for one in withheld if lungs.oxygen is not None and isinstance(one, CannotPredict)][:1]
    if chart.latest_gas("paco2") is None:
        found.append(CannotPredict("paco2", "no arterial gas in 48 h"))
    elif lungs.pressures is not None and lungs.pressures.by_pressure:
        found.append(CannotPredict("paco2", NO_CARBON_DIOXIDE))
    if lungs.oxygen is not None and not lungs.oxygen.saturation.n:
        why = next((r.effect for r in chart.remarks if r.variable == "spo2" and r.status == "implausible"), None)
        found.append(CannotPredict("spo2", why or "no saturation by pulse oximetry in 12 h"))
    if lungs.pressures is not None and not lungs.pressures.plateau.n:
        measured_by = "tidal volume under the set pressure" if lungs.pressures.by_pressure else "plateau pressure"
        words = f"no {measured_by} is charted: the stiffness of the lung is a population estimate, and nothing is suggested"
        remarks.append(DataQuality("plateau_pressure", "missing", words))
    if refused is None and any(_hastened(chart, one) for one in options):
        remarks.append(DataQuality(PEEP_TOTAL, "missing", _less_time_out(chart)))
    if refused is None and chart.now.inspiration_s is None:
        found.append(CannotPredict(PEEP_TOTAL, "neither inspiratory time nor I:E is charted: auto-PEEP is not known"))
    return tuple(found), tuple(remarks)


def _hastened(chart: LungChart, option: Plan) -> bool:
    """Whether an option breathes faster, and a fresh total PEEP does not show that hardly any gas is trapped."""
    now, then, total = chart.now.respiratory_rate_set, option.final.respiratory_rate_set, chart.total_peep
    if now is None or then is None or then <= now:
        return False
    return total is None or total.settings.peep is None or total.value - total.settings.peep >= TRAPPED


def _less_time_out(chart: LungChart) -> str:
    total = chart.total_peep
    known = "total PEEP is not measured"
    if total is not None and total.settings.peep is not None:
        known = f"total PEEP {total.value:g} at a set {total.settings.peep:g} cmH2O"
    return f"{known}: at a higher rate there is less time to breathe out, and what auto-PEEP adds to plateau is not included"
