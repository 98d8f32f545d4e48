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

TABLE_2 = "table 2, as transcribed in nlmixr2lib Roberts_2011_vancomycin.R"
NO_RANGE = "our bounds: mean and SD are printed (table 1), no range; "


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
        "Roberts JA et al. Antimicrob Agents Chemother 2011;55:2704-9",
        doi="10.1128/AAC.01708-10",
        confirmed_by="the areas under the curve that the paper prints for figures 2-4 (page 2706, as quoted in the nlmixr2lib "
        "article) are reproduced; nlmixr2lib and the script of ezekfelipe/vancooptim-simulacao agree on every number",
    ),
    population="206 septic critically ill adults without renal replacement, continuous infusion",
    status="verified",
    deviations=(
        "Cockcroft-Gault per 1.73 m2 (Mosteller) stands in for the 24-h urinary clearance of the paper",
        "used for intermittent doses, too, though built on continuous infusion only",
    ),
    compartments=1,
    covariates=(
        Covariate("age", "a", (18.0, 100.0), NO_RANGE + "mean 58.1 SD 14.8, three SD around it, adults"),
        Covariate("weight", "kg", (30.0, 122.0), NO_RANGE + "mean 74.8 SD 15.8, three SD around it"),
        Covariate("height", "cm", (147.0, 195.0), NO_RANGE + "mean 171 SD 8, three SD around it"),
        Covariate("female", "1", (0.0, 1.0), "table 1: 38.4 % women"),
        Covariate(
            "creatinine",
            "mg/dL",
            (0.2, 8.0),
            NO_RANGE + "of the urinary clearance 90.7 SD 60.4 mL/min/1.73 m2; creatinine as for Thomson 2009",
        ),
    ),
    parameters=(
        Parameter("CL", 4.58, "L/h", "equation 4 and " + TABLE_2),
        Parameter("V", 1.53, "L/kg", "equation 3 and " + TABLE_2),
    ),
    random_effects=(
        RandomEffect("CL", 0.1409, "log1p", TABLE_2 + ", CV 38.9 %"),
        RandomEffect("V", 0.1309, "log1p", TABLE_2 + ", CV 37.4 %"),
    ),
    residual=ResidualError(2.4, 0.199, "variance", TABLE_2),
    typical=typical,
    prior_weight=206.0,
    prior_weight_source="patients studied (206); see docs/models/vancomycin_weights.md",
    refused_conditions=("pregnancy",),
    studied_regimen=Regimen(
        30.0,
        24.0,
        24.0,
        "methods, as transcribed in nlmixr2lib: 15 mg/kg over 30 min, then 30 mg/kg a day without end",
        loading=15.0,
        loading_h=0.5,
        per_kg=True,
    ),
)
