"""Cefepime in critically ill adults with hospital-acquired pneumonia, two compartments (Seo 2023).

CL = 6.60 (CrCL/77.21)^0.656 L/h,  V1 = 13.3 L,  Q = 16.5 L/h,  V2 = 13.0 L;  CrCL: Cockcroft-Gault, mL/min.
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
from twin_engine.patient.derived import cockcroft_gault


def typical(theta: Mapping[str, float], covariates: CovariatePath) -> Mapping[str, Array]:
    """Typical CL, V1, Q, V2 per covariate regime."""
    age, weight, female = covariates["age"][0], covariates["weight"][0], bool(covariates["female"][0])
    crcl = cockcroft_gault(age, weight, covariates["creatinine"], female)
    return {
        "CL": np.asarray(theta["CL"] * (crcl / 77.21) ** theta["CL_crcl"]),
        "V1": np.asarray(theta["V1"]),
        "Q": np.asarray(theta["Q"]),
        "V2": np.asarray(theta["V2"]),
    }


MODEL = Model(
    id="cefepime_seo_2023",
    drug="cefepime",
    output="cefepime",
    unit="mg/L",
    source=Source(
        "Seo H et al. Infect Chemother 2023;55:29-41, table 2",
        doi="10.3947/ic.2022.0087",
        confirmed_by="nlmixr2lib inst/modeldb/specificDrugs/Seo_2023_cefepime.R and PKPDsim inst/models/pk_cefepime_seo.json5 "
        "(lines 19, 31-34, 38-41, 44): alike in typical values, omega and error",
    ),
    population="21 critically ill adults with hospital-acquired or ventilator-associated pneumonia, no renal replacement",
    status="verified",
    deviations=("0.1 mg/L is added to the error, so that a level near zero does not outweigh all others",),
    compartments=2,
    covariates=(
        Covariate("age", "a", (35.0, 90.0), "table 1, mean 67 SD 10"),
        Covariate("weight", "kg", (38.0, 100.0), "table 1, mean 60 SD 11"),
        Covariate("female", "1", (0.0, 1.0), "table 1"),
        Covariate("creatinine", "mg/dL", (0.3, 3.5), "table 1, highest 3.44"),
    ),
    parameters=(
        Parameter("CL", 6.60, "L/h", "table 2, at CrCL 77.21 mL/min"),
        Parameter("CL_crcl", 0.656, "1", "table 2"),
        Parameter("V1", 13.3, "L", "table 2"),
        Parameter("Q", 16.5, "L/h", "table 2"),
        Parameter("V2", 13.0, "L", "table 2"),
    ),
    random_effects=(
        RandomEffect("CL", 0.113569, "reported_sd", "table 2, 33.7 %"),
        RandomEffect("V1", 0.116281, "reported_sd", "table 2, 34.1 %"),
        RandomEffect("Q", 0.258064, "reported_sd", "table 2, 50.8 %"),
        RandomEffect("V2", 0.160801, "reported_sd", "table 2, 40.1 %"),
    ),
    residual=ResidualError(0.1, 0.0762, "variance", "table 2"),
    typical=typical,
    prior_weight=21.0,
    prior_weight_source="patients studied (21)",
    refused_conditions=("pregnancy",),
    unbound=0.81,
    studied_regimen=Regimen(2000.0, 8.0, 0.5, "methods: 2 g every 8, 12 or 24 h over 30 min"),
)
