"""Vancomycin in hospitalised adults with and without haemodialysis, two compartments (Goti 2018).

CL = 4.5 (CrCL/120)^0.8 L/h,  V1 = 58.4 (WT/70) L,  Q = 6.5 L/h,  V2 = 38.4 L;
CrCL: Cockcroft-Gault with actual weight, creatinine not below 1 mg/dL above 65 years (erratum), CrCL not above 150 mL/min.
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

TABLE_1 = "table 1, as transcribed in nlmixr2lib Goti_2018_vancomycin.R"
TABLE_2 = "table 2, as transcribed in nlmixr2lib Goti_2018_vancomycin.R"


def typical(theta: Mapping[str, float], covariates: CovariatePath) -> Mapping[str, Array]:
    """Typical CL, V1, Q, V2 per covariate regime."""
    age, weight, female = covariates["age"][0], covariates["weight"][0], bool(covariates["female"][0])
    creatinine = covariates["creatinine"]
    if age > theta["floor_above_age"]:
        creatinine = np.maximum(creatinine, theta["creatinine_floor"])
    crcl = np.minimum(cockcroft_gault(age, weight, creatinine, female), theta["crcl_cap"])
    return {
        "CL": theta["CL"] * (crcl / 120.0) ** theta["CL_crcl"],
        "V1": np.asarray(theta["V1"] * weight / 70.0),
        "Q": np.asarray(theta["Q"]),
        "V2": np.asarray(theta["V2"]),
    }


MODEL = Model(
    id="vancomycin_goti_2018",
    drug="vancomycin",
    output="vancomycin",
    unit="mg/L",
    source=Source(
        "Goti V et al. Ther Drug Monit 2018;40:212-21; erratum PubMed 31306395",
        doi="10.1097/FTD.0000000000000490",
        confirmed_by="nlmixr2lib Goti_2018_vancomycin.R, the posologyr tests and the NONMEM model of tucuxi-drugs agree on "
        "typical values and error, the first two also on omega; PKPDsim pk_vanco_goti.json5 (lines 9-16, 24-30, 39-41) "
        "on typical values and on the CVs "
        "(it lowers the error, and says so)",
    ),
    population="1,812 hospitalised adults (65 % with an intensive care stay), 17-101 years, 33-255 kg",
    status="verified",
    deviations=(
        "the haemodialysis terms are not used: patients on renal replacement are refused",
        "V2 is not scaled by weight, as in PKPDsim, posologyr and tucuxi-drugs; nlmixr2lib scales it, from the methods text",
        "creatinine is floored above 65 years (erratum, as quoted by PKPDsim); the paper says above 60",
    ),
    compartments=2,
    covariates=(
        Covariate("age", "a", (18.0, 101.0), TABLE_1 + " (17-101); adults here"),
        Covariate("weight", "kg", (33.0, 255.0), TABLE_1),
        Covariate("female", "1", (0.0, 1.0), TABLE_1),
        Covariate(
            "creatinine",
            "mg/dL",
            (0.2, 12.0),
            "our bounds: what is printed is the range of the clearance, 4-150 mL/min (table 1); 12 mg/dL is 4.5 mL/min at 75 "
            "years and 60 kg",
        ),
    ),
    parameters=(
        Parameter("CL", 4.5, "L/h", TABLE_2),
        Parameter("CL_crcl", 0.8, "1", TABLE_2),
        Parameter("V1", 58.4, "L", TABLE_2 + ", at 70 kg"),
        Parameter("Q", 6.5, "L/h", TABLE_2),
        Parameter("V2", 38.4, "L", TABLE_2),
        Parameter("crcl_cap", 150.0, "mL/min", "methods, as transcribed in nlmixr2lib"),
        Parameter("creatinine_floor", 1.0, "mg/dL", "methods, as transcribed in nlmixr2lib"),
        Parameter("floor_above_age", 65.0, "a", "erratum, as quoted by PKPDsim"),
    ),
    random_effects=(
        RandomEffect("CL", 0.147, "log1p", TABLE_2 + ", CV 39.8 %"),
        RandomEffect("V1", 0.510, "log1p", TABLE_2 + ", CV 81.6 %"),
        RandomEffect("V2", 0.282, "log1p", TABLE_2 + ", CV 57.1 %"),
    ),
    residual=ResidualError(3.4, 0.227, "variance", TABLE_2),
    typical=typical,
    prior_weight=1812.0,
    prior_weight_source="patients studied (1,812); see docs/models/vancomycin_weights.md",
    refused_conditions=("pregnancy",),
    studied_regimen=Regimen(
        15.0, 12.0, 1.0, "ASHP/IDSA 2020: 15-20 mg/kg every 8-12 h, load 20-35 mg/kg", loading=25.0, loading_h=2.0, per_kg=True
    ),
)
