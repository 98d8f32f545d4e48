"""How a model declares itself: source, population, covariates, parameters, variability, error and individual equations.

Every literature number is a `Parameter`, an omega entry or a `ResidualError` with the place it stands in the paper.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from twin_engine.outcome import ModelError

Array = NDArray[np.float64]
Index = NDArray[np.intp]
Status = Literal["verified", "exposure only", "experimental"]
OmegaForm = Literal["cv_squared", "log1p", "reported_variance", "reported_sd"]

COMPARTMENT_PARAMETERS = {1: ("CL", "V"), 2: ("CL", "V1", "Q", "V2"), 3: ("CL", "V1", "Q", "V2", "Q3", "V3")}


@dataclass(frozen=True, slots=True)
class Source:
    """A publication, and where a second independent transcription or printed value confirms the numbers."""

    citation: str
    doi: str
    confirmed_by: str | None = None


@dataclass(frozen=True, slots=True)
class Covariate:
    """A patient factor that the equations read; outside `studied` the model refuses."""

    name: str
    unit: str
    studied: tuple[float, float]
    where: str


@dataclass(frozen=True, slots=True)
class Parameter:
    """A fixed effect: value, unit and where it is printed."""

    name: str
    value: float
    unit: str
    where: str


@dataclass(frozen=True, slots=True)
class RandomEffect:
    """Between-patient variability of one kinetic parameter on the log scale: omega squared and how it was reported."""

    parameter: str
    omega2: float
    omega_from: OmegaForm
    where: str


@dataclass(frozen=True, slots=True)
class ResidualError:
    """Standard deviation of a measured value around its prediction f: sqrt(a^2 + (b f)^2) or a + b f."""

    additive: float
    proportional: float
    combination: Literal["variance", "sd"]
    where: str

    def variance(self, f: Array) -> Array:
        """Variance at predictions `f` (any shape), in squared output units."""
        if self.combination == "variance":
            return self.additive**2 + (self.proportional * f) ** 2
        return (self.additive + self.proportional * f) ** 2


@dataclass(frozen=True, slots=True)
class CovariatePath:
    """Covariates as piecewise-constant paths: each array has one value per regime, `starts_h` its first hour."""

    starts_h: Array
    values: Mapping[str, Array]

    def __getitem__(self, name: str) -> Array:
        return self.values[name]


@dataclass(frozen=True, slots=True)
class Model:
    """One published population pharmacokinetic model of a linear mammillary system with log-normal variability.

    `typical(theta, covariates)` gives the typical kinetic parameters, one value per covariate regime, in L and L/h.
    `covariances` lists off-diagonal omegas as ((parameter, parameter, value), ...).
    """

    id: str
    drug: str
    output: str
    unit: str
    source: Source
    population: str
    status: Status
    deviations: tuple[str, ...]
    compartments: Literal[1, 2, 3]
    covariates: tuple[Covariate, ...]
    parameters: tuple[Parameter, ...]
    random_effects: tuple[RandomEffect, ...]
    residual: ResidualError
    typical: Callable[[Mapping[str, float], CovariatePath], Mapping[str, Array]]
    prior_weight: float
    prior_weight_source: str
    covariances: tuple[tuple[str, str, float], ...] = ()
    refused_conditions: tuple[str, ...] = ()
    refused_procedures: tuple[str, ...] = ("ihd", "crrt", "sled", "ecmo")
    valid_h: float = 48.0

    @property
    def kinetics(self) -> tuple[str, ...]:
        """Names of the kinetic parameters, in the order of the kernel."""
        return COMPARTMENT_PARAMETERS[self.compartments]

    @property
    def theta(self) -> dict[str, float]:
        """Fixed effects by name."""
        return {p.name: p.value for p in self.parameters}

    @property
    def eta_names(self) -> tuple[str, ...]:
        """Kinetic parameters that vary between patients, in the order of omega."""
        return tuple(r.parameter for r in self.random_effects)

    def omega(self) -> Array:
        """Full covariance matrix of the random effects, shape (k, k)."""
        names = self.eta_names
        omega = np.diag([r.omega2 for r in self.random_effects]).astype(np.float64)
        for a, b, value in self.covariances:
            i, j = names.index(a), names.index(b)
            omega[i, j] = omega[j, i] = value
        return omega

    def typical_path(self, covariates: CovariatePath) -> dict[str, Array]:
        """Typical kinetic parameters per regime; raises ModelError when the equations leave the positive reals."""
        n = len(covariates.starts_h)
        values = {k: np.broadcast_to(np.asarray(v, float), (n,)) for k, v in self.typical(self.theta, covariates).items()}
        if set(values) != set(self.kinetics):
            raise ModelError(f"{self.id}: typical() gives {sorted(values)}, not {sorted(self.kinetics)}")
        for name, value in values.items():
            if not (np.isfinite(value).all() and (value > 0).all()):
                raise ModelError(f"{self.id}: {name} is not positive and finite: {value}")
        return values
