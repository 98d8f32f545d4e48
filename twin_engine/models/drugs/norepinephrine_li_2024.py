"""Norepinephrine in healthy volunteers, two compartments, arterial samples (Li 2024).

CL = 2.1 (WT/70)^0.75 exp(-0.00344 (age - 35)) L/min,  V1 = 2.4 WT/70,  V2 = 3.6 WT/70 L,  Q = 0.6 (WT/70)^0.75 L/min.
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

PER_HOUR = 60.0
TABLE_3 = "table 3, as transcribed in nlmixr2lib Li_2024_norepinephrine.R"


def typical(theta: Mapping[str, float], covariates: CovariatePath) -> Mapping[str, Array]:
    """Typical CL, V1, Q, V2 per covariate regime; the paper's L/min become L/h."""
    size = covariates["weight"] / 70.0
    return {
        "CL": PER_HOUR * theta["CL"] * size**0.75 * np.exp(theta["CL_age"] * (covariates["age"] - 35.0)),
        "V1": theta["V1"] * size,
        "Q": PER_HOUR * theta["Q"] * size**0.75,
        "V2": theta["V2"] * size,
    }


MODEL = Model(
    id="norepinephrine_li_2024",
    drug="norepinephrine",
    output="norepinephrine",
    unit="ug/L",
    source=Source(
        "Li Y et al. Clin Pharmacokinet 2024;63:1597-608",
        doi="10.1007/s40262-024-01430-y",
        confirmed_by="typical values also in anasim-simulator 1.7 patient/pk_models.py (class NorepinephrinePK); the rest "
        "stands in one transcription only",
    ),
    population="36 healthy volunteers (18-70 years, 51-95 kg), awake and anaesthetised; nobody in shock",
    status="exposure only",
    deviations=(
        "what the body itself secretes (about 0.24 ug/L) is not added",
        "clearance is that of the awake volunteer: propofol at 3.5 mg/L lowers it by 12 %",
        "the lag is that of 70 kg",
    ),
    compartments=2,
    covariates=(
        Covariate("age", "a", (18.0, 70.0), "table 1, as transcribed"),
        Covariate("weight", "kg", (51.5, 94.8), "table 1, as transcribed"),
    ),
    parameters=(
        Parameter("CL", 2.1, "L/min", TABLE_3),
        Parameter("CL_age", -0.00344, "/a", TABLE_3),
        Parameter("V1", 2.4, "L", TABLE_3),
        Parameter("Q", 0.6, "L/min", TABLE_3),
        Parameter("V2", 3.6, "L", TABLE_3),
    ),
    random_effects=(
        RandomEffect("CL", 0.0111733, "log1p", TABLE_3 + ", CV 10.6 %"),
        RandomEffect("V1", 0.1806744, "log1p", TABLE_3 + ", CV 44.5 %"),
        RandomEffect("V2", 0.1511886, "log1p", TABLE_3 + ", CV 40.4 %"),
    ),
    residual=ResidualError(0.0324, 0.167, "variance", TABLE_3),
    typical=typical,
    prior_weight=36.0,
    prior_weight_source="subjects studied (36)",
    refused_conditions=("pregnancy",),
    lag_h=13.7 / 3600.0,
    studied_regimen=Regimen(6.0, 1.0, 1.0, "methods, steps of 0.04 to 0.20 ug/kg/min", per_kg=True),
)
