"""Where "no change" stands: no better than the newest values that were charted under the settings in force.

The level forecast comes back from a bad value towards the usual one, for in charts such values were treated, and the later
treatment is part of what is learnt from them. That is right on the whole and promises nothing to a patient who is left alone.
An option by mechanism therefore starts from the newest value wherever the level forecast of "no change" is better than it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from twin_engine.kernel.declare import Array
from twin_engine.patient.quality import freshness
from twin_engine.respiratory.acid_base import ph_of
from twin_engine.respiratory.lungs import Anchors, Lungs
from twin_engine.respiratory.settings import VentilatorSettings, alike
from twin_engine.respiratory.washout import CarbonState
from twin_engine.respiratory.worse import farther

SATURATION_LASTS_H: Final = 1.0
"""How long a saturation holds: it is charted hourly at least. A choice of this project; gases hold while they are usable."""


@dataclass(frozen=True, slots=True)
class Held:
    """What is added to every copy of every option by mechanism, 0 where the level forecast is no better than the newest value:
    to SpO2 (%), ln PaO2 and ln PaCO2; pH follows PaCO2 at the base excess of the copy."""

    spo2: float
    pao2: float
    paco2: float
    carbon: CarbonState | None

    def of(self, values: Mapping[str, Array]) -> dict[str, Array]:
        """An option by mechanism, (copies,), from where the patient stands."""
        found = dict(values)
        if self.spo2 and "spo2" in values:
            found["spo2"] = np.clip(values["spo2"] + self.spo2, 0.0, 100.0)
        if self.pao2 and "pao2" in values:
            found["pao2"] = values["pao2"] * np.exp(self.pao2)
        if self.paco2 and self.carbon is not None and "paco2" in values:
            found["paco2"] = values["paco2"] * np.exp(self.paco2)
            if self.carbon.excess is not None:
                found["ph"] = ph_of(found["paco2"], self.carbon.excess, self.carbon.buffer)
        return found

    def moved(self) -> frozenset[str]:
        """Variables that are held."""
        gases = {"paco2", "ph"} if self.paco2 else set[str]()
        return frozenset({name for name in ("spo2", "pao2") if getattr(self, name)} | gases)


def held(lungs: Lungs, known: Anchors, unchanged: Mapping[str, Array], *, guards_paco2: bool) -> Held:
    """What holds the newest values; `unchanged` = "no change" by mechanism when it is judged, (copies,); `guards_paco2` as in
    `worse`."""
    chart, now = lungs.chart, lungs.chart.now
    spo2 = pao2 = paco2 = 0.0
    last = chart.saturations[-1] if chart.saturations else None
    if last is not None and "spo2" in unchanged and last.hour >= -SATURATION_LASTS_H and _oxygenates(last.settings, now):
        spo2 = min(last.value - float(np.median(unchanged["spo2"])), 0.0)
    gas = chart.latest_gas("pao2")
    if gas is not None and gas.pao2 is not None and "pao2" in unchanged and _usable("pao2", gas.hour):
        pao2 = min(_ln(gas.pao2, unchanged["pao2"]), 0.0) if _oxygenates(gas.settings, now) else 0.0
    gas, carbon = chart.latest_gas("paco2"), known.carbon_now
    if gas is not None and gas.paco2 is not None and carbon is not None and "paco2" in unchanged and _usable("paco2", gas.hour):
        shift = _ln(gas.paco2, unchanged["paco2"])
        there = Held(0.0, 0.0, shift, carbon).of(unchanged)
        middles = [{n: np.asarray(np.median(v[n])) for n in ("paco2", "ph") if n in v} for v in (there, unchanged)]
        if _breathes(gas.settings, now) and bool(farther(*middles, guards_paco2=guards_paco2)):
            paco2 = shift
    return Held(spo2, pao2, paco2, carbon)


def _ln(value: float, copies: Array) -> float:
    return float(np.log(value / np.median(copies)))


def _usable(name: str, hour: float) -> bool:
    return freshness(name, -hour) != "beyond"


def _oxygenates(one: VentilatorSettings, other: VentilatorSettings) -> bool:
    return alike(one.fio2, other.fio2) and alike(one.peep, other.peep)


def _breathes(one: VentilatorSettings, other: VentilatorSettings) -> bool:
    return alike(one.set_ventilation, other.set_ventilation)
