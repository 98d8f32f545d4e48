"""Midazolam by continuous infusion in ventilated critically ill adults, two compartments (Swart 2004).

CL = 11.3 - 0.145 (age - 57) L/h,  V1 = 7.15 L,  V2 = 431 - 7.15 L,  Q = 40.8 - 2.75 (APACHE II - 26) L/h.
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

TABLE_5 = "table 5, model with covariates, as transcribed in nlmixr2lib Swart_2004_midazolam.R"


def typical(theta: Mapping[str, float], covariates: CovariatePath) -> Mapping[str, Array]:
    """Typical CL, V1, Q, V2 per covariate regime; the lines stay positive within the studied ranges."""
    return {
        "CL": theta["CL"] - theta["CL_age"] * (covariates["age"] - 57.0),
        "V1": np.asarray(theta["V1"]),
        "Q": theta["Q"] - theta["Q_apache"] * (covariates["apache_ii"] - 26.0),
        "V2": np.asarray(theta["Vss"] - theta["V1"]),
    }


MODEL = Model(
    id="midazolam_swart_2004",
    drug="midazolam",
    output="midazolam",
    unit="ug/L",
    source=Source("Swart EL et al. Br J Clin Pharmacol 2004;57:135-45", doi="10.1046/j.1365-2125.2003.01957.x"),
    population="21 ventilated critically ill adults (21-84 years, 40-90 kg, APACHE II 6-34), infusions of 1 to 30 days",
    status="exposure only",
    deviations=(
        "chronic alcohol abuse (clearance 4 L/h lower) is not charted: that of patients without it",
        "the variability printed for the volume at steady state is that of V2",
        "drugs that block or induce CYP3A4 are not in the model",
    ),
    compartments=2,
    covariates=(
        Covariate("age", "a", (21.0, 84.0), "table 1, as transcribed"),
        Covariate("weight", "kg", (40.0, 90.0), "table 1, as transcribed; not in the equations"),
        Covariate("apache_ii", "1", (6.0, 34.0), "table 1, as transcribed"),
    ),
    parameters=(
        Parameter("CL", 11.3, "L/h", TABLE_5),
        Parameter("CL_age", 0.145, "L/h/a", TABLE_5),
        Parameter("V1", 7.15, "L", TABLE_5),
        Parameter("Q", 40.8, "L/h", TABLE_5),
        Parameter("Q_apache", 2.75, "L/h", TABLE_5),
        Parameter("Vss", 431.0, "L", TABLE_5),
    ),
    random_effects=(
        RandomEffect("CL", 0.4656, "log1p", TABLE_5 + ", CV 77 %"),
        RandomEffect("V1", 1.8021, "log1p", TABLE_5 + ", CV 225 %"),
        RandomEffect("Q", 0.2561, "log1p", TABLE_5 + ", CV 54 %"),
        RandomEffect("V2", 2.6103, "log1p", TABLE_5 + ", CV 355 %"),
    ),
    residual=ResidualError(32.0, 0.309, "variance", TABLE_5),
    typical=typical,
    prior_weight=21.0,
    prior_weight_source="patients studied (21)",
    refused_conditions=("pregnancy",),
    studied_regimen=Regimen(60000.0, 6.0, 6.0, "methods: begun at 10 mg/h"),
)
