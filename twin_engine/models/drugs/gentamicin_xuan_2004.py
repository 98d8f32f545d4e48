"""Gentamicin once daily in hospital adults, two compartments (Xuan 2004).

CL = 0.047 CrCL L/h,  V1 = 0.28 WT L,  k12 = 0.092 /h,  k21 = 0.071 /h;  Q = k12 V1,  V2 = k12/k21 V1
CrCL: Cockcroft-Gault with actual weight, mL/min.
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

CL, V1, K12, K21 = 0.084, 0.00336, 0.398, 0.342
"""Variances of ln CL, ln V1, ln k12 and ln k21: ln(1 + CV²) of the CV in table 2, 29.6, 5.8, 69.9 and 63.9 %."""


def typical(theta: Mapping[str, float], covariates: CovariatePath) -> Mapping[str, Array]:
    """Typical CL, V1, Q, V2 per covariate regime."""
    age, weight, female = covariates["age"][0], covariates["weight"][0], bool(covariates["female"][0])
    v1 = theta["V1"] * weight
    return {
        "CL": np.asarray(theta["CL"] * cockcroft_gault(age, weight, covariates["creatinine"], female)),
        "V1": np.asarray(v1),
        "Q": np.asarray(theta["K12"] * v1),
        "V2": np.asarray(theta["K12"] / theta["K21"] * v1),
    }


MODEL = Model(
    id="gentamicin_xuan_2004",
    drug="gentamicin",
    output="gentamicin",
    unit="mg/L",
    source=Source(
        "Xuan D, Nicolau DP, Nightingale CH. Int J Antimicrob Agents 2004;23:291-5, table 2",
        doi="10.1016/j.ijantimicag.2003.07.010",
        confirmed_by="posologyr README.md (mod_gentamicin_Xuan2003) and MIPD Lab models.js (gen_xuan2004): two transcriptions "
        "made independently of each other; the printed mean clearance, central volume and peak after 7 mg/kg are reproduced",
    ),
    population="939 hospital adults (16-96 years) on once-daily gentamicin",
    status="verified",
    deviations=(
        "the variability of k12 and k21 is carried to Q and V2 with all covariances, which is exact",
        "the two parts of the error are joined as variances; the paper does not say how",
    ),
    compartments=2,
    covariates=(
        Covariate("age", "a", (18.0, 96.0), "methods"),
        Covariate("weight", "kg", (40.0, 150.0), "mean 70.2; the range was not seen"),
        Covariate("female", "1", (0.0, 1.0), "methods"),
        Covariate("creatinine", "mg/dL", (0.3, 5.0), "mean CrCL 92 mL/min; the range was not seen"),
    ),
    parameters=(
        Parameter("CL", 0.047, "L/h per mL/min", "table 2, theta 1"),
        Parameter("V1", 0.28, "L/kg", "table 2, theta 2"),
        Parameter("K12", 0.092, "/h", "table 2, theta 3"),
        Parameter("K21", 0.071, "/h", "table 2, theta 4"),
    ),
    random_effects=(
        RandomEffect("CL", CL, "log1p", "table 2, CV 29.6 %"),
        RandomEffect("V1", V1, "log1p", "table 2, CV 5.8 %"),
        RandomEffect("Q", K12 + V1, "log1p", "table 2, CV of k12 69.9 % and of V1"),
        RandomEffect("V2", K12 + V1 + K21, "log1p", "table 2, CV of k21 63.9 %, of k12 and of V1"),
    ),
    covariances=(("V1", "Q", V1), ("V1", "V2", V1), ("Q", "V2", K12 + V1)),
    residual=ResidualError(0.23, 0.237, "variance", "table 2"),
    typical=typical,
    prior_weight=939.0,
    prior_weight_source="patients studied (939)",
    refused_conditions=("pregnancy",),
    studied_regimen=Regimen(7.0, 24.0, 1.0, "once-daily programme of 7 mg/kg", per_kg=True),
)
