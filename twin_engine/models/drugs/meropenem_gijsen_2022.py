"""Meropenem in septic adults with preserved or increased kidney function, two compartments (Gijsen 2022).

CL = 13.7 (CrCL/111.7)^0.637 L/h,  V1 = 25.5 L,  Q = 8.13 L/h,  V2 = 12.4 L;  CrCL: Cockcroft-Gault, mL/min.
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
        "CL": np.asarray(theta["CL"] * (crcl / 111.7) ** theta["CL_crcl"]),
        "V1": np.asarray(theta["V1"]),
        "Q": np.asarray(theta["Q"]),
        "V2": np.asarray(theta["V2"]),
    }


MODEL = Model(
    id="meropenem_gijsen_2022",
    drug="meropenem",
    output="meropenem",
    unit="mg/L",
    source=Source(
        "Gijsen M et al. Infect Drug Resist 2022;15:53-62, table 2 and control stream of supplementary file S2",
        doi="10.2147/IDR.S343264",
        confirmed_by="nlmixr2lib inst/modeldb/specificDrugs/Gijsen_2022_meropenem.R and PKPDsim "
        "inst/models/pk_meropenem_gijsen.json5 (lines 19-20, 36-39, 43-45): typical values (Q and the exponent rounded there) "
        "and omega alike",
    ),
    population="58 critically ill septic adults, estimated GFR at least 70 mL/min/1.73 m2, no renal replacement, no ECMO",
    status="verified",
    deviations=(
        "the error of the control stream (variances 0.147 proportional, 0.0925 additive); table 2 prints them exchanged",
        "the exponent 0.637 of the control stream and table 2; the text prints 0.725",
        "creatinine above 1.3 mg/dL is refused in place of an estimated GFR below 70",
    ),
    compartments=2,
    covariates=(
        Covariate("age", "a", (18.0, 90.0), "table 1, interquartile range 55-68"),
        Covariate("weight", "kg", (40.0, 130.0), "table 1, interquartile range 60-79"),
        Covariate("female", "1", (0.0, 1.0), "table 1"),
        Covariate("creatinine", "mg/dL", (0.2, 1.3), "methods: estimated GFR at least 70"),
    ),
    parameters=(
        Parameter("CL", 13.7, "L/h", "table 2, at CrCL 111.7 mL/min"),
        Parameter("CL_crcl", 0.637, "1", "supplementary file S2"),
        Parameter("V1", 25.5, "L", "table 2"),
        Parameter("Q", 8.13, "L/h", "supplementary file S2"),
        Parameter("V2", 12.4, "L", "table 2"),
    ),
    random_effects=(
        RandomEffect("CL", 0.288, "reported_variance", "supplementary file S2"),
        RandomEffect("V1", 0.281, "reported_variance", "supplementary file S2"),
        RandomEffect("V2", 0.441, "reported_variance", "supplementary file S2"),
    ),
    covariances=(("CL", "V1", 0.185),),
    residual=ResidualError(0.304, 0.383, "variance", "supplementary file S2: square roots of 0.0925 and 0.147"),
    typical=typical,
    prior_weight=58.0,
    prior_weight_source="patients studied (58)",
    refused_conditions=("pregnancy",),
    unbound=0.98,
    studied_regimen=Regimen(1000.0, 8.0, 0.5, "methods: 1 g every 8 h over 30 min on most days"),
)
