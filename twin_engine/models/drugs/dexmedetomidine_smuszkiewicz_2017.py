"""Dexmedetomidine by continuous infusion in intensive care adults, two compartments (Smuszkiewicz 2017).

CL = 38.5 L/h,  V1 = 27.0 L,  Q = 46.4 L/h,  V2 = 87.6 L; age, sex, weight, SOFA and inotropes did not matter.
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

TABLE_2 = "table 2, as transcribed in nlmixr2lib Smuszkiewicz_2017_dexmedetomidine.R"


def typical(theta: Mapping[str, float], covariates: CovariatePath) -> Mapping[str, Array]:
    """Typical CL, V1, Q, V2: the same for everyone, in every covariate regime."""
    return {name: np.full(len(covariates.starts_h), theta[name]) for name in ("CL", "V1", "Q", "V2")}


MODEL = Model(
    id="dexmedetomidine_smuszkiewicz_2017",
    drug="dexmedetomidine",
    output="dexmedetomidine",
    unit="ug/L",
    source=Source(
        "Smuszkiewicz P et al. J Pharmacokinet Pharmacodyn 2018;45:277-84",
        doi="10.1007/s10928-017-9564-7",
        confirmed_by="the abstract prints the four typical values; variability and error stand in one transcription only; "
        "clearance 39 L/h, CV 62 %, in another 527 critically ill patients (Valitalo PA et al. Clin Drug Investig "
        "2013;33:579-87, abstract)",
    ),
    population="27 medical and surgical intensive care adults (19-84 years, 45-100 kg, SOFA 5-16), infusions of 24 to 102 h",
    status="exposure only",
    deviations=(
        "half the limit of quantification (0.05 ug/L) is added to the proportional error, which vanishes at 0",
        "no weight, as published, though clearance rose with it in the larger study (Valitalo 2013, abstract)",
    ),
    compartments=2,
    covariates=(
        Covariate("age", "a", (19.0, 84.0), "table 1, as transcribed; not in the equations"),
        Covariate("weight", "kg", (45.0, 100.0), "table 1, as transcribed; not in the equations"),
    ),
    parameters=(
        Parameter("CL", 38.5, "L/h", "abstract"),
        Parameter("V1", 27.0, "L", "abstract"),
        Parameter("Q", 46.4, "L/h", "abstract"),
        Parameter("V2", 87.6, "L", "abstract"),
    ),
    random_effects=(
        RandomEffect("CL", 0.3361, "log1p", TABLE_2 + ", CV 63.2 %"),
        RandomEffect("V1", 0.9312, "log1p", TABLE_2 + ", CV 124 %"),
        RandomEffect("Q", 0.5034, "log1p", TABLE_2 + ", CV 80.9 %"),
        RandomEffect("V2", 0.5832, "log1p", TABLE_2 + ", CV 89.0 %"),
    ),
    residual=ResidualError(0.025, 0.24, "variance", TABLE_2 + "; half the limit of quantification added"),
    typical=typical,
    prior_weight=27.0,
    prior_weight_source="patients studied (27)",
    refused_conditions=("pregnancy",),
    studied_regimen=Regimen(3.0, 6.0, 6.0, "methods, median rate 0.5 ug/kg/h", per_kg=True),
)
