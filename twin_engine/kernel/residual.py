"""How measured values scatter around their prediction; the only place that knows the forms of the error.

An error is additive and normal on its own scale (`transform`), with `variance` there; `jacobian` brings -2 ln likelihood
back to the measured scale, so that models with different forms can be compared on the same levels.
"""

from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

Array = NDArray[np.float64]

_LEAST = 1e-12
_GOLDEN = (5.0**0.5 - 1.0) / 2.0


def even_normals(rows: int, each: int = 1) -> Array:
    """Standard normal deviates (rows, each) that fill the distribution evenly, in every row and over every run of rows:
    multiples of the golden ratio modulo 1 (Weyl H, Math Ann 1916;77:313-52). What is read off them has no noise of its own."""
    place = np.add.outer((np.arange(rows) + 0.5) * _GOLDEN % 1.0, np.arange(each))
    return np.asarray(ndtri(place / each), dtype=np.float64)


class ErrorModel(Protocol):
    """What the estimator needs to know about the error; arrays have one row per measured value."""

    def transform(self, values: Array) -> Array:
        """Values on the scale on which the error is additive and normal."""
        ...

    def variance(self, f: Array) -> Array:
        """Variance on that scale at predictions `f`."""
        ...

    def jacobian(self, observed: Array) -> Array:
        """What to add to -2 ln likelihood of each measured value for the change of scale."""
        ...


@dataclass(frozen=True, slots=True)
class ResidualError:
    """Error of a measured value y around its prediction f.

    variance: SD sqrt(a^2 + (b f)^2); sd: SD a + b f; log: ln y ~ N(ln f, b^2), a = 0.
    """

    additive: float
    proportional: float
    combination: Literal["variance", "sd", "log"]
    where: str

    def transform(self, values: Array) -> Array:
        """Values (any shape) on the scale of the error: as they are, or their logarithms."""
        return np.log(np.maximum(values, _LEAST)) if self.combination == "log" else values

    def variance(self, f: Array) -> Array:
        """Variance at predictions `f` (any shape) on the scale of `transform`."""
        if self.combination == "log":
            return np.full(np.shape(f), self.proportional**2)
        if self.combination == "variance":
            return self.additive**2 + (self.proportional * f) ** 2
        return (self.additive + self.proportional * f) ** 2

    def jacobian(self, observed: Array) -> Array:
        """Addition to -2 ln likelihood: 2 ln y for a logarithmic error, else 0."""
        return 2.0 * self.transform(observed) if self.combination == "log" else np.zeros(np.shape(observed))

    def below(self, values: Array, f: Array) -> Array:
        """Probability that less than `values` is measured at predictions `f`."""
        return np.asarray(ndtr((self.transform(values) - self.transform(f)) / np.sqrt(self.variance(f))), dtype=np.float64)

    def noisy(self, f: Array, normal: Array) -> Array:
        """Values that could be measured at predictions `f`, from standard normal deviates of the same shape."""
        if self.combination == "log":
            return f * np.exp(self.proportional * normal)
        return f + np.sqrt(self.variance(f)) * normal


@dataclass(frozen=True, slots=True)
class TwoOutputs:
    """Errors of two kinds of measured values in one fit: the first `rows` are levels, the rest responses."""

    rows: int
    level: ResidualError
    response: ResidualError

    def transform(self, values: Array) -> Array:
        """Each row on its own scale."""
        return np.concatenate([self.level.transform(values[: self.rows]), self.response.transform(values[self.rows :])])

    def variance(self, f: Array) -> Array:
        """Variance of each row on its own scale."""
        return np.concatenate([self.level.variance(f[: self.rows]), self.response.variance(f[self.rows :])])

    def jacobian(self, observed: Array) -> Array:
        """Change of scale of each row."""
        return np.concatenate([self.level.jacobian(observed[: self.rows]), self.response.jacobian(observed[self.rows :])])

    def noisy(self, f: Array, normal: Array) -> Array:
        """Measured values of each row."""
        n = self.rows
        return np.concatenate([self.level.noisy(f[:n], normal[:n]), self.response.noisy(f[n:], normal[n:])])
