"""Piperacillin in early septic shock, two compartments, unbound drug (Öbrink-Hansen 2015).

Unbound: CL = 3.6 - 0.011 (creatinine - 170) L/h (creatinine in umol/L),  V1 = 7.3 L,  Q = 6.58 L/h,  V2 = 3.9 L
Total, as laboratories measure it: all times the unbound fraction of 0.91.
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
from twin_engine.patient.derived import CREATININE_UMOL_PER_MG_DL

UNBOUND = 0.91


def typical(theta: Mapping[str, float], covariates: CovariatePath) -> Mapping[str, Array]:
    """Typical CL, V1, Q, V2 of total piperacillin per covariate regime; creatinine as in the range that was studied."""
    low, high = theta["creatinine_least"], theta["creatinine_most"]
    creatinine = np.clip(covariates["creatinine"] * CREATININE_UMOL_PER_MG_DL, low, high)
    return {
        "CL": UNBOUND * (theta["CL"] + theta["CL_creatinine"] * (creatinine - 170.0)),
        "V1": np.asarray(UNBOUND * theta["V1"]),
        "Q": np.asarray(UNBOUND * theta["Q"]),
        "V2": np.asarray(UNBOUND * theta["V2"]),
    }


MODEL = Model(
    id="piperacillin_tazobactam_obrink_hansen_2015",
    drug="piperacillin_tazobactam",
    output="piperacillin_tazobactam",
    unit="mg/L",
    source=Source(
        "Öbrink-Hansen K et al. Antimicrob Agents Chemother 2015;59:7018-26, table 2",
        doi="10.1128/AAC.01347-15",
    ),
    population="15 adults in early septic shock on norepinephrine, no renal replacement",
    status="exposure only",
    deviations=(
        "the abstract confirms the typical values; slope, variability and error stand in one transcription (nlmixr2lib) only",
        "unbound piperacillin was measured; total is unbound divided by 0.91 (Kim YK et al. 2022, doi:10.1093/jac/dkac059)",
        "older creatinine beyond the studied 53-446 umol/L counts as the end of that range",
        "0.1 mg/L is added to the error, so that a level near zero does not outweigh all others",
    ),
    compartments=2,
    covariates=(
        Covariate("age", "a", (18.0, 90.0), "table 1, interquartile range 59-79"),
        Covariate("creatinine", "mg/dL", (0.6, 5.04), "table 1: 53-446 umol/L"),
    ),
    parameters=(
        Parameter("CL", 3.6, "L/h", "abstract and table 2, at 170 umol/L"),
        Parameter("CL_creatinine", -0.011, "L/h per umol/L", "table 2"),
        Parameter("creatinine_least", 53.0, "umol/L", "table 1"),
        Parameter("creatinine_most", 446.0, "umol/L", "table 1"),
        Parameter("V1", 7.3, "L", "abstract and table 2"),
        Parameter("Q", 6.58, "L/h", "abstract and table 2"),
        Parameter("V2", 3.9, "L", "abstract and table 2"),
    ),
    random_effects=(
        RandomEffect("CL", 0.41001, "log1p", "table 2, CV 71.2 %"),
        RandomEffect("V1", 0.28818, "log1p", "table 2, CV 57.8 %"),
    ),
    residual=ResidualError(0.1, 0.147, "variance", "table 2"),
    typical=typical,
    prior_weight=15.0,
    prior_weight_source="patients studied (15)",
    refused_conditions=("pregnancy",),
    unbound=UNBOUND,
    studied_regimen=Regimen(4000.0, 8.0, 0.05, "methods: 4 g every 8 h over 3 min"),
)
