"""Gentamicin in critically ill adults, two compartments (Hodiamont 2017).

CL = 1.15 (IBW/70)^0.75 (1 + 0.0131 (CrCL - 30)) L/h,  V1 = 21.2 IBW/70 (albumin/22)^-0.833 L
Q = 1.96 (IBW/70)^0.75 L/h,  V2 = 18.4 IBW/70 L;  IBW: ideal body weight, CrCL: measured over 6 h, mL/min.
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
from twin_engine.patient.derived import predicted_body_weight


def typical(theta: Mapping[str, float], covariates: CovariatePath) -> Mapping[str, Array]:
    """Typical CL, V1, Q, V2 per covariate regime."""
    size = predicted_body_weight(covariates["height"][0], bool(covariates["female"][0])) / 70.0
    kidney = 1.0 + theta["CL_crcl"] * (covariates["creatinine_clearance"] - 30.0)
    return {
        "CL": theta["CL"] * size**0.75 * kidney,
        "V1": theta["V1"] * size * (covariates["albumin"] / 22.0) ** theta["V1_albumin"],
        "Q": np.asarray(theta["Q"] * size**0.75),
        "V2": np.asarray(theta["V2"] * size),
    }


MODEL = Model(
    id="gentamicin_hodiamont_2017",
    drug="gentamicin",
    output="gentamicin",
    unit="mg/L",
    source=Source(
        "Hodiamont CJ et al. Int J Antimicrob Agents 2017;49:204-11, table 2 and equation 4",
        doi="10.1016/j.ijantimicag.2016.10.022",
        confirmed_by="the clearances and volumes that the paper prints for single covariate values (as quoted in a public "
        "transcription, genta_hodiamont.cpp) are reproduced from its equations",
    ),
    population="44 critically ill adults (20-78 years), Amsterdam",
    status="verified",
    deviations=(
        "the branch for haemofiltration (5 patients, one filter) is not used: patients on renal replacement are refused",
        "0.75 and 1 as exponents of Q and V2, which the paper implies and does not print",
        "0.0131 per mL/min as in equation 4; table 2 prints 0.0132",
        "ideal body weight as of the ARDS Network, which is within 1 % of Devine's",
        "0.05 mg/L is added to the error, so that a level near zero does not outweigh all others",
    ),
    compartments=2,
    covariates=(
        Covariate("age", "a", (20.0, 78.0), "table 1"),
        Covariate("height", "cm", (154.0, 195.0), "table 1"),
        Covariate("female", "1", (0.0, 1.0), "table 1"),
        Covariate("albumin", "g/L", (10.0, 36.0), "table 1"),
        Covariate("creatinine_clearance", "mL/min", (0.0, 130.0), "table 1"),
    ),
    parameters=(
        Parameter("CL", 1.15, "L/h", "table 2, at 70 kg and CrCL 30 mL/min"),
        Parameter("CL_crcl", 0.0131, "min/mL", "equation 4"),
        Parameter("V1", 21.2, "L", "table 2, at 70 kg and albumin 22 g/L"),
        Parameter("V1_albumin", -0.833, "1", "table 2"),
        Parameter("Q", 1.96, "L/h", "table 2, at 70 kg"),
        Parameter("V2", 18.4, "L", "table 2, at 70 kg"),
    ),
    random_effects=(
        RandomEffect("CL", 0.1660, "log1p", "table 2, CV 42.5 %"),
        RandomEffect("V1", 0.0292, "log1p", "table 2, CV 17.2 %"),
    ),
    covariances=(("CL", "V1", 0.0376),),
    residual=ResidualError(0.05, 0.338, "variance", "table 2"),
    typical=typical,
    prior_weight=44.0,
    prior_weight_source="patients studied (44)",
    refused_conditions=("pregnancy",),
    studied_regimen=Regimen(4.0, 24.0, 0.5, "methods: 4 mg/kg over 30 min", per_kg=True),
)
