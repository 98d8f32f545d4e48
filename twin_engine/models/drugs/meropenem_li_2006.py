"""Meropenem in hospital adults, two compartments (Li 2006).

CL = 14.6 (CrCL/83)^0.62 (age/35)^-0.34 L/h,  V1 = 10.8 (WT/70)^0.99 L,  Q = 18.6 L/h,  V2 = 12.6 L
CrCL: Cockcroft-Gault with ideal body weight, mL/min.
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
from twin_engine.patient.derived import cockcroft_gault, predicted_body_weight


def typical(theta: Mapping[str, float], covariates: CovariatePath) -> Mapping[str, Array]:
    """Typical CL, V1, Q, V2 per covariate regime."""
    age, female = covariates["age"][0], bool(covariates["female"][0])
    ideal = predicted_body_weight(covariates["height"][0], female)
    crcl = cockcroft_gault(age, ideal, covariates["creatinine"], female)
    return {
        "CL": np.asarray(theta["CL"] * (crcl / 83.0) ** theta["CL_crcl"] * (age / 35.0) ** theta["CL_age"]),
        "V1": theta["V1"] * (covariates["weight"] / 70.0) ** theta["V1_weight"],
        "Q": np.asarray(theta["Q"]),
        "V2": np.asarray(theta["V2"]),
    }


MODEL = Model(
    id="meropenem_li_2006",
    drug="meropenem",
    output="meropenem",
    unit="mg/L",
    source=Source(
        "Li C et al. J Clin Pharmacol 2006;46:1171-8, table II",
        doi="10.1177/0091270006291035",
        confirmed_by="PKPDsim inst/models/pk_meropenem_li.json5 (lines 19-25, 38-41, 45-48, 51-52), tucuxi-drugs "
        "drugfiles/ch.tucuxi.meropenem.li2006.tdd and MIPD Lab models.js (mem_li2006): three "
        "transcriptions made independently of each other",
    ),
    population="79 hospital adults (18-93 years, 40-127 kg) with abdominal infection or pneumonia",
    status="verified",
    deviations=(
        "ideal weight in Cockcroft-Gault as in one transcription; the others do not say which",
        "a fourth transcription (metrumresearchgroup/page-2018-mrgsolve) prints other estimates for the same paper; not used",
    ),
    compartments=2,
    covariates=(
        Covariate("age", "a", (18.0, 93.0), "table I"),
        Covariate("weight", "kg", (40.0, 127.0), "table I"),
        Covariate("height", "cm", (140.0, 205.0), "the range was not seen"),
        Covariate("female", "1", (0.0, 1.0), "table I"),
        Covariate("creatinine", "mg/dL", (0.3, 5.0), "the range was not seen"),
    ),
    parameters=(
        Parameter("CL", 14.6, "L/h", "table II"),
        Parameter("CL_crcl", 0.62, "1", "table II"),
        Parameter("CL_age", -0.34, "1", "table II"),
        Parameter("V1", 10.8, "L", "table II"),
        Parameter("V1_weight", 0.99, "1", "table II"),
        Parameter("Q", 18.6, "L/h", "table II"),
        Parameter("V2", 12.6, "L", "table II"),
    ),
    random_effects=(
        RandomEffect("CL", 0.118, "reported_variance", "table II"),
        RandomEffect("V1", 0.143, "reported_variance", "table II"),
        RandomEffect("Q", 0.290, "reported_variance", "table II"),
        RandomEffect("V2", 0.102, "reported_variance", "table II"),
    ),
    residual=ResidualError(0.469, 0.188, "variance", "table II: square roots of 0.220 and 0.0352"),
    typical=typical,
    prior_weight=79.0,
    prior_weight_source="patients studied (79)",
    refused_conditions=("pregnancy",),
    unbound=0.98,
    studied_regimen=Regimen(1000.0, 8.0, 0.5, "methods: 0.5-2 g every 8 h over 0.5 or 3 h"),
)
