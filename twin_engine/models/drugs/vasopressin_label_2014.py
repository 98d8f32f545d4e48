"""Vasopressin in vasodilatory shock, one compartment (US prescribing information).

CL = 15 mL/min/kg (9 to 25),  V = 140 mL/kg;  half-life 6.5 min (the label: at most 10 min).
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

LABEL = "section 12.3"
_OURS = "our own bound: the label prints no range"


def typical(theta: Mapping[str, float], covariates: CovariatePath) -> Mapping[str, Array]:
    """Typical CL and V per covariate regime."""
    weight = covariates["weight"]
    return {"CL": np.asarray(theta["CL"] * 0.06 * weight), "V": np.asarray(theta["V"] / 1000.0 * weight)}


MODEL = Model(
    id="vasopressin_label_2014",
    drug="vasopressin",
    output="vasopressin",
    unit="U/L",
    source=Source(
        "US prescribing information, vasopressin injection, section 12.3, as quoted in the references of anasim-simulator 1.7",
        doi="none (DailyMed set 971f9b1c-6094-4f80-920b-cb5d7e62950a)",
        confirmed_by="the half-life of at most 10 min only, in a drug monograph (medicine.com)",
    ),
    population="adults in vasodilatory shock on 0.01 to 0.1 U/min; the number of patients is not printed",
    status="exposure only",
    deviations=(
        "the label prints a range and no population model: its geometric mean is the typical clearance",
        "the ends of that range are taken as the 5th and 95th percentile",
        "variability of the volume and the error of an assay are not printed: 25 %, and 20 % with 1 mU/L, are assumed",
        "what the body itself secretes is not added",
    ),
    compartments=1,
    covariates=(
        Covariate("age", "a", (18.0, 90.0), _OURS),
        Covariate("weight", "kg", (40.0, 150.0), _OURS),
    ),
    parameters=(
        Parameter("CL", 15.0, "mL/min/kg", LABEL + ": 9 to 25, geometric mean"),
        Parameter("V", 140.0, "mL/kg", LABEL),
    ),
    random_effects=(
        RandomEffect("CL", 0.0964, "reported_variance", LABEL + ": (ln(25/9) / 3.29)^2"),
        RandomEffect("V", 0.0606, "log1p", "assumed, CV 25 %"),
    ),
    residual=ResidualError(0.001, 0.20, "variance", "assumed"),
    typical=typical,
    prior_weight=1.0,
    prior_weight_source="the only model; the number of patients is not printed",
    refused_conditions=("pregnancy",),
    # It is not the kidneys that clear it: renal replacement leaves the exposure as it is.
    refused_procedures=("ecmo",),
    studied_regimen=Regimen(1.8, 1.0, 1.0, "US prescribing information: 0.03 U/min"),
)
