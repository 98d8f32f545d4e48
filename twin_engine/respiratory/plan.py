"""The settings of an option over time: those in force now, then each ordered change from its start."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin_engine.covariates import hours
from twin_engine.kernel.declare import Array
from twin_engine.outcome import CannotPredict
from twin_engine.patient.record import Order
from twin_engine.respiratory.chart import LungChart
from twin_engine.respiratory.settings import SUBJECT, VentilatorSettings


@dataclass(frozen=True, slots=True)
class Plan:
    """`settings[i]` holds from `starts_h[i]` (ascending, the first is 0, inclusive) to the next."""

    starts_h: tuple[float, ...]
    settings: tuple[VentilatorSettings, ...]

    @property
    def final(self) -> VentilatorSettings:
        """The settings once everything ordered is in force."""
        return self.settings[-1]

    def breathes_as(self, other: "Plan") -> bool:
        """Whether rate and volume are the same all along, so that carbon dioxide is."""
        breaths = [
            {(s.respiratory_rate_set, s.tidal_volume_set, s.inspiratory_pressure) for s in one.settings}
            for one in (self, other)
        ]
        return breaths[0] == breaths[1] and len(breaths[0]) == 1

    def masks(self, hours_h: Array) -> list[tuple[VentilatorSettings, NDArray[np.bool_]]]:
        """Which hours each set of settings holds at."""
        place = np.searchsorted(np.array(self.starts_h), np.asarray(hours_h) + 1e-9, side="right") - 1
        return [(one, place == i) for i, one in enumerate(self.settings)]


def plan(chart: LungChart, orders: Sequence[Order]) -> Plan | CannotPredict:
    """The settings under these orders, or why they cannot be simulated."""
    ordered = [o for o in orders if o.settings]
    if any(o.until is not None for o in ordered):
        return CannotPredict(SUBJECT, "a setting for a limited time is not simulated")
    begins = [max(hours(o.start, chart.at), 0.0) if o.start else 0.0 for o in ordered]
    starts, steps = [0.0], [chart.now]
    for begin in sorted(set(begins)):
        changed = steps[-1].changed(o for o, b in zip(ordered, begins, strict=True) if b == begin)
        if isinstance(changed, CannotPredict):
            return changed
        if begin == 0.0:
            steps[0] = changed
        else:
            starts.append(begin)
            steps.append(changed)
    return Plan(tuple(starts), tuple(steps))
