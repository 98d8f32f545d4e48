"""Intravenous furosemide in adults with chronic heart failure, two compartments (Hornik 2025).

CL = 6.51 (CrCL/86)^0.74 (WT/70)^0.75 L/h,  V1 = 5.37 WT/70 L,  Q = 3.74 (WT/70)^0.75 L/h,  V2 = 5.95 WT/70 L;
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

TABLE_1 = "table 1, as transcribed in nlmixr2lib Hornik_2025_furosemide.R"


def typical(theta: Mapping[str, float], covariates: CovariatePath) -> Mapping[str, Array]:
    """Typical CL, V1, Q, V2 per covariate regime."""
    age, weight, female = float(covariates["age"][0]), float(covariates["weight"][0]), bool(covariates["female"][0])
    crcl = np.asarray(cockcroft_gault(age, weight, covariates["creatinine"], female))
    size = weight / 70.0
    return {
        "CL": theta["CL"] * (crcl / 86.0) ** theta["CL_crcl"] * size**0.75,
        "V1": np.asarray(theta["V1"] * size),
        "Q": np.asarray(theta["Q"] * size**0.75),
        "V2": np.asarray(theta["V2"] * size),
    }


MODEL = Model(
    id="furosemide_hornik_2025",
    drug="furosemide",
    output="furosemide",
    unit="mg/L",
    source=Source("Hornik CP et al. Clin Pharmacokinet 2025;64:899-908", doi="10.1007/s40262-025-01515-2"),
    population="15 adults with chronic heart failure (52-83 years, 14 men), creatinine clearance about 60-140 mL/min; none "
    "critically ill",
    status="exposure only",
    deviations=(
        "intravenous doses only",
        "no effect on urine output: no verified model was found",
        "weight enters as in the paper's extrapolation from its 70 kg adult",
    ),
    compartments=2,
    covariates=(
        Covariate("age", "a", (52.0, 83.0), "methods, as transcribed"),
        Covariate("weight", "kg", (60.0, 120.0), "supplement, figures S1-S5, as transcribed"),
        Covariate("female", "1", (0.0, 1.0), "methods, as transcribed; one woman"),
        Covariate("creatinine", "mg/dL", (0.5, 1.5), "clearance 60-140 mL/min, supplement, as transcribed"),
    ),
    parameters=(
        Parameter("CL", 6.51, "L/h", TABLE_1),
        Parameter("CL_crcl", 0.74, "1", TABLE_1),
        Parameter("V1", 5.37, "L", TABLE_1),
        Parameter("Q", 3.74, "L/h", TABLE_1),
        Parameter("V2", 5.95, "L", TABLE_1),
    ),
    random_effects=(
        RandomEffect("CL", 0.033652, "log1p", TABLE_1 + ", CV 18.5 %"),
        RandomEffect("V1", 0.095755, "log1p", TABLE_1 + ", CV 31.7 %"),
        RandomEffect("Q", 0.103964, "log1p", TABLE_1 + ", CV 33.1 %"),
        RandomEffect("V2", 0.035098, "log1p", TABLE_1 + ", CV 18.9 %"),
    ),
    residual=ResidualError(0.1, 0.126, "variance", TABLE_1),
    typical=typical,
    prior_weight=15.0,
    prior_weight_source="patients studied (15)",
    refused_conditions=("pregnancy",),
    studied_regimen=Regimen(40.0, 6.0, 2.0 / 60.0, "methods, as transcribed: 40 mg over 2 min, repeated"),
)
