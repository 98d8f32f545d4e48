"""The goals of the forecasts of the lungs, set before any was made."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Goal:
    """Mean absolute error over that of the last value: `floor` must, `ratio` is aimed at. `bias` is the largest mean error
    after steps up and after steps down, in the unit of the task. `volume_ratio`: what is aimed at after steps of volume."""

    floor: float
    ratio: float
    bias: float
    volume_ratio: float | None = None


GOALS = {
    "pao2_after_fio2": Goal(0.80, 0.57, 8.0),
    "spo2_after_fio2": Goal(1.00, 0.93, 1.0),
    "paco2_after_ve": Goal(1.00, 0.84, 2.0),
    "plateau_pressure_after_change": Goal(0.95, 0.90, 1.0, 0.78),
    "peak_pressure_after_change": Goal(0.88, 0.85, 1.0),
}
"""The bounds of the bias of saturation, carbon dioxide and pressures are this project's: "near zero" was asked of them, and a
number only of oxygen."""
