"""How a model declares itself: source, population, covariates, parameters, variability, error and individual equations.

Every literature number is a `Parameter`, an omega entry or a `ResidualError` with the place it stands in the paper.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from twin_engine.kernel.residual import Array, ResidualError
from twin_engine.outcome import ModelError
from twin_engine.patient.record import DataQuality

Index = NDArray[np.intp]
Status = Literal["verified", "exposure only", "experimental"]
OmegaForm = Literal["cv_squared", "log1p", "reported_variance", "reported_sd"]

EFFECT_SITE_RATE = "KE0"
COMPARTMENT_PARAMETERS = {1: ("CL", "V"), 2: ("CL", "V1", "Q", "V2"), 3: ("CL", "V1", "Q", "V2", "Q3", "V3")}
SATURABLE_PARAMETERS = ("VMAX", "KM", "V")


@dataclass(frozen=True, slots=True)
class Source:
    """A publication, and where a second independent transcription or printed value confirms the numbers."""

    citation: str
    doi: str
    confirmed_by: str | None = None


@dataclass(frozen=True, slots=True)
class Covariate:
    """A patient factor that the equations read; outside `studied` the model refuses, in which case `advice` says what helps."""

    name: str
    unit: str
    studied: tuple[float, float]
    where: str
    advice: str = ""


@dataclass(frozen=True, slots=True)
class Parameter:
    """A fixed effect: value, unit and where it is printed."""

    name: str
    value: float
    unit: str
    where: str


@dataclass(frozen=True, slots=True)
class RandomEffect:
    """Variability of one kinetic parameter on the log scale, between patients or between the days of one patient: the
    variance (omega squared) and how it was reported."""

    parameter: str
    omega2: float
    omega_from: OmegaForm
    where: str


@dataclass(frozen=True, slots=True)
class CovariatePath:
    """Covariates as piecewise-constant paths: each array has one value per regime, `starts_h` its first hour.

    `remarks`: what stands in for a covariate that is not charted, and which are old. `log_sd`: by name, SD of the logarithm of
    newest values that are less certain than those that models were built on.
    """

    starts_h: Array
    values: Mapping[str, Array]
    remarks: tuple[DataQuality, ...] = ()
    log_sd: Mapping[str, float] = field(default_factory=dict[str, float])

    def __getitem__(self, name: str) -> Array:
        return self.values[name]


@dataclass(frozen=True, slots=True)
class Response:
    """A measured effect (`variable`) as a function of the concentration at the effect site.

    `effect(parameters, ce)`: individual parameters by name and effect-site concentrations, all (times, draws), to the
    predicted value. Their typical values come from the model's `typical`; they may carry random effects. A monitor shows at
    t the effect of `delay_h` before. `adds`: the parameter by which the concentration of a second drug is multiplied and then
    added to this one's (an additive response surface); None = no other drug takes part.
    """

    variable: str
    unit: str
    parameters: tuple[str, ...]
    effect: Callable[[Mapping[str, Array], Array], Array]
    residual: ResidualError
    delay_h: float = 0.0
    adds: str | None = None


@dataclass(frozen=True, slots=True)
class Regimen:
    """A usual way to give the drug, in its amount unit (per kg of body weight with `per_kg`): what the gates and the
    calibration give to simulated patients. `loading` (over `loading_h`) takes the place of the first dose; it is given
    beside an infusion without end, which has `infusion_h` = `interval_h`."""

    amount: float
    interval_h: float
    infusion_h: float
    where: str
    loading: float = 0.0
    loading_h: float = 0.0
    per_kg: bool = False


@dataclass(frozen=True, slots=True)
class Model:
    """One published population model of a drug: mammillary kinetics with log-normal variability, linear or (`saturable`, one
    compartment) with an elimination of VMAX C/(KM + C), and if declared an effect site and a measured response.

    `typical(theta, covariates)` gives the typical value of every name in `kinetics`, one per covariate regime, in L, L/h,
    (KE0) 1/h, (VMAX) amount/h and (KM) amount/L. `covariances` lists off-diagonal omegas as ((parameter, parameter, value),
    ...). `lag_h` delays every dose.
    `occasions` vary between the days of a patient. `unbound` is the free fraction of the measured concentration.
    `sampled_from_h`: hours after the start of a dose from which samples were drawn, where that is known to be the first
    minutes. `bounds`: what the equations do not read, but outside which the patient is another one than was studied; where it
    is not charted a remark says so.
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
    lag_h: float = 0.0
    occasions: tuple[RandomEffect, ...] = ()
    effect_site: bool = False
    response: Response | None = None
    unbound: float = 1.0
    sampled_from_h: float | None = None
    studied_regimen: Regimen | None = None
    saturable: bool = False
    bounds: tuple[Covariate, ...] = ()

    def __post_init__(self) -> None:
        """A declaration that contradicts itself is a bug of the model file."""
        unknown = {r.parameter for r in (*self.random_effects, *self.occasions)} - set(self.kinetics)
        if unknown:
            raise ModelError(f"{self.id}: variability of {sorted(unknown)}, which are no kinetic parameters")
        if self.response is not None and not self.effect_site:
            raise ModelError(f"{self.id}: a response needs an effect site")
        if not 0.0 < self.unbound <= 1.0 or self.lag_h < 0.0:
            raise ModelError(f"{self.id}: the free fraction or the lag is impossible")
        if self.saturable and (self.compartments != 1 or self.effect_site):
            raise ModelError(f"{self.id}: saturable elimination is solved for one compartment without an effect site")

    @property
    def kinetics(self) -> tuple[str, ...]:
        """Names of the individual parameters, in the order of the kernel: compartments, KE0, those of the response."""
        response = () if self.response is None else self.response.parameters
        return (*self.plasma, *((EFFECT_SITE_RATE,) if self.effect_site else ()), *response)

    @property
    def plasma(self) -> tuple[str, ...]:
        """Names of the parameters of the compartments."""
        return SATURABLE_PARAMETERS if self.saturable else COMPARTMENT_PARAMETERS[self.compartments]

    @property
    def clearing(self) -> str:
        """The parameter that says how fast a patient eliminates: CL, or VMAX where elimination saturates."""
        return self.plasma[0]

    def unit_of(self, name: str) -> str:
        """Unit of one individual parameter."""
        if self.saturable and name in SATURABLE_PARAMETERS[:2]:
            return f"{self.unit.removesuffix('/L')}/h" if name == self.clearing else self.unit
        if name in self.plasma:
            return "L" if name.startswith("V") else "L/h"
        if name == EFFECT_SITE_RATE:
            return "/h"
        return next((p.unit for p in self.parameters if p.name == name), "1")

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
