"""Cefepime by target-controlled infusion in critically ill adults, two compartments (Jonckheere 2020).

CL = (2.29 (CrCL/60)^0.943 + 0.795) (WT/70)^0.75 L/h,  V1 = 10.7 WT/70 L,  Q = 11.0 (WT/70)^0.75 L/h,  V2 = 12.2 WT/70 L
CrCL: Cockcroft-Gault, mL/min.
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
    crcl, size = cockcroft_gault(age, weight, covariates["creatinine"], female), weight / 70.0
    return {
        "CL": np.asarray((theta["CL_renal"] * (crcl / 60.0) ** theta["CL_crcl"] + theta["CL_other"]) * size**0.75),
        "V1": np.asarray(theta["V1"] * size),
        "Q": np.asarray(theta["Q"] * size**0.75),
        "V2": np.asarray(theta["V2"] * size),
    }


MODEL = Model(
    id="cefepime_jonckheere_2020",
    drug="cefepime",
    output="cefepime",
    unit="mg/L",
    source=Source(
        "Jonckheere S et al. Antimicrob Agents Chemother 2020;64:e01552-19, equations 1-4 and table 2",
        doi="10.1128/AAC.01552-19",
        confirmed_by="nlmixr2lib inst/modeldb/specificDrugs/Jonckheere_2019_cefepime.R and PKPDsim "
        "inst/models/pk_cefepime_jonckheere.json5 (lines 19-23, 31-36, 40-42): alike in typical values and variability",
    ),
    population="21 critically ill adults on continuous infusion",
    status="verified",
    deviations=(
        "one random effect on clearance, of the variance of the sum at CrCL 60 mL/min: the paper varies its two parts apart",
        "error of 22.3 % as in one transcription; the paper prints 31.8 % for its first study and 12.8 % for its second",
        "unbound fraction 0.81 (Seo H et al. Infect Chemother 2023;55:29-41)",
        "the term for haemodialysis is not used: patients on renal replacement are refused",
        "0.1 mg/L is added to the error, so that a level near zero does not outweigh all others",
    ),
    compartments=2,
    covariates=(
        Covariate("age", "a", (40.0, 95.0), "table 1, interquartile range 72-78"),
        Covariate("weight", "kg", (45.0, 120.0), "table 1, interquartile range 67-86"),
        Covariate("female", "1", (0.0, 1.0), "table 1"),
        Covariate("creatinine", "mg/dL", (0.3, 5.0), "table 1, interquartile range 0.66-2.14"),
    ),
    parameters=(
        Parameter("CL_renal", 2.29, "L/h", "table 2, at 70 kg and CrCL 60 mL/min"),
        Parameter("CL_crcl", 0.943, "1", "table 2"),
        Parameter("CL_other", 0.795, "L/h", "table 2, at 70 kg"),
        Parameter("V1", 10.7, "L", "table 2, at 70 kg"),
        Parameter("Q", 11.0, "L/h", "table 2, at 70 kg"),
        Parameter("V2", 12.2, "L", "table 2, at 70 kg"),
    ),
    random_effects=(
        RandomEffect("CL", 0.0735, "cv_squared", "table 2, CV 24.6 % of the renal part and 69.4 % of the rest; see departures"),
        RandomEffect("V1", 0.2088, "cv_squared", "table 2, CV 45.7 %"),
    ),
    residual=ResidualError(0.1, 0.223, "variance", "PKPDsim; see departures"),
    typical=typical,
    prior_weight=21.0,
    prior_weight_source="patients studied (21)",
    refused_conditions=("pregnancy",),
    unbound=0.81,
    studied_regimen=Regimen(
        1600.0, 24.0, 24.0, "results: 1.3-1.8 g a day, continuously, for 16 mg/L", loading=500.0, loading_h=0.5
    ),
)
