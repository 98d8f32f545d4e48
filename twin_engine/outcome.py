"""How the core says "I could not": expected clinical gaps are values, broken models are exceptions.

TwinError
├── ModelError          a model is declared or evaluated wrongly (a bug)
└── FitDidNotConverge   the optimiser found no mode; callers fall back to the prior and say so
"""

from dataclasses import dataclass


class TwinError(Exception):
    """Root of the exceptions raised by the core."""


class ModelError(TwinError):
    """A model declaration or equation is inconsistent."""


class FitDidNotConverge(TwinError):
    """No posterior mode was found for the individual parameters."""


@dataclass(frozen=True, slots=True)
class CannotPredict:
    """An expected clinical gap: which variable or model cannot be predicted, and why, in words for a clinician."""

    variable: str
    reason: str


@dataclass(frozen=True, slots=True)
class Interval:
    """A predicted number with its spread: median and the 5th and 95th percentiles over the virtual copies."""

    median: float
    low: float
    high: float
    unit: str
