"""Cefepime in critically ill adults, two compartments (An 2023).

CL = 2.00 CrCL/54 + 0.526 L/h,  V1 = 13.4 WT/90 L,  Q = 12.0 L/h,  V2 = 7.52 L
CrCL: Cockcroft-Gault with lean body weight (James, at least 30 kg), mL/min.
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


def lean_body_weight(weight_kg: float, height_cm: float, female: bool) -> float:
    """Lean body weight, kg, as of James: 1.1 W - 128 (W/H)^2 for men, 1.07 W - 148 (W/H)^2 for women, at least 30."""
    slope, bend = (1.07, 148.0) if female else (1.1, 128.0)
    return max(slope * weight_kg - bend * (weight_kg / height_cm) ** 2, 30.0)


def typical(theta: Mapping[str, float], covariates: CovariatePath) -> Mapping[str, Array]:
    """Typical CL, V1, Q, V2 per covariate regime."""
    age, weight, female = covariates["age"][0], covariates["weight"][0], bool(covariates["female"][0])
    lean = lean_body_weight(weight, covariates["height"][0], female)
    crcl = cockcroft_gault(age, lean, covariates["creatinine"], female)
    return {
        "CL": np.asarray(theta["CL_renal"] * crcl / 54.0 + theta["CL_other"]),
        "V1": np.asarray(theta["V1"] * weight / 90.0),
        "Q": np.asarray(theta["Q"]),
        "V2": np.asarray(theta["V2"]),
    }


MODEL = Model(
    id="cefepime_an_2023",
    drug="cefepime",
    output="cefepime",
    unit="mg/L",
    source=Source(
        "An G et al. J Antimicrob Chemother 2023;78:1460, as transcribed in PKPDsim inst/models/pk_cefepime_an.json5",
        doi="10.1093/jac/dkad106",
    ),
    population="130 critically ill adults of two intensive care units",
    status="exposure only",
    deviations=(
        "the clearance on continuous renal replacement, which the transcription leaves out, is not used: refused",
        "another reader gives the renal term the exponent 0.75",
        "unbound fraction 0.81 (Seo H et al. Infect Chemother 2023;55:29-41)",
    ),
    compartments=2,
    covariates=(
        Covariate("age", "a", (18.0, 95.0), "the range was not seen"),
        Covariate("weight", "kg", (40.0, 160.0), "median 90; the range was not seen"),
        Covariate("height", "cm", (140.0, 205.0), "the range was not seen"),
        Covariate("female", "1", (0.0, 1.0), "the range was not seen"),
        Covariate("creatinine", "mg/dL", (0.3, 5.0), "the range was not seen"),
    ),
    parameters=(
        Parameter("CL_renal", 2.00, "L/h", "PKPDsim, at CrCL 54 mL/min"),
        Parameter("CL_other", 0.526, "L/h", "PKPDsim"),
        Parameter("V1", 13.4, "L", "PKPDsim, at 90 kg"),
        Parameter("Q", 12.0, "L/h", "PKPDsim"),
        Parameter("V2", 7.52, "L", "PKPDsim"),
    ),
    random_effects=(
        RandomEffect("CL", 0.089401, "cv_squared", "PKPDsim, CV 29.9 %"),
        RandomEffect("V1", 0.427716, "cv_squared", "PKPDsim, CV 65.4 %"),
        RandomEffect("V2", 0.029929, "cv_squared", "PKPDsim, CV 17.3 %"),
    ),
    residual=ResidualError(6.44, 0.224, "variance", "PKPDsim"),
    typical=typical,
    prior_weight=130.0,
    prior_weight_source="patients studied (130)",
    refused_conditions=("pregnancy",),
    unbound=0.81,
    studied_regimen=Regimen(2000.0, 8.0, 0.5, "abstract: 0.5 h and 3 h infusions were compared"),
)
