"""Propofol by continuous infusion in critically ill adults with and without ECMO, two compartments (Bertin 2026).

CL = 68 (1 + 0.66 (WT - 70)/70) L/h,  V1 = 82 L,  Q = 26 L/h,  V2 = 100 L; ECMO did not matter.
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

REFERENCE_KG = 70.0
TABLE_2 = "table 2, as transcribed in nlmixr2lib Bertin_2026_propofol.R"


def typical(theta: Mapping[str, float], covariates: CovariatePath) -> Mapping[str, Array]:
    """Typical CL, V1, Q, V2 per covariate regime."""
    heavier = (covariates["weight"] - REFERENCE_KG) / REFERENCE_KG
    return {
        "CL": theta["CL"] * (1.0 + theta["CL_weight"] * heavier),
        "V1": np.asarray(theta["V1"]),
        "Q": np.asarray(theta["Q"]),
        "V2": np.asarray(theta["V2"]),
    }


MODEL = Model(
    id="propofol_bertin_2026",
    drug="propofol",
    output="propofol",
    unit="mg/L",
    source=Source(
        "Bertin S et al. Clin Pharmacokinet 2026",
        doi="10.1007/s40262-025-01585-2",
        confirmed_by="the abstract prints clearance, Q, the volumes per kg, their variability and the error; the results print "
        "87 L/h at 100 kg, as quoted in nlmixr2lib",
    ),
    population="39 critically ill adults (18-75 years, 51-120 kg, 35 men), 20 on ECMO, 9 on renal replacement",
    status="verified",
    deviations=(
        "half the limit of quantification (0.1 mg/L) is added to the proportional error, which vanishes at 0",
        "no effect: the bispectral index was not studied",
    ),
    compartments=2,
    covariates=(
        Covariate("age", "a", (18.0, 75.0), "table 1, as transcribed; not in the equations"),
        Covariate("weight", "kg", (51.0, 120.0), "table 1, as transcribed"),
    ),
    parameters=(
        Parameter("CL", 68.0, "L/h", "abstract, at 70 kg"),
        Parameter("CL_weight", 0.66, "1", TABLE_2),
        Parameter("V1", 82.0, "L", TABLE_2 + "; the abstract prints 1.2 L/kg"),
        Parameter("Q", 26.0, "L/h", "abstract"),
        Parameter("V2", 100.0, "L", TABLE_2 + "; the abstract prints 1.4 L/kg"),
    ),
    random_effects=(
        RandomEffect("CL", 0.1094, "log1p", "abstract, CV 34 %"),
        RandomEffect("V1", 1.8390, "log1p", "abstract, CV 230 %"),
    ),
    residual=ResidualError(0.05, 0.13, "variance", "abstract, 13 %; half the limit of quantification added"),
    typical=typical,
    prior_weight=39.0,
    prior_weight_source="patients studied (39)",
    refused_conditions=("pregnancy",),
    refused_procedures=("sled",),
    studied_regimen=Regimen(15.0, 6.0, 6.0, "table 1, median 2.2-3.0 mg/kg/h", per_kg=True),
)
