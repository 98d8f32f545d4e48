"""Vancomycin in hospital adults, two compartments (Thomson 2009).

CL = 2.99 (1 + 0.0154 (CrCL - 66)) L/h,  V1 = 0.675 WT,  V2 = 0.732 WT,  Q = 2.28 L/h;  CrCL: Cockcroft-Gault, mL/min.
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
    """Typical CL, V1, Q, V2 per covariate regime; CL is kept positive where the line would cross zero."""
    age, weight, female = covariates["age"][0], covariates["weight"][0], bool(covariates["female"][0])
    crcl = cockcroft_gault(age, weight, covariates["creatinine"], female)
    return {
        "CL": np.maximum(theta["CL"] * (1.0 + theta["CL_crcl"] * (crcl - 66.0)), theta["CL_floor"]),
        "V1": np.asarray(theta["V1"] * weight),
        "Q": np.asarray(theta["Q"]),
        "V2": np.asarray(theta["V2"] * weight),
    }


MODEL = Model(
    id="vancomycin_thomson_2009",
    drug="vancomycin",
    output="vancomycin",
    unit="mg/L",
    source=Source(
        "Thomson AH et al. J Antimicrob Chemother 2009;63:1050-7, table 3",
        doi="10.1093/jac/dkp085",
        confirmed_by="PKPDsim inst/models/pk_vanco_thomson.json5 and the NONMEM control stream of tucuxi-drugs: two "
        "independent transcriptions, equal but for cov(CL, V1)",
    ),
    population="398 hospital adults (16-97 years, 40-159 kg) without renal replacement",
    status="verified",
    deviations=(
        "CL is kept at or above 0.15 L/h, where the published line crosses zero",
        "cov(CL, V1) = 0.01 as in one of the two transcriptions",
    ),
    compartments=2,
    covariates=(
        Covariate("age", "a", (18.0, 97.0), "table 1"),
        Covariate("weight", "kg", (40.0, 159.0), "table 1"),
        Covariate("female", "1", (0.0, 1.0), "table 1"),
        Covariate("creatinine", "mg/dL", (0.2, 8.0), "table 1"),
    ),
    parameters=(
        Parameter("CL", 2.99, "L/h", "table 3"),
        Parameter("CL_crcl", 0.0154, "min/mL", "table 3"),
        Parameter("V1", 0.675, "L/kg", "table 3"),
        Parameter("Q", 2.28, "L/h", "table 3"),
        Parameter("V2", 0.732, "L/kg", "table 3"),
        Parameter("CL_floor", 0.15, "L/h", "deviation"),
    ),
    random_effects=(
        RandomEffect("CL", 0.0729, "cv_squared", "table 3, CV 27 %"),
        RandomEffect("V1", 0.0225, "cv_squared", "table 3, CV 15 %"),
        RandomEffect("Q", 0.2401, "cv_squared", "table 3, CV 49 %"),
        RandomEffect("V2", 1.69, "cv_squared", "table 3, CV 130 %"),
    ),
    covariances=(("CL", "V1", 0.01),),
    residual=ResidualError(1.6, 0.15, "variance", "table 3"),
    typical=typical,
    prior_weight=398.0,
    prior_weight_source="patients studied (398); see docs/models/vancomycin_weights.md",
    refused_conditions=("pregnancy",),
    studied_regimen=Regimen(
        15.0, 12.0, 1.0, "ASHP/IDSA 2020: 15-20 mg/kg every 8-12 h, load 20-35 mg/kg", loading=25.0, loading_h=2.0, per_kg=True
    ),
)
