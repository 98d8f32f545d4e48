"""The effective shunt of a patient, filtered from arterial gases and from saturations low enough to say something.

Each observation is the logit of the shunt that explains it by mixing of contents. Its noise is that of ln PaO2 (of the
oximeter), brought to the scale of the logit by the local slope.
"""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from twin_engine.kernel.declare import Array
from twin_engine.respiratory.chart import Gas, LungChart, Reading
from twin_engine.respiratory.copies import DIFFERENCE
from twin_engine.respiratory.oxygen import Blood, effective_shunt, saturation
from twin_engine.respiratory.population import Population
from twin_engine.respiratory.reverting import Standing
from twin_engine.respiratory.settings import VentilatorSettings
from twin_engine.respiratory.two_parameters import Pair, TwoParameters, two_parameters

OXIMETRY_USED_H, MOST_OXIMETRY, HIGHEST_OXIMETRY = 6.0, 6, 96.0
MOST_GASES: Final = 8
ONE_LUNG_H: Final = 6.0
LEAST_NOISE: Final = 0.02
_LOGIT_BOUNDS: Final = (-4.6, 1.5)
_TENSIONS: Final[Array] = np.geomspace(20.0, 300.0, 400)


@dataclass(frozen=True, slots=True)
class Evidence:
    """One observation of the shunt: the tension, mm[Hg], `slope` of the logit per unit of ln PaO2, `oximetry` the slope of
    ln PaO2 per % of saturation, None where a gas was measured."""

    hour: float
    pao2: float
    logit: float
    slope: float
    oximetry: float | None
    settings: VentilatorSettings


def blood_of(chart: LungChart, hb: float) -> Blood:
    """The blood of the newest gas, haemoglobin in g/dL."""
    return _blood(hb, chart.latest_gas("paco2"), chart.latest_gas("ph"), chart.temperature)


def evidence(chart: LungChart, blood: Blood) -> tuple[Evidence, ...]:
    """What gases of 48 h and saturations of 6 h say of the shunt; settings without FiO2 say nothing."""
    found: list[Evidence] = []
    for gas in [g for g in chart.gases[-MOST_GASES:] if g.pao2 is not None]:
        found += _seen(gas.hour, gas.pao2 or 1.0, gas.settings, _at(chart, gas.hour, blood), None)
    low = [r for r in chart.saturations if r.hour >= -OXIMETRY_USED_H and 70.0 <= r.value <= HIGHEST_OXIMETRY]
    for one in low[-MOST_OXIMETRY:]:
        pao2, per_percent = _by_oximetry(one, blood)
        found += _seen(one.hour, pao2, one.settings, _at(chart, one.hour, blood), per_percent)
    return tuple(found)


def shunt_now(seen: tuple[Evidence, ...], fio2: float, population: Population) -> Standing:
    """Level and deviation of the logit at FiO2 0.5 and PEEP 8; `fio2` in force now places the mean of the population."""
    process = population.shunt
    process = replace(process, mean=process.mean + population.prior_slope * float(np.log(fio2 / 0.5)))
    values = [one.logit - charted_offset(one.settings, population) for one in seen]
    variances = [evidence_variance(one, population) for one in seen]
    return process.standing(np.array([one.hour for one in seen]), np.array(values), np.array(variances))


def lung_of(seen: tuple[Evidence, ...], blood: Blood, population: Population) -> TwoParameters | None:
    """Shunt and diffusion term where three levels of FiO2 were seen within hours, soon enough to be of one lung."""
    recent = [one for one in seen if one.hour >= -ONE_LUNG_H and one.settings.fio2 is not None]
    pairs = [Pair(one.settings.fio2 or 1.0, one.pao2, _noise(one, population)) for one in recent]
    spread = float(np.hypot(population.shunt.level_sd, population.shunt.state_sd))
    return two_parameters(pairs, blood, population.shunt.mean, spread)


def charted_offset(settings: VentilatorSettings, population: Population) -> float:
    """What charts show of the logit at these settings against FiO2 0.5 and PEEP 8: for the order really drafted only."""
    peep = 8.0 if settings.peep is None else settings.peep
    return population.fio2_slope * float(np.log((settings.fio2 or 0.5) / 0.5)) + population.peep_slope * (peep - 8.0)


def evidence_variance(one: Evidence, population: Population) -> float:
    """Variance of the logit that one observation shows."""
    return max((one.slope * _noise(one, population)) ** 2, LEAST_NOISE**2)


def _noise(one: Evidence, population: Population) -> float:
    """SD of ln PaO2."""
    return population.gas_noise if one.oximetry is None else max(one.oximetry * population.oximeter_sd, population.gas_noise)


def _seen(hour: float, pao2: float, settings: VentilatorSettings, blood: Blood, oximetry: float | None) -> list[Evidence]:
    if settings.fio2 is None:
        return []
    around = _logits(pao2 * np.array([1.0 / 1.02, 1.0, 1.02]), settings.fio2, blood)
    return [Evidence(hour, pao2, float(around[1]), float(around[2] - around[0]) / (2.0 * np.log(1.02)), oximetry, settings)]


def _logits(pao2: Array, fio2: float, blood: Blood) -> Array:
    share = np.clip(effective_shunt(pao2, np.array(fio2), blood, np.array(DIFFERENCE[0])), 1e-6, 1.0 - 1e-6)
    return np.clip(np.log(share / (1.0 - share)), *_LOGIT_BOUNDS)


def _by_oximetry(one: Reading, blood: Blood) -> tuple[float, float]:
    """Tension, mm[Hg], at this saturation, and ln tension per %."""
    curve = 100.0 * saturation(_TENSIONS, blood)
    around = np.interp(one.value + np.array([-0.5, 0.0, 0.5]), curve, np.log(_TENSIONS))
    return float(np.exp(around[1])), float(around[2] - around[0])


def _at(chart: LungChart, hour: float, otherwise: Blood) -> Blood:
    gas = next((g for g in chart.gases if g.hour == hour and g.paco2 is not None), None)
    return _blood(float(otherwise.hemoglobin), gas, gas, chart.temperature, otherwise)


def _blood(
    hemoglobin: float, carbonic: Gas | None, acid: Gas | None, temperature: float | None, otherwise: Blood | None = None
) -> Blood:
    base = otherwise or Blood(hemoglobin)
    pco2 = base.pco2 if carbonic is None or carbonic.paco2 is None else carbonic.paco2
    ph = base.ph if acid is None or acid.ph is None else acid.ph
    return Blood(hemoglobin, ph, pco2, 37.0 if temperature is None else temperature)
