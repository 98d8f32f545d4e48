"""Vancomycin by continuous infusion in septic critically ill adults, one compartment (Roberts 2011).

CL = 4.58 CrCL/100 L/h (CrCL in mL/min/1.73 m2),  V = 1.53 WT L.
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
from twin_engine.patient.derived import body_surface_area, cockcroft_gault


def typical(theta: Mapping[str, float], covariates: CovariatePath) -> Mapping[str, Array]:
    """Typical CL and V per covariate regime."""
    age, weight, female = covariates["age"][0], covariates["weight"][0], bool(covariates["female"][0])
    area = body_surface_area(weight, covariates["height"][0])
    crcl = cockcroft_gault(age, weight, covariates["creatinine"], female) * 1.73 / area
    return {"CL": np.asarray(theta["CL"] * crcl / 100.0), "V": np.asarray(theta["V"] * weight)}


MODEL = Model(
    id="vancomycin_roberts_2011",
    drug="vancomycin",
    output="vancomycin",
    unit="mg/L",
    source=Source(
        "Roberts JA et al. Antimicrob Agents Chemother 2011;55:2704-9, equations 3-4 and table 2",
        doi="10.1128/AAC.01708-10",
    ),
    population="206 septic critically ill adults without renal replacement, continuous infusion",
    status="experimental",
    deviations=("Cockcroft-Gault per 1.73 m2 (Mosteller) stands in for the 24-h urinary clearance of the paper",),
    compartments=1,
    covariates=(
        Covariate("age", "a", (18.0, 100.0), "methods"),
        Covariate("weight", "kg", (40.0, 150.0), "table 1, mean 74.8 SD 15.8"),
        Covariate("height", "cm", (140.0, 210.0), "table 1"),
        Covariate("female", "1", (0.0, 1.0), "table 1"),
        Covariate("creatinine", "mg/dL", (0.2, 8.0), "table 1"),
    ),
    parameters=(
        Parameter("CL", 4.58, "L/h", "equation 4, table 2"),
        Parameter("V", 1.53, "L/kg", "equation 3, table 2"),
    ),
    random_effects=(
        RandomEffect("CL", 0.140924, "log1p", "table 2, CV 38.9 %"),
        RandomEffect("V", 0.130918, "log1p", "table 2, CV 37.4 %"),
    ),
    residual=ResidualError(2.4, 0.199, "variance", "table 2"),
    typical=typical,
    prior_weight=206.0,
    prior_weight_source="patients studied (206); see docs/models/vancomycin_weights.md",
    refused_conditions=("pregnancy",),
    studied_regimen=Regimen(
        15.0, 12.0, 1.0, "ASHP/IDSA 2020: 15-20 mg/kg every 8-12 h, load 20-35 mg/kg", loading=25.0, loading_h=2.0, per_kg=True
    ),
)
