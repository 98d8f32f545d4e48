"""Ceftriaxone in critically ill septic adults, two compartments, total drug (Garot 2011).

CL = 0.56 + 0.32 CrCL/71 L/h,  V1 = 10.3 L,  Q = 5.28 L/h,  V2 = 7.35 L;  CrCL: measured over 24 h, mL/min.
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
    return {
        "CL": theta["CL_other"] + theta["CL_renal"] * covariates["creatinine_clearance"] / 71.0,
        "V1": np.asarray(theta["V1"]),
        "Q": np.asarray(theta["Q"]),
        "V2": np.asarray(theta["V2"]),
    }


MODEL = Model(
    id="ceftriaxone_garot_2011",
    drug="ceftriaxone",
    output="ceftriaxone",
    unit="mg/L",
    source=Source(
        "Garot D et al. Br J Clin Pharmacol 2011;72:758-67, table 3, as transcribed in nlmixr2lib "
        "inst/modeldb/specificDrugs/Garot_2011_ceftriaxone.R",
        doi="10.1111/j.1365-2125.2011.04005.x",
    ),
    population="54 critically ill septic adults (35-86 years), 12 of them on haemofiltration, which had no effect",
    status="exposure only",
    deviations=(
        "total drug: the unbound fraction depends on albumin and concentration, so time above the MIC is not forecast",
        "residual 24 % as a standard deviation; the table heads it sigma squared",
        "0.1 mg/L is added to the error, so that a level near zero does not outweigh all others",
    ),
    compartments=2,
    covariates=(
        Covariate("age", "a", (35.0, 86.0), "table 1"),
        Covariate("creatinine_clearance", "mL/min", (5.5, 214.0), "results"),
    ),
    parameters=(
        Parameter("CL_other", 0.56, "L/h", "table 3"),
        Parameter("CL_renal", 0.32, "L/h", "table 3, at CrCL 71 mL/min (4.26 L/h)"),
        Parameter("V1", 10.3, "L", "table 3"),
        Parameter("Q", 5.28, "L/h", "table 3"),
        Parameter("V2", 7.35, "L", "table 3"),
    ),
    random_effects=(
        RandomEffect("CL", 0.24, "reported_variance", "table 3"),
        RandomEffect("V1", 0.23, "reported_variance", "table 3"),
        RandomEffect("V2", 0.42, "reported_variance", "table 3"),
    ),
    residual=ResidualError(0.1, 0.24, "variance", "table 3"),
    typical=typical,
    prior_weight=54.0,
    prior_weight_source="patients studied (54)",
    refused_conditions=("pregnancy",),
    refused_procedures=("ihd", "sled", "ecmo"),
    studied_regimen=Regimen(2000.0, 24.0, 1.0 / 3.0, "methods: 1 or 2 g over 20 min, usually once a day"),
)
