"""Small made-up models that exercise one part of the declaration each."""

from collections.abc import Mapping

import numpy as np

from twin_engine.kernel.declare import (
    Array,
    CovariatePath,
    Model,
    Parameter,
    RandomEffect,
    Regimen,
    ResidualError,
    Response,
    Source,
)

NO_COVARIATES = CovariatePath(np.array([-np.inf]), {})
TYPICAL = {"CL": 5.0, "V": 30.0, "VMAX": 130.0, "KM": 20.0, "KE0": 0.8, "CE50": 12.0, "POTENCY": 1.5}


def emax(parameters: Mapping[str, Array], ce: Array) -> Array:
    """An index that falls from 95 to 0."""
    return 95.0 / (1.0 + ce / parameters["CE50"])


def typical(theta: Mapping[str, float], covariates: CovariatePath) -> Mapping[str, Array]:
    """Constants."""
    return {name: np.asarray(value) for name, value in theta.items()}


def made_up(names: tuple[str, ...] = ("CL", "V"), **changes: object) -> Model:
    """A one-compartment model of `names`, with changes to its declaration."""
    plain = {
        "id": "made_up_2026",
        "drug": "vancomycin",
        "output": "vancomycin",
        "unit": "mg/L",
        "source": Source("made up", "none"),
        "population": "nobody",
        "status": "experimental",
        "deviations": (),
        "compartments": 1,
        "covariates": (),
        "parameters": tuple(Parameter(n, TYPICAL[n], "1", "made up") for n in names),
        "random_effects": tuple(RandomEffect(n, 0.09, "reported_variance", "made up") for n in names),
        "residual": ResidualError(0.5, 0.1, "variance", "made up"),
        "typical": typical,
        "prior_weight": 1.0,
        "prior_weight_source": "made up",
        "studied_regimen": Regimen(1000.0, 12.0, 1.0, "made up"),
    }
    return Model(**{**plain, **changes})  # type: ignore[arg-type]


BIS = Response("bis", "1", ("CE50",), emax, ResidualError(1.0, 0.0, "variance", "made up"), delay_h=0.01)


def with_effect() -> Model:
    """Effect site and response."""
    return made_up(("CL", "V", "KE0", "CE50"), effect_site=True, response=BIS)
