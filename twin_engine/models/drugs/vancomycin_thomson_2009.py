"""Vancomycin in hospital adults, two compartments (Thomson 2009).

CL = 2.99 (1 + 0.0154 (CrCL - 66)) L/h,  V1 = 0.675 WT,  V2 = 0.732 WT,  Q = 2.28 L/h;  CrCL: Cockcroft-Gault, mL/min.
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

TABLE_2 = "table 2, as quoted by a JavaScript library of dosing models; the same numbers in PKPDsim pk_vanco_thomson.json5"
NOT_SEEN = "our bounds, the range of the patients is not seen; "


def typical(theta: Mapping[str, float], covariates: CovariatePath) -> Mapping[str, Array]:
    """Typical CL, V1, Q, V2 per covariate regime; CL is kept positive where the line would cross zero."""
    age, weight, female = covariates["age"][0], covariates["weight"][0], bool(covariates["female"][0])
    crcl = cockcroft_gault(age, weight, covariates["creatinine"], female)
    return {
        "CL": np.maximum(theta["CL"] * (1.0 + theta["CL_crcl"] * (crcl - 66.0)), theta["CL_floor"]),
        "V1": np.asarray(theta["V1"] * weight),
        "Q": np.asarray(theta["Q"]),
        "V2": np.asarray(theta["V2"] * weight),
    }


MODEL = Model(
    id="vancomycin_thomson_2009",
    drug="vancomycin",
    output="vancomycin",
    unit="mg/L",
    source=Source(
        "Thomson AH et al. J Antimicrob Chemother 2009;63:1050-7",
        doi="10.1093/jac/dkp085",
        confirmed_by="PKPDsim pk_vanco_thomson.json5 (lines 8-12, 36-40, 47-56, 60-61), stanpumpR "
        "drugs_vancomycin.R (typical values) and table S1 of Tong DMH "
        "et al. JAC Antimicrob Resist 2026, doi:10.1093/jacamr/dlag016, as transcribed in nlmixr2lib; the NONMEM model of "
        "tucuxi-drugs writes the line as 2.99 x 0.0154 CrCL, 0.05 L/h more",
    ),
    population="398 hospital adults with a creatinine clearance of 12-216 mL/min, without renal replacement",
    status="verified",
    deviations=(
        "CL is kept at or above 0.15 L/h, where the published line crosses zero",
        "cov(CL, V1) = 0.01 as in PKPDsim and in Tong 2026; the others print none",
        "creatinine is not floored; stanpumpR alone says that the paper took values under 60 umol/L (0.68 mg/dL) as 60",
    ),
    compartments=2,
    covariates=(
        Covariate("age", "a", (18.0, 97.0), NOT_SEEN + "adults"),
        Covariate("weight", "kg", (40.0, 159.0), NOT_SEEN + "usual weights"),
        Covariate("female", "1", (0.0, 1.0), "enters by Cockcroft-Gault only"),
        Covariate(
            "creatinine",
            "mg/dL",
            (0.2, 8.0),
            "our bounds: what is printed is the range of the clearance, 12-216 mL/min (stanpumpR); 8 mg/dL is 9 mL/min at 65 "
            "years and 70 kg",
        ),
    ),
    parameters=(
        Parameter("CL", 2.99, "L/h", TABLE_2),
        Parameter("CL_crcl", 0.0154, "min/mL", TABLE_2),
        Parameter("V1", 0.675, "L/kg", TABLE_2),
        Parameter("Q", 2.28, "L/h", TABLE_2 + "; the unit is printed h^-1 there, L/h by its name"),
        Parameter("V2", 0.732, "L/kg", TABLE_2),
        Parameter("CL_floor", 0.15, "L/h", "deviation"),
    ),
    random_effects=(
        RandomEffect("CL", 0.0729, "cv_squared", TABLE_2 + ", 27 %"),
        RandomEffect("V1", 0.0225, "cv_squared", TABLE_2 + ", 15 %"),
        RandomEffect("Q", 0.2401, "cv_squared", TABLE_2 + ", 49 %"),
        RandomEffect("V2", 1.69, "cv_squared", TABLE_2 + ", 130 %"),
    ),
    covariances=(("CL", "V1", 0.01),),
    residual=ResidualError(1.6, 0.15, "variance", TABLE_2),
    typical=typical,
    prior_weight=398.0,
    prior_weight_source="patients studied (398); see docs/models/vancomycin_weights.md",
    refused_conditions=("pregnancy",),
    studied_regimen=Regimen(
        15.0, 12.0, 1.0, "ASHP/IDSA 2020: 15-20 mg/kg every 8-12 h, load 20-35 mg/kg", loading=25.0, loading_h=2.0, per_kg=True
    ),
)
