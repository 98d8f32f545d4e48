"""Levetiracetam in critically ill adults with normal or augmented kidney function, two compartments (Bilbao-Meseguer 2021).

CL = 3.5 + (CrCL/120)^2.5 L/h,  V1 = 20.7 L,  Q = 31.9 L/h,  V2 = 33.5 L;  CrCL: measured in urine, mL/min.
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
        "CL": theta["CL_other"] + (covariates["creatinine_clearance"] / 120.0) ** theta["CL_crcl"],
        "V1": np.asarray(theta["V1"]),
        "Q": np.asarray(theta["Q"]),
        "V2": np.asarray(theta["V2"]),
    }


MODEL = Model(
    id="levetiracetam_bilbao_meseguer_2021",
    drug="levetiracetam",
    output="levetiracetam",
    unit="mg/L",
    source=Source(
        "Bilbao-Meseguer I et al. Pharmaceutics 2021;13:1690, section 3.3 and table 3",
        doi="10.3390/pharmaceutics13101690",
        confirmed_by="the printed clearances at CrCL 100, 120 and 240 mL/min and the target attainment of tables 4 and 5 "
        "(as quoted in nlmixr2lib vignettes/articles/BilbaoMeseguer_2021_levetiracetam.Rmd) are reproduced",
    ),
    population="27 critically ill adults (23-81 years, 58-115 kg) with a creatinine clearance above 50 mL/min",
    status="verified",
    deviations=("0.1 mg/L is added to the error, so that a level near zero does not outweigh all others",),
    compartments=2,
    covariates=(
        Covariate("age", "a", (23.0, 81.0), "table 1"),
        Covariate("weight", "kg", (58.0, 115.0), "table 1"),
        Covariate("creatinine_clearance", "mL/min", (54.0, 239.0), "table 1"),
    ),
    parameters=(
        Parameter("CL_other", 3.5, "L/h", "table 3"),
        Parameter("CL_crcl", 2.5, "1", "table 3"),
        Parameter("V1", 20.7, "L", "table 3"),
        Parameter("Q", 31.9, "L/h", "table 3"),
        Parameter("V2", 33.5, "L", "table 3"),
    ),
    random_effects=(
        RandomEffect("CL", 0.10155, "log1p", "table 3, CV 32.7 %"),
        RandomEffect("V1", 0.27353, "log1p", "table 3, CV 56.1 %"),
    ),
    residual=ResidualError(0.1, 0.223, "variance", "table 3"),
    typical=typical,
    prior_weight=27.0,
    prior_weight_source="patients studied (27)",
    refused_conditions=("pregnancy",),
    studied_regimen=Regimen(1000.0, 12.0, 0.5, "methods: 0.5-1.5 g every 12 h over 30 min"),
)
