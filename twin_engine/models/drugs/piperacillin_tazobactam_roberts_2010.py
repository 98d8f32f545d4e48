"""Piperacillin in critically ill septic adults, two compartments, days that differ (Roberts 2010).

CL = 17.1 WT/70 L/h,  V1 = 7.2 L,  Q = 52 L/h,  V2 = 17.8 L,  lag 0.07 h.
"""

from collections.abc import Mapping

import numpy as np

from twin_engine.kernel.declare import (
    Array,
    Covariate,
    CovariatePath,
    Model,
    Parameter,
    RandomEffect,
    Regimen,
    ResidualError,
    Source,
)


def typical(theta: Mapping[str, float], covariates: CovariatePath) -> Mapping[str, Array]:
    """Typical CL, V1, Q, V2 per covariate regime."""
    return {
        "CL": theta["CL"] * covariates["weight"] / 70.0,
        "V1": np.asarray(theta["V1"]),
        "Q": np.asarray(theta["Q"]),
        "V2": np.asarray(theta["V2"]),
    }


MODEL = Model(
    id="piperacillin_tazobactam_roberts_2010",
    drug="piperacillin_tazobactam",
    output="piperacillin_tazobactam",
    unit="mg/L",
    source=Source(
        "Roberts 2010, as transcribed in posologyr tests/testthat/test_map_iov.R; the paper itself was not seen",
        doi="not seen",
    ),
    population="critically ill septic adults, intermittent or continuous infusion",
    status="exposure only",
    deviations=(
        "the lag of the infusion line is the same for everybody; the paper lets it vary",
        "unbound fraction 0.91 (Kim YK et al. 2022, doi:10.1093/jac/dkac059)",
        "clearance has no kidney term: refused above a creatinine of 1.4 mg/dL",
    ),
    compartments=2,
    covariates=(
        Covariate("age", "a", (18.0, 85.0), "the range was not seen"),
        Covariate("weight", "kg", (50.0, 130.0), "the range was not seen"),
        Covariate("creatinine", "mg/dL", (0.3, 1.4), "the range was not seen; see departures"),
    ),
    parameters=(
        Parameter("CL", 17.1, "L/h", "posologyr, at 70 kg"),
        Parameter("V1", 7.2, "L", "posologyr"),
        Parameter("Q", 52.0, "L/h", "posologyr"),
        Parameter("V2", 17.8, "L", "posologyr"),
    ),
    random_effects=(
        RandomEffect("CL", 0.08508, "reported_variance", "posologyr"),
        RandomEffect("V1", 0.06737, "reported_variance", "posologyr"),
        RandomEffect("Q", 0.22475, "reported_variance", "posologyr"),
        RandomEffect("V2", 0.42907, "reported_variance", "posologyr"),
    ),
    occasions=(
        RandomEffect("CL", 0.19346, "reported_variance", "posologyr"),
        RandomEffect("V1", 0.05783, "reported_variance", "posologyr"),
    ),
    residual=ResidualError(3.2, 0.253, "sd", "posologyr"),
    typical=typical,
    prior_weight=16.0,
    prior_weight_source="the smallest group of the drug's models; the number of patients was not seen",
    refused_conditions=("pregnancy",),
    lag_h=0.07,
    unbound=0.91,
    studied_regimen=Regimen(4000.0, 8.0, 8.0, "posologyr: 4 g over 8 h, without a break"),
)
