"""What a ventilator is set to, and whether an ordered setting can be simulated."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from typing import Final

from twin_engine.outcome import CannotPredict
from twin_engine.patient.record import VENTILATOR, Order, Setting
from twin_engine.safety.settings import AIR

SUBJECT: Final = VENTILATOR
VOLUME_MODES: Final = frozenset({"vc_cmv", "prvc"})
OXYGEN_ONLY: Final = frozenset({"psv", "cpap", "simv", "unknown"})
"""Modes in which the patient does part of the work: oxygen can be forecast, pressures and carbon dioxide cannot."""
UNSUPPORTED: Final = {
    "aprv": "airway pressure release ventilation",
    "hfov": "high-frequency oscillation",
    "niv": "ventilation by mask",
    "hfnc": "high-flow nasal oxygen",
}

# What the equations and the charts behind them cover; outside, an option is refused, not extrapolated.
DESCRIBED: Final[Mapping[str, tuple[float, float, str]]] = {
    "fio2": (0.21, 1.0, ""),
    "peep": (0.0, 24.0, " cmH2O"),
    "tidal_volume_set": (100.0, 1000.0, " mL"),
    "respiratory_rate_set": (4.0, 40.0, " /min"),
    "inspiratory_pressure": (3.0, 40.0, " cmH2O"),
    "inspiratory_time": (0.3, 4.0, " s"),
    "ie_ratio": (0.1, 4.0, ""),
}
SAME: Final = 0.02
"""Values of one setting that differ by no more than this share are the same turn of the dial."""
NAMES: Final = {
    "fio2": "FiO2",
    "peep": "PEEP",
    "tidal_volume_set": "tidal volume",
    "respiratory_rate_set": "set rate",
    "inspiratory_pressure": "inspiratory pressure",
    "inspiratory_time": "inspiratory time",
    "ie_ratio": "I:E ratio",
    "ventilator_mode": "mode",
    "pressure_support": "pressure support",
}


@dataclass(frozen=True, slots=True)
class VentilatorSettings:
    """One set of settings: fraction, cm[H2O], mL, /min, cm[H2O], s; None = not charted."""

    mode: str
    fio2: float | None = None
    peep: float | None = None
    tidal_volume_set: float | None = None
    respiratory_rate_set: float | None = None
    inspiratory_pressure: float | None = None
    inspiratory_time: float | None = None
    ie_ratio: float | None = None
    pressure_support: float | None = None

    @property
    def inspiration_s(self) -> float | None:
        """Inspiratory time: as set, else from rate and I:E; None = neither is known."""
        if self.inspiratory_time is not None:
            return self.inspiratory_time
        if self.ie_ratio is None or not self.respiratory_rate_set:
            return None
        return 60.0 / self.respiratory_rate_set * self.ie_ratio / (1.0 + self.ie_ratio)

    @property
    def set_ventilation(self) -> float | None:
        """Set rate x set volume, L/min; None = not known, or no breath is set: every one is the patient's own."""
        if not self.respiratory_rate_set or self.tidal_volume_set is None:
            return None
        return self.respiratory_rate_set * self.tidal_volume_set / 1000.0

    def same_as(self, other: "VentilatorSettings") -> bool:
        """Whether a dial would hardly be turned from one to the other."""
        return all(alike(getattr(self, one.name), getattr(other, one.name)) for one in fields(self))

    def changed(self, orders: Iterable[Order]) -> "VentilatorSettings | CannotPredict":
        """These settings after the orders, in their order; or why that cannot be simulated."""
        found = self
        for order in orders:
            for one in order.settings:
                told = _one(found, one)
                if isinstance(told, CannotPredict):
                    return told
                found = told
        inspiration, rate = found.inspiration_s, found.respiratory_rate_set
        if inspiration is not None and rate is not None and inspiration >= 60.0 / rate:
            return CannotPredict(SUBJECT, "inspiration would be longer than the cycle of the set rate")
        return found


def alike(one: float | str | None, other: float | str | None) -> bool:
    """Whether two values of one setting are the same turn of the dial; None = not charted."""
    if isinstance(one, float | int) and isinstance(other, float | int):
        return abs(one - other) <= SAME * max(abs(one), abs(other))
    return one == other


def _mode(code: str) -> str:
    return "unknown" if code == "unknown" else code.upper().replace("_", "-")


def _one(before: VentilatorSettings, ordered: Setting) -> VentilatorSettings | CannotPredict:
    name = NAMES.get(ordered.variable)
    if name is None:
        return CannotPredict(SUBJECT, f"{ordered.variable} is no setting that is modelled")
    if ordered.variable == "ventilator_mode":
        if ordered.category is None:
            return CannotPredict(SUBJECT, "the ordered mode cannot be read")
        if ordered.category != before.mode:
            return CannotPredict(
                SUBJECT, f"a change of mode, {_mode(before.mode)} to {_mode(ordered.category)}, is not simulated"
            )
        return before
    if ordered.value is None:
        return CannotPredict(SUBJECT, f"the ordered {name} cannot be read")
    bounds = DESCRIBED.get(ordered.variable)
    if bounds is None:
        return CannotPredict(SUBJECT, f"a change of {name} is not simulated")
    low, high, unit = bounds
    value = AIR[1] if ordered.variable == "fio2" and AIR[0] <= ordered.value < AIR[1] else ordered.value
    if not low <= value <= high:
        asked = " as a fraction" if ordered.variable == "fio2" else ""
        return CannotPredict(
            SUBJECT, f"{name} {ordered.value:g}{unit} is outside {low:g} to {high:g}{unit}{asked}: nothing is simulated there"
        )
    values: dict[str, float | None] = {ordered.variable: value}
    if ordered.variable == "inspiratory_time":
        values["ie_ratio"] = None
    if ordered.variable == "ie_ratio":
        values["inspiratory_time"] = None
    return replace(before, **values)
