"""Linezolid in critically ill adults with and without continuous renal replacement, two compartments (Soraluce 2020).

CL = 2.62 + 4.35 CrCL/44 + 0.8 effluent L/h,  V1 = 16.2 L,  Q = 71.7 L/h,  V2 = 29.0 L
CrCL: measured over 10 h, mL/min;  effluent in L/h, 0 without continuous renal replacement.
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
    kidney = theta["CL_renal"] * covariates["creatinine_clearance"] / 44.0
    return {
        "CL": theta["CL_other"] + kidney + theta["sieving"] * covariates["crrt_effluent"],
        "V1": np.asarray(theta["V1"]),
        "Q": np.asarray(theta["Q"]),
        "V2": np.asarray(theta["V2"]),
    }


MODEL = Model(
    id="linezolid_soraluce_2020",
    drug="linezolid",
    output="linezolid",
    unit="mg/L",
    source=Source(
        "Soraluce A et al. Pharmaceutics 2020;12:54, table 3",
        doi="10.3390/pharmaceutics12010054",
        confirmed_by="the steady concentrations printed in figure 3 for 50 mg/h at six creatinine clearances (median 3.30, 95 "
        "% 0.85-14.73 mg/L, as quoted in nlmixr2lib vignettes/articles/Soraluce_2020_linezolid.Rmd) are reproduced",
    ),
    population="40 critically ill adults (22-85 years, 55-110 kg), 23 of them on continuous renal replacement",
    status="verified",
    deviations=(
        "0.8 of the effluent is cleared, the mean of the paper; the fit used the measured sieving of each patient",
        "the two parts of the error are joined as variances; the fit was on logarithms",
    ),
    compartments=2,
    covariates=(
        Covariate("age", "a", (22.0, 85.0), "table 1"),
        Covariate("weight", "kg", (55.0, 110.0), "table 1"),
        Covariate("creatinine_clearance", "mL/min", (0.0, 240.0), "tables 1 and 2"),
        Covariate("crrt_effluent", "L/h", (0.0, 3.3), "table 1: 1.1-3.3 with, 0 without"),
    ),
    parameters=(
        Parameter("CL_other", 2.62, "L/h", "table 3"),
        Parameter("CL_renal", 4.35, "L/h", "table 3, at CrCL 44 mL/min"),
        Parameter("sieving", 0.8, "1", "results and discussion: mean about 0.8"),
        Parameter("V1", 16.2, "L", "table 3"),
        Parameter("Q", 71.7, "L/h", "table 3"),
        Parameter("V2", 29.0, "L", "table 3"),
    ),
    random_effects=(
        RandomEffect("CL", 0.320546, "log1p", "table 3, CV 61.5 %"),
        RandomEffect("V1", 0.360602, "log1p", "table 3, CV 65.9 %"),
    ),
    residual=ResidualError(0.266, 0.159, "variance", "table 3"),
    typical=typical,
    prior_weight=40.0,
    prior_weight_source="patients studied (40)",
    refused_conditions=("pregnancy",),
    refused_procedures=("ihd", "sled", "ecmo"),
    studied_regimen=Regimen(600.0, 12.0, 0.5, "methods: 600 mg every 12 h over 30 min"),
)
