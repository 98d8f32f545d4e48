"""Settings that a ventilator is really turned to, and the orders that they make of a drafted one.

Only settings that the draft orders are varied, one at a time. A smaller or larger breath is offered alone and with the rate
that keeps the set ventilation in force (protocol card of the ARDS Network, in the transcription named in `envelope`: volume in
steps of 1 mL/kg of predicted weight, rate to the ventilation there was, at most 35 /min). PEEP has the steps of the network's
tables; the others are usual turns of a dial, a choice of this project.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from twin_engine.patient.record import Order, Setting
from twin_engine.patient.variables import VARIABLES
from twin_engine.respiratory.settings import DESCRIBED, NAMES, SAME, VentilatorSettings

FIO2: Final = (0.21, *(round(0.05 * i, 2) for i in range(5, 21)))
PEEP: Final = (5.0, 8.0, 10.0, 12.0, 14.0, 16.0, 18.0, 20.0, 22.0, 24.0)
PER_KG: Final = (4.0, 5.0, 6.0, 7.0, 8.0)
RATES: Final = tuple(float(x) for x in range(8, 36, 2))
INSPIRATORY: Final = tuple(float(x) for x in range(6, 31, 2))
HIGHEST_RATE: Final = 35.0
VOLUME_ML: Final = 10.0
NEIGHBOURS: Final = 2
SMALLER: Final = {"tidal_volume_set": 3}
"""Steps below an ordered setting where more than the usual number are tried: from 9 mL/kg to 6."""


@dataclass(frozen=True, slots=True)
class Step:
    """An alternative to one order: the whole order, and the setting that it varies."""

    order: Order
    varied: str


def steps(order: Order, now: VentilatorSettings, predicted_kg: float | None) -> Iterator[Step]:
    """The next steps below and above each ordered setting; of the volume only where the predicted weight is known."""
    ordered = {s.variable: s.value for s in order.settings if s.value is not None}
    for variable, value in ordered.items():
        for other in _near(value, _scale(variable, predicted_kg), SMALLER.get(variable, NEIGHBOURS)):
            yield _varied(order, variable, {variable: other})
            if variable == "tidal_volume_set" and now.set_ventilation is not None:
                kept = float(round(1000.0 * now.set_ventilation / other))
                if kept != ordered.get("respiratory_rate_set", now.respiratory_rate_set) and RATES[0] <= kept <= HIGHEST_RATE:
                    yield _varied(order, variable, {variable: other, "respiratory_rate_set": kept})


def _scale(variable: str, predicted_kg: float | None) -> tuple[float, ...]:
    if variable == "tidal_volume_set" and predicted_kg is not None:
        return tuple(VOLUME_ML * round(kg * predicted_kg / VOLUME_ML) for kg in PER_KG)
    scales = {"fio2": FIO2, "peep": PEEP, "respiratory_rate_set": RATES, "inspiratory_pressure": INSPIRATORY}
    return scales.get(variable, ())


def _near(ordered: float, scale: tuple[float, ...], smaller: int) -> list[float]:
    below = [x for x in scale if x < ordered * (1.0 - SAME)]
    above = [x for x in scale if x > ordered * (1.0 + SAME)]
    return [*below[-smaller:], *above[:NEIGHBOURS]]


def _varied(order: Order, variable: str, values: Mapping[str, float]) -> Step:
    kept = tuple(replace(s, value=values[s.variable]) if s.variable in values else s for s in order.settings)
    added = tuple(
        Setting(name, value, VARIABLES[name].unit, None)
        for name, value in values.items()
        if all(s.variable != name for s in order.settings)
    )
    words = ", ".join(f"{NAMES[name]} {value:g}{DESCRIBED[name][2]}" for name, value in values.items())
    return Step(replace(order, label=f"ventilator {words}", settings=(*kept, *added)), variable)
