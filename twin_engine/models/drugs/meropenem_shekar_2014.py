"""Meropenem in critically ill adults with and without ECMO and renal replacement, two compartments (Shekar 2014).

CL = 1.89 CrCL L/h (CrCL in L/h), on continuous renal replacement 5.1 L/h;  V1 = 18.7 L,  Q = 21.0 L/h,  V2 = 13.2 L
CrCL: Cockcroft-Gault.
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

L_PER_H = 0.06
"""L/h per mL/min."""


def typical(theta: Mapping[str, float], covariates: CovariatePath) -> Mapping[str, Array]:
    """Typical CL, V1, Q, V2 per covariate regime."""
    age, weight, female = covariates["age"][0], covariates["weight"][0], bool(covariates["female"][0])
    crcl = L_PER_H * cockcroft_gault(age, weight, covariates["creatinine"], female)
    return {
        "CL": np.where(covariates["on_crrt"] > 0, theta["CL_crrt"], theta["CL_crcl"] * crcl),
        "V1": np.asarray(theta["V1"]),
        "Q": np.asarray(theta["Q"]),
        "V2": np.asarray(theta["V2"]),
    }


MODEL = Model(
    id="meropenem_shekar_2014",
    drug="meropenem",
    output="meropenem",
    unit="mg/L",
    source=Source(
        "Shekar K et al. Crit Care 2014;18:565, table 2",
        doi="10.1186/s13054-014-0565-2",
        confirmed_by="nlmixr2lib inst/modeldb/specificDrugs/Shekar_2014_meropenem.R and MIPD Lab models.js (mem_shekar2014): "
        "two transcriptions made independently of each other",
    ),
    population="21 critically ill adults, 11 of them on ECMO, 10 on renal replacement",
    status="verified",
    deviations=(
        "5.1 L/h was found with haemofiltration of 66-100 mL/min and with extended daily sessions: the effluent has no term",
        "extended daily sessions are refused, because the model does not say when they run",
        "the dosing table of the paper does not follow from its own equation; the equation is used",
    ),
    compartments=2,
    covariates=(
        Covariate("age", "a", (18.0, 80.0), "table 1, interquartile ranges 16-66"),
        Covariate("weight", "kg", (45.0, 130.0), "table 1, interquartile ranges 60-100"),
        Covariate("female", "1", (0.0, 1.0), "table 1"),
        Covariate("creatinine", "mg/dL", (0.3, 8.0), "without renal replacement CrCL 65-183 mL/min; the range was not seen"),
        Covariate("on_crrt", "1", (0.0, 1.0), "table 1"),
    ),
    parameters=(
        Parameter("CL_crcl", 1.89, "1", "table 2"),
        Parameter("CL_crrt", 5.1, "L/h", "table 2"),
        Parameter("V1", 18.7, "L", "table 2"),
        Parameter("Q", 21.0, "L/h", "table 2"),
        Parameter("V2", 13.2, "L", "table 2"),
    ),
    random_effects=(
        RandomEffect("CL", 0.23604, "log1p", "table 2, CV 51.6 %"),
        RandomEffect("V1", 0.19043, "log1p", "table 2, CV 45.8 %"),
        RandomEffect("V2", 0.07917, "log1p", "table 2, CV 28.7 %"),
    ),
    residual=ResidualError(2.3, 0.137, "variance", "table 2"),
    typical=typical,
    prior_weight=21.0,
    prior_weight_source="patients studied (21)",
    refused_conditions=("pregnancy",),
    refused_procedures=("ihd", "sled"),
    unbound=0.98,
    studied_regimen=Regimen(1000.0, 8.0, 0.5, "methods: 1 g every 8 h"),
)
