"""Phenobarbital in 59 newborns, for validation only: data, model, and the population estimates that the kernel finds.

The data are those of Grasela TH, Donn SM (Dev Pharmacol Ther 1985;8:374-83), as in the R packages nlme and nlmixr2data. The
model is theirs: one compartment, CL and V in proportion to body weight, V larger after asphyxia (Apgar score below 5 at
5 min). Newborns are no patients of this product: the model is in no registry and no scenario can name it.
"""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from twin_engine.kernel.declare import (
    Array,
    Covariate,
    CovariatePath,
    Model,
    Parameter,
    RandomEffect,
    ResidualError,
    Source,
)
from twin_engine.kernel.estimate import Levels, find_mode
from twin_engine.kernel.individual import Individual, individual
from twin_engine.kernel.observe import Predictor, predictor
from twin_engine.kernel.schedule import Dose
from twin_engine.outcome import FitDidNotConverge
from validation.patients import one_regime

LOW_APGAR = 5
NONMEM_OBJECTIVE = 586.27605628188
"""Printed for these data and `PUBLISHED` by NONMEM, first-order conditional with interaction: the example `pheno_real` that
PsN and Pharmpy distribute, with its results."""

_WHERE = "example pheno_real of PsN and Pharmpy, final estimates"
_STEP, _NEAR, _MOST_STEPS = 1e-3, 1e-3, 30


@dataclass(frozen=True, slots=True)
class Infant:
    """One newborn: birth weight, doses in mg, and levels in mg/L at hours after the first dose."""

    id: str
    weight_kg: float
    asphyxia: bool
    doses: tuple[Dose, ...]
    times_h: Array
    levels: Array


def read_infants(path: Path) -> list[Infant]:
    """Every infant of the table (ID, TIME, AMT, WT, APGR, DV, EVID)."""
    with path.open() as file:
        rows = list(csv.DictReader(file))
    found: list[Infant] = []
    for name in dict.fromkeys(r["ID"] for r in rows):
        mine = [r for r in rows if r["ID"] == name]
        drawn = [r for r in mine if r["EVID"] == "0"]
        found.append(
            Infant(
                id=name,
                weight_kg=float(mine[0]["WT"]),
                asphyxia=float(mine[0]["APGR"]) < LOW_APGAR,
                doses=tuple(Dose(float(r["TIME"]), 0.0, float(r["AMT"])) for r in mine if r["EVID"] == "1"),
                times_h=np.array([float(r["TIME"]) for r in drawn]),
                levels=np.array([float(r["DV"]) for r in drawn]),
            )
        )
    return found


def typical(theta: Mapping[str, float], covariates: CovariatePath) -> Mapping[str, Array]:
    """CL = theta WT, V = theta WT (1 + theta after asphyxia)."""
    weight = covariates["weight"]
    return {
        "CL": theta["CL per kg"] * weight,
        "V": theta["V per kg"] * weight * (1.0 + theta["asphyxia on V"] * covariates["asphyxia"]),
    }


PUBLISHED = Model(
    id="phenobarbital_grasela_1985",
    drug="phenobarbital",
    output="phenobarbital",
    unit="mg/L",
    source=Source("Grasela TH, Donn SM. Dev Pharmacol Ther 1985;8:374-83", doi="10.1159/000457062"),
    population="59 preterm newborns, 0.6 to 3.6 kg",
    status="experimental",
    deviations=("parameters of a later fit to the same data, because the abstract of the paper prints no residual error",),
    compartments=1,
    covariates=(
        Covariate("weight", "kg", (0.6, 3.62), "abstract: birth weights"),
        Covariate("asphyxia", "1", (0.0, 1.0), "abstract"),
    ),
    parameters=(
        Parameter("CL per kg", 0.00469555, "L/h/kg", _WHERE),
        Parameter("V per kg", 0.984258, "L/kg", _WHERE),
        Parameter("asphyxia on V", 0.15892, "1", _WHERE),
    ),
    random_effects=(
        RandomEffect("CL", 0.0293508, "reported_variance", _WHERE),
        RandomEffect("V", 0.0279060, "reported_variance", _WHERE),
    ),
    residual=ResidualError(0.0, 0.013241**0.5, "variance", f"{_WHERE}: variance 0.013241"),
    typical=typical,
    prior_weight=1.0,
    prior_weight_source="the only model",
)


