"""Fentanyl in critically ill adults with respiratory failure or shock, two compartments (Choi 2016).

CL = 35 + 0.19 (WT - 92) L/h,  V1 = 203 L,  Q = 55 L/h,  V2 = 523 + 7.15 (WT - 92) L;
CL is 10.6 L/h lower with severe liver disease or congestive heart failure.
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

MEAN_KG = 92.0
INTERVAL = "table 2, middle of the printed 95 % interval, as it is the middle for the volumes and Q, too"


def typical(theta: Mapping[str, float], covariates: CovariatePath) -> Mapping[str, Array]:
    """Typical CL, V1, Q, V2 per covariate regime, without severe liver disease or heart failure."""
    above = covariates["weight"] - MEAN_KG
    return {
        "CL": theta["CL"] + theta["CL_weight"] * above,
        "V1": np.asarray(theta["V1"]),
        "Q": np.asarray(theta["Q"]),
        "V2": theta["V2"] + theta["V2_weight"] * above,
    }


MODEL = Model(
    id="fentanyl_choi_2016",
    drug="fentanyl",
    output="fentanyl",
    unit="ug/L",
    source=Source("Choi L et al. Crit Care Med 2016;44:64-72", doi="10.1097/CCM.0000000000001347"),
    population="337 adults with acute respiratory failure or shock in medical and surgical intensive care, infusions of 58 h",
    status="exposure only",
    deviations=(
        "slopes, variability and error are the middle of their printed intervals: the estimates themselves were not seen",
        "cirrhosis is refused; heart failure (clearance about 10.6 L/h lower) is not charted and taken as absent",
        "levels were taken once a day: the first hour after a bolus is not described",
    ),
    compartments=2,
    covariates=(
        Covariate("age", "a", (18.0, 95.0), "adults; not in the equations"),
        Covariate("weight", "kg", (50.0, 150.0), "around the printed mean of 92 kg; the range was not seen"),
    ),
    parameters=(
        Parameter("CL", 35.0, "L/h", "abstract, at 92 kg"),
        Parameter("CL_weight", 0.19, "L/h/kg", INTERVAL + " (0.10-0.28)"),
        Parameter("V1", 203.0, "L", "abstract"),
        Parameter("Q", 55.0, "L/h", "abstract"),
        Parameter("V2", 523.0, "L", "abstract, at 92 kg"),
        Parameter("V2_weight", 7.15, "L/kg", INTERVAL + " (3.9-10.4)"),
    ),
    random_effects=(
        RandomEffect("CL", 0.3479, "log1p", INTERVAL + " (CV 59-70 %)"),
        RandomEffect("V1", 0.4656, "log1p", INTERVAL + " (CV 43-111 %)"),
        RandomEffect("V2", 0.3847, "log1p", INTERVAL + " (CV 57-80 %)"),
    ),
    residual=ResidualError(0.02, 0.335, "variance", INTERVAL + " (32-35 % and 0.0-0.04 ug/L)"),
    typical=typical,
    prior_weight=337.0,
    prior_weight_source="patients studied (337)",
    refused_conditions=("pregnancy", "cirrhosis"),
    studied_regimen=Regimen(600.0, 6.0, 6.0, "abstract, median rate 100 ug/h"),
)
