"""Linezolid in critically ill adults, two compartments (Taubert 2016).

CL = 7.92 (lactate/1.91)^-0.21 (1.82 with ARDS) L/h,  V1 = 15.0 (WT/76)^1.31 (1.53 with peritonitis) L
Q = 65.59 L/h,  V2 = 26.55 L;  lactate in mmol/L.
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


def typical(theta: Mapping[str, float], covariates: CovariatePath) -> Mapping[str, Array]:
    """Typical CL, V1, Q, V2 per covariate regime."""
    ards, peritonitis = theta["CL_ards"] ** covariates["ards"], theta["V1_peritonitis"] ** covariates["peritonitis"]
    return {
        "CL": theta["CL"] * (covariates["lactate"] / 1.91) ** theta["CL_lactate"] * ards,
        "V1": theta["V1"] * (covariates["weight"] / 76.0) ** theta["V1_weight"] * peritonitis,
        "Q": np.asarray(theta["Q"]),
        "V2": np.asarray(theta["V2"]),
    }


MODEL = Model(
    id="linezolid_taubert_2016",
    drug="linezolid",
    output="linezolid",
    unit="mg/L",
    source=Source(
        "Taubert M et al. Antimicrob Agents Chemother 2016;60:5254-61, page 5256 and supplementary table S3, as transcribed in "
        "nlmixr2lib inst/modeldb/specificDrugs/Taubert_2016_linezolid.R",
        doi="10.1128/AAC.00356-16",
    ),
    population="52 critically ill adults (28-84 years, 44-120 kg), 31 % of them on continuous renal replacement",
    status="exposure only",
    deviations=(
        "fibrinogen is not read: its power of 0.04 moves clearance by less than 5 % over the usual range",
        "renal replacement was present in a third of the patients and was not kept as a covariate; here it is refused",
        "absorption after oral doses is not used",
    ),
    compartments=2,
    covariates=(
        Covariate("age", "a", (28.0, 84.0), "table 1"),
        Covariate("weight", "kg", (44.0, 120.0), "table 1"),
        Covariate("lactate", "mmol/L", (0.5, 15.0), "table 1, lowest 0.53; the highest was not seen"),
        Covariate("ards", "1", (0.0, 1.0), "table 1"),
        Covariate("peritonitis", "1", (0.0, 1.0), "table 1"),
    ),
    parameters=(
        Parameter("CL", 7.92, "L/h", "table S3"),
        Parameter("CL_lactate", -0.21, "1", "table S3"),
        Parameter("CL_ards", 1.82, "1", "table S3"),
        Parameter("V1", 15.0, "L", "table S3, at 76 kg"),
        Parameter("V1_weight", 1.31, "1", "table S3"),
        Parameter("V1_peritonitis", 1.53, "1", "table S3"),
        Parameter("Q", 65.59, "L/h", "table S3"),
        Parameter("V2", 26.55, "L", "table S3"),
    ),
    random_effects=(
        RandomEffect("CL", 0.2900, "log1p", "page 5256, CV 58 %"),
        RandomEffect("V1", 0.1283, "log1p", "page 5256, CV 37 %"),
    ),
    residual=ResidualError(0.0707, 0.339, "variance", "table S3: square roots of 0.005 and 0.115"),
    typical=typical,
    prior_weight=52.0,
    prior_weight_source="patients studied (52)",
    refused_conditions=("pregnancy",),
    studied_regimen=Regimen(600.0, 12.0, 1.0, "methods: 600 mg twice a day over 10-120 min"),
)
