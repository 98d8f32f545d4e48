"""A target applied to one patient: its bounds with this patient's MIC, and what each copy gains or suffers."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin_engine.proposals.targets import MetricKind, Target

Values = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Aim:
    """A target and the MIC charted for this patient, mg/L (None = the target's breakpoint, if it has one)."""

    target: Target
    mic: float | None = None

    @property
    def kinds(self) -> tuple[MetricKind, ...]:
        """The metrics to compute: that of the target, and that of the harm."""
        harm = self.target.harm
        return (self.target.metric,) if harm is None else (self.target.metric, harm.metric)

    @property
    def mic_assumed(self) -> bool:
        """Whether the breakpoint stands in for a MIC that is not charted."""
        return self.target.mic is not None and self.mic is None

    @property
    def bounds(self) -> tuple[float, float]:
        """Lowest and highest value in target."""
        return self.target.bounds(self.mic)

    @property
    def threshold(self) -> float | None:
        """Unbound concentration to exceed, mg/L, for a target over the MIC."""
        return self.target.threshold(self.mic)

    def below(self, values: Values) -> Values:
        """1 where a value is under the target, else 0."""
        return np.asarray(values < self.bounds[0], dtype=np.float64)

    def above(self, values: Values) -> Values:
        """1 where a value is over the target, else 0."""
        return np.asarray(values > self.bounds[1], dtype=np.float64)

    def harmed(self, harm_values: Values) -> Values:
        """1 where a value of the harm's metric is beyond its bound, else 0."""
        harm = self.target.harm
        return np.zeros_like(harm_values) if harm is None else np.asarray(harm_values > harm.above, dtype=np.float64)

    def utility(self, values: Values, harm_values: Values) -> Values:
        """1 in target, minus lambda where it harms."""
        inside = 1.0 - self.below(values) - self.above(values)
        return inside - self.target.harm_weight * self.harmed(harm_values)