def applied(model: Model, infant: Infant) -> Individual:
    """The model in one infant."""
    return individual(model, one_regime({"weight": infant.weight_kg, "asphyxia": float(infant.asphyxia)}))


def measured(patient: Individual, infant: Infant, n: int | None = None) -> tuple[Predictor, Levels]:
    """Predictor of the first n levels (all), and what they came to."""
    return predictor(patient, infant.doses, infant.times_h[:n]), Levels.measured(infant.levels[:n])


def objectives(model: Model, infants: Sequence[Infant]) -> Array:
    """Each infant's share of the objective as NONMEM prints it: minus twice the log likelihood of the levels by the
    first-order conditional approximation with interaction, without the constant n ln 2 pi."""
    shares = np.empty(len(infants))
    for i, infant in enumerate(infants):
        patient = applied(model, infant)
        predict, levels = measured(patient, infant)
        _, covariance, value = find_mode(predict, levels, predict.error, patient.omega)
        shares[i] = value + np.linalg.slogdet(patient.omega)[1] - np.linalg.slogdet(covariance)[1]
    return shares


def values_of(model: Model) -> Array:
    """What is estimated: logarithms, but for the effect of asphyxia."""
    cl, v, asphyxia = (p.value for p in model.parameters)
    variances = [r.omega2 for r in model.random_effects]
    return np.array([np.log(cl), np.log(v), asphyxia, *np.log(variances), np.log(model.residual.proportional)])


def with_values(values: Array) -> Model:
    """The model with other values."""
    numbers = [np.exp(values[0]), np.exp(values[1]), values[2]]
    return replace(
        PUBLISHED,
        parameters=tuple(replace(p, value=float(x)) for p, x in zip(PUBLISHED.parameters, numbers, strict=True)),
        random_effects=tuple(
            replace(r, omega2=float(np.exp(x))) for r, x in zip(PUBLISHED.random_effects, values[3:5], strict=True)
        ),
        residual=replace(PUBLISHED.residual, proportional=float(np.exp(values[5]))),
    )


@dataclass(frozen=True, slots=True)
class Population:
    """Estimates, and how each infant's share of the objective changes with each of them, (infants, values)."""

    values: Array
    slopes: Array

    @property
    def model(self) -> Model:
        """The model with these estimates."""
        return with_values(self.values)

    def resampled(self, infants: Array) -> Array:
        """Estimates from these infants (indices), one scoring step from those of all."""
        slopes = self.slopes[infants]
        return self.values + _scoring_step(slopes)


def estimated(infants: Sequence[Infant], start: Array) -> Population:
    """The estimates with the least objective, by scoring with the outer product of the slopes (Berndt EK et al. Ann Econ Soc
    Meas 1974;3:653-65). Raises FitDidNotConverge."""
    values = start
    total = objectives(with_values(values), infants).sum()
    for _ in range(_MOST_STEPS):
        slopes = _slopes(values, infants)
        step = _scoring_step(slopes)
        expected = -float(slopes.sum(axis=0) @ step)
        if expected < _NEAR:
            return Population(values, slopes)
        shorter = 1.0
        while (there := objectives(with_values(values + shorter * step), infants).sum()) >= total:
            shorter *= 0.5
            if shorter < 1e-3:
                raise FitDidNotConverge("the objective does not fall along the scoring step")
        values, total = values + shorter * step, there
    raise FitDidNotConverge(f"no population estimates within {_MOST_STEPS} steps")


def _slopes(values: Array, infants: Sequence[Infant]) -> Array:
    steps = _STEP * np.eye(len(values))
    ends = [(objectives(with_values(values + s), infants), objectives(with_values(values - s), infants)) for s in steps]
    return np.stack([(up - down) / (2.0 * _STEP) for up, down in ends], axis=1)


def _scoring_step(slopes: Array) -> Array:
    """Slopes are of minus twice the log likelihood: its curvature is near half their outer product."""
    return -2.0 * np.linalg.solve(slopes.T @ slopes, slopes.sum(axis=0))
