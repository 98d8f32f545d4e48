"""Gentamicin in critically ill adults on continuous renal replacement, one compartment (He 2022).

CL = 1.20 + 0.77 effluent L/h,  V = 27.6 L;  effluent in L/h.
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
    """Typical CL and V per covariate regime."""
    return {"CL": theta["CL_body"] + theta["saturation"] * covariates["crrt_effluent"], "V": np.asarray(theta["V"])}


MODEL = Model(
    id="gentamicin_he_2022",
    drug="gentamicin",
    output="gentamicin",
    unit="mg/L",
    source=Source(
        "He S, Cheng Z, Xie F. Drug Des Devel Ther 2022;16:13-22, equation 1 and table 2",
        doi="10.2147/DDDT.S343385",
        confirmed_by="the printed total clearance of 63.3 mL/min and the printed shares of troughs below 1 and 2 mg/L (tables "
        "3-5, as quoted in nlmixr2lib vignettes/articles/He_2022_gentamicin.Rmd) are reproduced",
    ),
    population="14 critically ill adults (34-79 years, 48-102 kg) on haemofiltration or haemodiafiltration, from two studies",
    status="verified",
    deviations=(
        "0.77 of the effluent is cleared, as in the simulations of the paper; the fit used the measured share of each patient",
        "one random effect on total clearance with the spread of the typical patient; the paper varies the body's part only",
    ),
    compartments=1,
    covariates=(
        Covariate("age", "a", (34.0, 79.0), "table 1"),
        Covariate("weight", "kg", (48.0, 102.0), "table 1"),
        Covariate("crrt_effluent", "L/h", (1.4, 5.1), "table 1 and simulations: 30-68 mL/kg/h"),
    ),
    parameters=(
        Parameter("CL_body", 1.20, "L/h", "table 2"),
        Parameter("saturation", 0.77, "1", "methods, simulation"),
        Parameter("V", 27.6, "L", "table 2"),
    ),
    random_effects=(
        RandomEffect("CL", 0.0468, "log1p", "table 2: CV 69.3 % of 1.20 is 21.9 % of the total 3.80 L/h"),
        RandomEffect("V", 0.0477, "log1p", "table 2, CV 22.1 %"),
    ),
    residual=ResidualError(0.156, 0.080, "variance", "table 2"),
    typical=typical,
    prior_weight=14.0,
    prior_weight_source="patients studied (14)",
    refused_conditions=("pregnancy",),
    refused_procedures=("ihd", "sled", "ecmo"),
    studied_regimen=Regimen(5.0, 24.0, 0.5, "table 1: 2.4-5 mg/kg over 30 min", per_kg=True),
)
