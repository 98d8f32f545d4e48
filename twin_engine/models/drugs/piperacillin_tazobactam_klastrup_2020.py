"""Piperacillin by continuous infusion in critically ill adults, one compartment, unbound drug (Klastrup 2020).

Unbound: CL = 2.25 + 0.119 CrCL L/h,  V = 35.8 L;  CrCL: Cockcroft-Gault with actual weight, mL/min
Total, as laboratories measure it: both times the unbound fraction of 0.91.
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

UNBOUND = 0.91


def typical(theta: Mapping[str, float], covariates: CovariatePath) -> Mapping[str, Array]:
    """Typical CL and V of total piperacillin per covariate regime."""
    age, weight, female = covariates["age"][0], covariates["weight"][0], bool(covariates["female"][0])
    crcl = cockcroft_gault(age, weight, covariates["creatinine"], female)
    return {
        "CL": np.asarray(UNBOUND * (theta["CL_other"] + theta["CL_crcl"] * crcl)),
        "V": np.asarray(UNBOUND * theta["V"]),
    }


MODEL = Model(
    id="piperacillin_tazobactam_klastrup_2020",
    drug="piperacillin_tazobactam",
    output="piperacillin_tazobactam",
    unit="mg/L",
    source=Source(
        "Klastrup V et al. Antimicrob Agents Chemother 2020;64:e02556-19, table 2",
        doi="10.1128/AAC.02556-19",
        confirmed_by="PKPDsim inst/models/pk_piperacillin_klastrup.json5 (lines 18-21, 33, 37, 40) and MIPD Lab models.js "
        "(pip_klastrup2020): two transcriptions made independently of each other",
    ),
    population="78 critically ill adults on continuous infusion",
    status="verified",
    deviations=(
        "unbound piperacillin was measured; total is unbound divided by 0.91 (Kim YK et al. 2022, doi:10.1093/jac/dkac059)",
        "one compartment: the peak of a short infusion is smoothed",
        "0.1 mg/L is added to the error, so that a level near zero does not outweigh all others",
    ),
    compartments=1,
    covariates=(
        Covariate("age", "a", (18.0, 95.0), "the range was not seen"),
        Covariate("weight", "kg", (40.0, 150.0), "the range was not seen"),
        Covariate("female", "1", (0.0, 1.0), "table 1"),
        Covariate("creatinine", "mg/dL", (0.3, 6.0), "the range was not seen"),
    ),
    parameters=(
        Parameter("CL_other", 2.25, "L/h", "table 2"),
        Parameter("CL_crcl", 0.119, "L/h per mL/min", "table 2"),
        Parameter("V", 35.8, "L", "table 2"),
    ),
    random_effects=(RandomEffect("CL", 0.3295, "cv_squared", "table 2, CV 57.4 %"),),
    residual=ResidualError(0.1, 0.226, "variance", "table 2"),
    typical=typical,
    prior_weight=78.0,
    prior_weight_source="patients studied (78)",
    refused_conditions=("pregnancy",),
    unbound=UNBOUND,
    studied_regimen=Regimen(12000.0, 24.0, 24.0, "methods: 8, 12 or 16 g a day by CrCL", loading=4000.0, loading_h=0.5),
)
