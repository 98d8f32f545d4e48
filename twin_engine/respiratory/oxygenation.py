"""Arterial oxygen under the settings of an option: the level for the order as drafted, and differences by shunt alone.

The level is that of the filtered shunt, averaged in ln PaO2 with the population forecast where FiO2 is lowered or kept, and
the population forecast where it is raised: raised FiO2 means a lung that has got worse, which no earlier gas shows. Every
other option is the level plus the paired difference of content mixing in the same copies. A change of the breath moves alveolar
oxygen and the binding of haemoglobin by the carbon dioxide and pH that it leads to in the same copy (that oxygen falls sooner
than carbon dioxide rises is not described). Copies of another
haemoglobin (where none was measured) read the same gases as another shunt.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from twin_engine.blood.hemoglobin import Group
from twin_engine.kernel.declare import Array
from twin_engine.respiratory.chart import Gas, LungChart
from twin_engine.respiratory.copies import DIFFERENCE, LungCopies
from twin_engine.respiratory.oxygen import Blood, Tensions, alveolar_tension, content, end_capillary, saturation
from twin_engine.respiratory.plan import Plan
from twin_engine.respiratory.population import Population
from twin_engine.respiratory.reverting import Standing
from twin_engine.respiratory.settings import VentilatorSettings
from twin_engine.respiratory.shunt import blood_of, charted_offset, evidence, lung_of, shunt_now


@dataclass(frozen=True, slots=True)
class Part:
    """The shunt now of the copies of one blood, the blood it is read through, and their diffusion term, mm[Hg] (copies), None
    where too few levels of FiO2 were seen."""

    copies: slice | NDArray[np.intp]
    shunt: Standing
    blood: Blood
    table: Tensions
    diffusion: Array | None


@dataclass(frozen=True, slots=True)
class Oxygenation:
    """The copies by their blood, the newest oxygen tension with its FiO2, the saturation, the arteriovenous difference."""

    parts: tuple[Part, ...]
    last: Gas | None
    saturation: Standing
    difference: Array
    population: Population

    @property
    def shunt(self) -> Standing:
        """The shunt at the middle haemoglobin."""
        return self.parts[len(self.parts) // 2].shunt

    @property
    def charted(self) -> bool:
        """Whether anything measured places the shunt."""
        return self.shunt.n > 0

    def logit(self, hours_h: Array, copies: LungCopies) -> Array:
        """Logit of the shunt of every copy at FiO2 0.5 and PEEP 8, (hours, copies)."""
        return self.joined([part.shunt.paths(hours_h, copies.three(0)[part.copies]) for part in self.parts])

    def joined(self, own: Sequence[Array]) -> Array:
        """What each part found, (hours, its copies), as one array of all copies."""
        if len(own) == 1:
            return own[0]
        found = np.empty((len(own[0]), len(self.difference)))
        for part, values in zip(self.parts, own, strict=True):
            found[:, part.copies] = values
        return found


@dataclass(frozen=True, slots=True)
class OxygenCourse:
    """Values (hours, copies): PaO2 mm[Hg] with the SD of ln of a measured one, SpO2 %, shunt fraction."""

    pao2: Array | None
    spo2: Array | None
    shunt: Array


def oxygenation(chart: LungChart, bloods: Sequence[Group], copies: LungCopies, population: Population) -> Oxygenation:
    """Filter the gases and saturations of a chart; `bloods` = the copies by their haemoglobin."""
    last = chart.latest_gas("pao2")
    saturated = [r for r in chart.saturations if r.hour >= -12.0]
    return Oxygenation(
        tuple(_part(chart, own, copies, population) for own in bloods),
        None if last is None or last.settings.fio2 is None else last,
        population.saturation.standing(np.array([r.hour for r in saturated]), np.array([r.value for r in saturated])),
        copies.difference,
        population,
    )


def _part(chart: LungChart, own: Group, copies: LungCopies, population: Population) -> Part:
    blood = blood_of(chart, own.value)
    seen = evidence(chart, blood)
    lung = lung_of(seen, blood, population)
    lost = None if lung is None else np.maximum(lung.diffusion + lung.diffusion_sd * copies.diffusion[own.copies], 0.0)
    return Part(own.copies, shunt_now(seen, chart.now.fio2 or 0.5, population), blood, Tensions.of(blood), lost)


@dataclass(frozen=True, slots=True)
class OwnLevel:
    """Where the copies of one blood stand, (hours, copies): tension, mm[Hg], logit of the shunt and diffusion term behind it,
    and its saturation, a fraction."""

    tension: Array
    behind: Array
    lost: Array
    saturated: Array


@dataclass(frozen=True, slots=True)
class OxygenLevel:
    """Where the oxygen of every copy stands under the settings that place the level, by blood; saturation, %, as an oximeter
    charts it (hours, copies), None where none did; and what the population forecast adds to ln PaO2, (hours,)."""

    settings: VentilatorSettings
    parts: tuple[OwnLevel, ...]
    charted: Array | None
    shift: Array


def oxygen_level(state: Oxygenation, copies: LungCopies, drafted: VentilatorSettings, hours_h: Array) -> OxygenLevel:
    """The level at some hours, which options share; `drafted` = the settings that place it."""
    logit = state.logit(hours_h, copies) + charted_offset(drafted, state.population)
    parts = tuple(_own_level(part, logit[:, part.copies], drafted) for part in state.parts)
    middle = np.median(np.log(state.joined([own.tension for own in parts])), axis=1)
    charted = state.saturation.paths(hours_h, copies.three(3)) if state.saturation.n else None
    return OxygenLevel(drafted, parts, charted, _usual_shift(state, drafted, middle))


def _own_level(part: Part, logit: Array, drafted: VentilatorSettings) -> OwnLevel:
    tension = _tension(part, logit, drafted)
    return OwnLevel(tension, *_behind(part, tension, logit, drafted), saturation(tension, part.blood))


@dataclass(frozen=True, slots=True)
class Breath:
    """What another breath makes of carbon dioxide against the breath in force, (hours, copies): the factor of PaCO2, and the
    change of pH, 0 where none is charted."""

    paco2: Array
    ph: Array

    def blood(self, part: Part) -> Blood:
        """The blood of the copies of one part under it."""
        factor, change = self.paco2[:, part.copies], self.ph[:, part.copies]
        return replace(part.blood, pco2=part.blood.pco2 * factor, ph=part.blood.ph + change)


def oxygen_course(
    state: Oxygenation, copies: LungCopies, level: OxygenLevel, option: Plan, hours_h: Array, breath: Breath | None = None
) -> OxygenCourse:
    """Oxygen of every copy under an option, at the hours of the level; `breath` where the option changes it."""
    each = list(zip(state.parts, level.parts, strict=True))
    bloods = [part.blood if breath is None else breath.blood(part) for part in state.parts]
    moved = [
        _own_course(part, copies, own, level.settings, option, hours_h, blood)
        for (part, own), blood in zip(each, bloods, strict=True)
    ]
    here, bent = (state.joined([one[i] for one in moved]) for i in range(2))
    pao2 = None if state.last is None else np.exp(np.log(here) + level.shift[:, None])
    spo2 = None
    if level.charted is not None:
        gained = [
            100.0 * (saturation(tension, blood) - own.saturated)
            for (_, own), (tension, _), blood in zip(each, moved, bloods, strict=True)
        ]
        spo2 = np.clip(level.charted + state.joined(gained), 0.0, 100.0)
    # A gas shows the product of the arteriovenous difference and s / (1 - s): the tensions of a copy do not depend on its
    # difference, its shunt does.
    return OxygenCourse(pao2, spo2, 1.0 / (1.0 + np.exp(-bent) * state.difference / DIFFERENCE[0]))


def _own_course(
    part: Part, copies: LungCopies, level: OwnLevel, drafted: VentilatorSettings, option: Plan, hours_h: Array, blood: Blood
) -> tuple[Array, Array]:
    """Tension under the option, mm[Hg], and the logit of the shunt under it, (hours, copies of one blood)."""
    same = blood is part.blood
    if same and all((own.fio2, own.peep) == (drafted.fio2, drafted.peep) for own in option.settings):
        return level.tension, level.behind
    on_shunt = copies.peep_on_shunt[part.copies]
    oxygen, bent = np.empty_like(level.tension), np.empty_like(level.tension)
    for settings, mask in option.masks(hours_h):
        bent[mask] = level.behind[mask] + on_shunt * ((settings.peep or 0.0) - (drafted.peep or 0.0))
        own = blood if same else replace(blood, pco2=np.asarray(blood.pco2)[mask], ph=np.asarray(blood.ph)[mask])
        oxygen[mask] = _content(own, bent[mask], settings, level.lost[mask])
    here = part.table.at(oxygen) if same else part.table.at_another(oxygen, part.blood, blood)
    return here, bent


def measured_pao2(state: Oxygenation, pao2: Array, copies: LungCopies) -> Array:
    """What a gas would show, (hours, copies)."""
    middle = np.log(np.median(pao2, axis=1, keepdims=True))
    spread = np.log(pao2) - middle + state.shunt.surprise * state.population.gas_noise * copies.error(0)
    return np.exp(middle + state.population.gas_width * spread)


def measured_spo2(state: Oxygenation, spo2: Array, copies: LungCopies) -> Array:
    """What an oximeter would show, (hours, copies)."""
    middle = np.median(spo2, axis=1, keepdims=True)
    return np.minimum(middle + state.saturation.measured(spo2 - middle, copies.error(1)), 100.0)


def _tension(part: Part, logit: Array, settings: VentilatorSettings) -> Array:
    return part.table.at(_content(part.blood, logit, settings))


def _content(blood: Blood, logit: Array, settings: VentilatorSettings, lost: Array | float = 0.0) -> Array:
    """Arterial oxygen content, mL/dL, behind the shunt."""
    best = end_capillary(np.array(settings.fio2), blood, lost)
    # s / (1 - s) = exp(logit s)
    return np.maximum(best - DIFFERENCE[0] * np.exp(logit), 0.05)


def _behind(part: Part, level: Array, logit: Array, drafted: VentilatorSettings) -> tuple[Array, Array]:
    """Logit of the shunt and diffusion term that give every copy its level at the drafted settings: the one-parameter lung,
    or the one of two parameters where it is known."""
    if part.diffusion is None:
        return logit, np.zeros((len(level), 1))
    room = alveolar_tension(np.array(drafted.fio2), np.asarray(part.blood.pco2)) - level - 1.0
    lost = np.clip(part.diffusion, 0.0, np.maximum(room, 0.0))
    missing = end_capillary(np.array(drafted.fio2), part.blood, lost) - content(level, part.blood)
    return np.log(np.maximum(missing, 1e-3) / DIFFERENCE[0]), lost


def _usual_shift(state: Oxygenation, drafted: VentilatorSettings, middle: Array) -> Array:
    """What the population forecast adds to ln PaO2, (hours,)."""
    if state.last is None or state.last.pao2 is None or state.last.settings.fio2 is None or drafted.fio2 is None:
        return np.zeros_like(middle)
    a, b, c = state.population.oxygen_usual
    step = float(np.log(drafted.fio2 / state.last.settings.fio2))
    usual = a + b * float(np.log(state.last.pao2)) + c * step
    weight = 1.0 if step > 0.01 else 0.5
    return np.asarray(weight * (usual - middle))
