"""Tobramycin in patients with and without cystic fibrosis, two compartments (Hennig 2013).

CL = 9.4 (women 8.1) (FFM/70)^0.952 (1 - 0.010 (age - 18)) (Scr_mean/Scr)^0.222 L/h,  V1 = 25.1 (women 20.1) FFM/70 L
Q = 1.5 (FFM/70)^0.952 L/h,  V2 = 10 FFM/70 L;  FFM: fat-free mass, Scr_mean: usual creatinine, 84 (women 69.5) umol/L.
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
from twin_engine.patient.derived import CREATININE_UMOL_PER_MG_DL, fat_free_mass


def typical(theta: Mapping[str, float], covariates: CovariatePath) -> Mapping[str, Array]:
    """Typical CL, V1, Q, V2 of an adult per covariate regime."""
    female = bool(covariates["female"][0])
    size = fat_free_mass(covariates["weight"][0], covariates["height"][0], female) / 70.0
    aged = 1.0 + theta["CL_age"] * (covariates["age"][0] - 18.0)
    measured = np.maximum(covariates["creatinine"] * CREATININE_UMOL_PER_MG_DL, theta["creatinine_floor"])
    kidney = (theta["creatinine_female" if female else "creatinine_male"] / measured) ** theta["CL_creatinine"]
    cl, v1 = (theta["CL_female"], theta["V1_female"]) if female else (theta["CL_male"], theta["V1_male"])
    return {
        "CL": cl * size ** theta["CL_ffm"] * aged * kidney,
        "V1": np.asarray(v1 * size),
        "Q": np.asarray(theta["Q"] * size ** theta["CL_ffm"]),
        "V2": np.asarray(theta["V2"] * size),
    }


MODEL = Model(
    id="tobramycin_hennig_2013",
    drug="tobramycin",
    output="tobramycin",
    unit="mg/L",
    source=Source(
        "Hennig S et al. Clin Pharmacokinet 2013;52:289-301, equations 5-9 and table 2",
        doi="10.1007/s40262-013-0036-y",
        confirmed_by="nlmixr2lib inst/modeldb/specificDrugs/Hennig_2013_tobra.R, tucuxi-drugs "
        "drugfiles/ch.tucuxi.tobramycin.hennig2013.tdd and MIPD Lab models.js: three transcriptions made independently",
    ),
    population="732 patients of eight centres (208 adults up to 85 years), 465 with cystic fibrosis",
    status="verified",
    deviations=(
        "usual creatinine of adults, 84 and 69.5 umol/L, as one transcription reads table 1",
        "another transcription puts the children's 37.2 umol/L for everybody: 13 to 17 % less clearance in adults",
        "creatinine not below 60 umol/L, as in the methods",
        "creatinine moves clearance by its power 0.222 only, which does not describe failing kidneys: refused above 1.7 mg/dL",
        "the error between two assays of one sample is not used",
        "0.05 mg/L is added to the error, so that a level near zero does not outweigh all others",
    ),
    compartments=2,
    covariates=(
        Covariate("age", "a", (18.0, 85.0), "table 1, adults"),
        Covariate("weight", "kg", (35.0, 120.0), "table 1"),
        Covariate("height", "cm", (140.0, 200.0), "the range was not seen"),
        Covariate("female", "1", (0.0, 1.0), "table 1"),
        Covariate("creatinine", "mg/dL", (0.2, 1.7), "table 1, median 68 umol/L; see departures"),
    ),
    parameters=(
        Parameter("CL_male", 9.4, "L/h", "table 2, at 70 kg fat-free mass"),
        Parameter("CL_female", 8.1, "L/h", "table 2, at 70 kg fat-free mass"),
        Parameter("CL_ffm", 0.952, "1", "table 2"),
        Parameter("CL_age", -0.010, "/a", "table 2, above 18 years"),
        Parameter("CL_creatinine", 0.222, "1", "table 2"),
        Parameter("creatinine_male", 84.0, "umol/L", "table 1"),
        Parameter("creatinine_female", 69.5, "umol/L", "table 1"),
        Parameter("creatinine_floor", 60.0, "umol/L", "methods, covariate models"),
        Parameter("V1_male", 25.1, "L", "table 2, at 70 kg fat-free mass"),
        Parameter("V1_female", 20.1, "L", "table 2, at 70 kg fat-free mass"),
        Parameter("Q", 1.5, "L/h", "table 2, at 70 kg fat-free mass"),
        Parameter("V2", 10.0, "L", "table 2, at 70 kg fat-free mass"),
    ),
    random_effects=(
        RandomEffect("CL", 0.06492, "log1p", "table 2, CV 25.9 %"),
        RandomEffect("V1", 0.02284, "log1p", "table 2, CV 15.2 %"),
        RandomEffect("Q", 0.16100, "log1p", "table 2, CV 41.8 %"),
        RandomEffect("V2", 0.29426, "log1p", "table 2, CV 58.5 %"),
    ),
    covariances=(("CL", "V1", 0.02534), ("CL", "Q", 0.07269), ("V1", "Q", 0.02881)),
    occasions=(RandomEffect("CL", 0.01600, "log1p", "table 2, CV 12.7 % between occasions"),),
    residual=ResidualError(0.05, 0.204, "variance", "table 2"),
    typical=typical,
    prior_weight=732.0,
    prior_weight_source="patients studied (732)",
    refused_conditions=("pregnancy",),
    studied_regimen=Regimen(5.2, 24.0, 0.5, "table 1: median 5.2 mg/kg a day in adults", per_kg=True),
)
