"""Rocuronium in surgical patients and volunteers, two compartments and an effect site (Kleijn 2011).

CL = 0.269 (WT/70)^0.75 (1 - 0.00678 (age - 43)) L/min,  V1 = 4.73 WT/70 exp(-0.00143 (CrCL - 119)) L
Q = 0.279 (WT/70)^0.75 L/min,  V2 = 6.76 WT/70 exp(0.00613 (age - 43)) L,  ke0 = 0.134 (WT/70)^-0.25 /min
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

PER_HOUR = 60.0
TABLE_4 = "table 4"


def typical(theta: Mapping[str, float], covariates: CovariatePath) -> Mapping[str, Array]:
    """Typical parameters per covariate regime; the paper's L/min become L/h."""
    age, weight, female = float(covariates["age"][0]), float(covariates["weight"][0]), bool(covariates["female"][0])
    crcl = np.asarray(cockcroft_gault(age, weight, covariates["creatinine"], female))
    size = weight / 70.0
    return {
        "CL": np.asarray(PER_HOUR * theta["CL"] * size**0.75 * (1.0 + theta["CL_age"] * (age - 43.0))),
        "V1": theta["V1"] * size * np.exp(theta["V1_crcl"] * (crcl - 119.0)),
        "Q": np.asarray(PER_HOUR * theta["Q"] * size**0.75),
        "V2": np.asarray(theta["V2"] * size * np.exp(theta["V2_age"] * (age - 43.0))),
        "KE0": np.asarray(PER_HOUR * theta["KE0"] * size**-0.25),
    }


MODEL = Model(
    id="rocuronium_kleijn_2011",
    drug="rocuronium",
    output="rocuronium",
    unit="mg/L",
    source=Source(
        "Kleijn HJ et al. Br J Clin Pharmacol 2011;72:415-33, table 4",
        doi="10.1111/j.1365-2125.2011.04000.x",
        confirmed_by="table 4 itself (PMC3175511); typical values also in opentiva 1.1.2 rocuronium.py (class Kleijn) and "
        "anasim-simulator 1.7 patient/pk_models.py (class RocuroniumPK)",
    ),
    population="446 surgical patients and volunteers, 1-91 years; none critically ill",
    status="exposure only",
    deviations=(
        "used in adults only; the distribution clearance of Asian patients is 21 % lower, and race is not read",
        "no sevoflurane; the block itself (train of four) is not predicted",
        "sugammadex binds rocuronium: no forecast is valid after it",
        "the rate of the effect site is the same for everyone",
    ),
    compartments=2,
    covariates=(
        Covariate("age", "a", (18.0, 91.0), "as transcribed in anasim-simulator 1.7, 1-91 years"),
        Covariate("weight", "kg", (40.0, 120.0), "around the 74.5 kg of table 4; the range was not seen"),
        Covariate("female", "1", (0.0, 1.0), "for the creatinine clearance"),
        Covariate("creatinine", "mg/dL", (0.4, 6.0), "table 4: creatinine clearance is a covariate"),
    ),
    parameters=(
        Parameter("CL", 0.269, "L/min", TABLE_4),
        Parameter("CL_age", -0.00678, "/a", TABLE_4),
        Parameter("V1", 4.73, "L", TABLE_4),
        Parameter("V1_crcl", -0.00143, "min/mL", TABLE_4),
        Parameter("Q", 0.279, "L/min", TABLE_4),
        Parameter("V2", 6.76, "L", TABLE_4),
        Parameter("V2_age", 0.00613, "/a", TABLE_4),
        Parameter("KE0", 0.134, "/min", TABLE_4),
    ),
    random_effects=(
        RandomEffect("CL", 0.0998, "log1p", TABLE_4 + ", 32.4 %"),
        RandomEffect("V1", 0.0551, "log1p", TABLE_4 + ", 23.8 %"),
        RandomEffect("V2", 0.0987, "log1p", TABLE_4 + ", 32.2 %"),
    ),
    residual=ResidualError(0.0, 0.20, "log", TABLE_4 + ", 20.0 %, read as the error of logarithms"),
    typical=typical,
    prior_weight=446.0,
    prior_weight_source="subjects studied (446)",
    refused_conditions=("pregnancy",),
    effect_site=True,
    studied_regimen=Regimen(
        0.3, 1.0, 1.0, "US prescribing information: 0.6 mg/kg, then 4-16 ug/kg/min", loading=0.6, per_kg=True
    ),
)
