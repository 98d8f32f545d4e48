"""Epinephrine in adults with septic shock, one compartment (Abboud 2009).

CL = 127 (WT/70)^0.60 (SAPS II/50)^-0.67 L/h,  V = 7.9 L.
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

UG_PER_NMOL = 0.1832
"""Molar mass of epinephrine, 183.2 g/mol (PubChem 5816): the paper counts nmol."""

TABLE_3 = "table 3, as transcribed in nlmixr2lib Abboud_2009_epinephrine.R"


def typical(theta: Mapping[str, float], covariates: CovariatePath) -> Mapping[str, Array]:
    """Typical CL and V per covariate regime."""
    size, severity = covariates["weight"] / 70.0, covariates["saps_ii"] / 50.0
    return {
        "CL": theta["CL"] * size ** theta["CL_weight"] * severity ** theta["CL_saps"],
        "V": np.asarray(theta["V"]),
    }


MODEL = Model(
    id="epinephrine_abboud_2009",
    drug="epinephrine",
    output="epinephrine",
    unit="ug/L",
    source=Source(
        "Abboud I et al. Crit Care 2009;13:R120",
        doi="10.1186/cc7972",
        confirmed_by="the abstract prints the equation of clearance; the rest stands in one transcription only",
    ),
    population="38 adults with septic shock (64 +- 15 years, 68 +- 19 kg, SAPS II 64 +- 23) without renal replacement",
    status="exposure only",
    deviations=("what the body itself secretes (about 0.06 ug/L) is not added",),
    compartments=1,
    covariates=(
        Covariate("age", "a", (18.0, 94.0), "table 1, 64 +- 15 years; not in the equations"),
        Covariate("weight", "kg", (40.0, 106.0), "table 1, 68 +- 19 kg"),
        Covariate("saps_ii", "1", (18.0, 110.0), "table 1, 64 +- 23"),
    ),
    parameters=(
        Parameter("CL", 127.0, "L/h", "abstract, at 70 kg and SAPS II 50"),
        Parameter("CL_weight", 0.60, "1", "abstract"),
        Parameter("CL_saps", -0.67, "1", "abstract"),
        Parameter("V", 7.9, "L", TABLE_3),
    ),
    random_effects=(RandomEffect("CL", 0.33**2, "reported_sd", TABLE_3),),
    residual=ResidualError(0.1 * UG_PER_NMOL, 0.10, "variance", TABLE_3 + ", fixed at the assay's error"),
    typical=typical,
    prior_weight=38.0,
    prior_weight_source="patients studied (38)",
    refused_conditions=("pregnancy",),
    studied_regimen=Regimen(9.0, 1.0, 1.0, "methods, begun at 0.15 ug/kg/min", per_kg=True),
)
