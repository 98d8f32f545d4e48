"""Amikacin in ventilated adults with suspected pneumonia, two compartments (Burdet 2015).

CL = 4.3 (CrCL/82)^0.7 L/h,  V1 = 15.9 (WT/78)^0.9 (PaO2/FiO2 / 169)^0.4 L,  Q = 12.1 L/h,  V2 = 21.4 L
CrCL: measured over 4 h, mL/min;  PaO2/FiO2 in mmHg.
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
    """Typical CL, V1, Q, V2 per covariate regime."""
    size = (covariates["weight"] / 78.0) ** theta["V1_weight"]
    return {
        "CL": theta["CL"] * (covariates["creatinine_clearance"] / 82.0) ** theta["CL_crcl"],
        "V1": theta["V1"] * size * (covariates["pao2_fio2"] / 169.0) ** theta["V1_pao2_fio2"],
        "Q": np.asarray(theta["Q"]),
        "V2": np.asarray(theta["V2"]),
    }


MODEL = Model(
    id="amikacin_burdet_2015",
    drug="amikacin",
    output="amikacin",
    unit="mg/L",
    source=Source(
        "Burdet C et al. Eur J Clin Pharmacol 2015;71:75-83, table 2, final model",
        doi="10.1007/s00228-014-1766-y",
        confirmed_by="posologyr tests/testthat/test_map_nlmixr.R (lines 4-7 and 20-31: parameters, omega, error); "
        "a second reader of the paper "
        "(amik_burdet.cpp) quotes from it the clearance of 4.3 L/h, the total volume of 37.3 L, the variability of 31, 22, 27 "
        "and 47 %, the weight exponent and the target attainment by dose, all of which are reproduced",
    ),
    population="60 ventilated adults (28-84 years, 45-126 kg) with suspected pneumonia, one dose each, no renal replacement",
    status="verified",
    deviations=(
        "one dose and 24 h were studied: what later doses do assumes that nothing changes",
        "the two parts of the error are joined as variances; the paper does not say how",
    ),
    compartments=2,
    covariates=(
        Covariate("age", "a", (28.0, 84.0), "table 1"),
        Covariate("weight", "kg", (45.0, 126.0), "table 1"),
        Covariate("creatinine_clearance", "mL/min", (4.0, 412.0), "table 1"),
        Covariate("pao2_fio2", "mm[Hg]", (50.0, 450.0), "median 169; the range was not seen"),
    ),
    parameters=(
        Parameter("CL", 4.3, "L/h", "table 2"),
        Parameter("CL_crcl", 0.7, "1", "table 2"),
        Parameter("V1", 15.9, "L", "table 2"),
        Parameter("V1_weight", 0.9, "1", "table 2"),
        Parameter("V1_pao2_fio2", 0.4, "1", "table 2"),
        Parameter("Q", 12.1, "L/h", "table 2"),
        Parameter("V2", 21.4, "L", "table 2"),
    ),
    random_effects=(
        RandomEffect("CL", 0.10, "reported_variance", "final model, as in posologyr"),
        RandomEffect("V1", 0.05, "reported_variance", "final model, as in posologyr"),
        RandomEffect("Q", 0.08, "reported_variance", "final model, as in posologyr"),
        RandomEffect("V2", 0.20, "reported_variance", "final model, as in posologyr"),
    ),
    covariances=(
        ("CL", "V1", 0.01),
        ("CL", "V2", 0.01),
        ("CL", "Q", -0.06),
        ("V1", "V2", 0.02),
        ("V1", "Q", 0.004),
        ("V2", "Q", 0.003),
    ),
    residual=ResidualError(0.2, 0.1, "variance", "table 2"),
    typical=typical,
    prior_weight=60.0,
    prior_weight_source="patients studied (60)",
    refused_conditions=("pregnancy",),
    studied_regimen=Regimen(20.0, 24.0, 0.5, "methods: median 20 mg/kg over 30 min", per_kg=True),
)
