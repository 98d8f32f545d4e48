"""The population forecast of the pressure: regression towards the mean, which is most of what happens after an order.

MAP in 10 to 60 min = A + B last + C mean of 6 h, mmHg: least squares on the same open charts as the states (`tone`), out of
fold by patient in docs/validation/map_after_pressor.md. It knows nothing of the order. The level that is shown is the mean of
this and of the filtered states, with a fixed weight that grows from 0 now to one half after 10 minutes.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from twin_engine.kernel.declare import Array

MEAN_OVER_H: Final = 6.0
WEIGHT: Final = 0.5
FROM_H: Final = 10.0 / 60.0


@dataclass(frozen=True, slots=True)
class Rule:
    """A (mmHg), B and C of the population forecast."""

    intercept: float
    last: float
    mean: float

    def __call__(self, hours_h: Array, values: Array) -> float:
        """The pressure to expect of a patient with these values of one site (hours before now, mmHg), oldest first."""
        last, mean = summary(hours_h, values)
        return self.intercept + self.last * last + self.mean * mean


RULE: Final = Rule(18.1, 0.356, 0.398)


def summary(hours_h: Array, values: Array) -> tuple[float, float]:
    """The last value and the mean of the last 6 h."""
    return float(values[-1]), float(values[hours_h > -MEAN_OVER_H].mean())


def weight(hours_h: Array) -> Array:
    """Weight of the population forecast at hours from now."""
    return WEIGHT * np.clip(hours_h / FROM_H, 0.0, 1.0)
