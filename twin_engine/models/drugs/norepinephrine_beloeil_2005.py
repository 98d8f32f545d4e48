"""Norepinephrine in adults with septic shock or trauma, one compartment (Beloeil 2005).

CL = 3.0 exp(-0.0301 (SAPS II - 20)) L/min,  V = 8.84 L; group, sex and weight did not matter.
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

PER_HOUR = 60.0
PEER = "as transcribed in python-anesthesia-simulator 1.0.0 pk_models.py; the table was not seen"


def typical(theta: Mapping[str, float], covariates: CovariatePath) -> Mapping[str, Array]:
    """Typical CL and V per covariate regime; the paper's L/min become L/h."""
    return {
        "CL": PER_HOUR * theta["CL"] * np.exp(theta["CL_saps"] * (covariates["saps_ii"] - 20.0)),
        "V": np.asarray(theta["V"]),
    }


MODEL = Model(
    id="norepinephrine_beloeil_2005",
    drug="norepinephrine",
    output="norepinephrine",
    unit="ug/L",
    source=Source("Beloeil H et al. Br J Anaesth 2005;95:782-8", doi="10.1093/bja/aei259"),
    population="23 adults with septic shock (12) or trauma (11) on norepinephrine, SAPS II 20-60",
    status="experimental",
    deviations=(
        "the abstract prints clearance at two scores only; an exponential joins them",
        "the error was not seen: that of Li 2024 stands in",
        "the variability of V is left out: the only transcription gives an SD of 1.63, which is not credible",
        "what the body itself secretes is not added",
    ),
    compartments=1,
    covariates=(
        Covariate("age", "a", (18.0, 90.0), "adults; not in the equations"),
        Covariate("saps_ii", "1", (20.0, 60.0), "abstract"),
    ),
    parameters=(
        Parameter("CL", 3.0, "L/min", "abstract, at SAPS II 20"),
        Parameter("CL_saps", -0.0301, "1", "abstract, 0.9 L/min at SAPS II 60"),
        Parameter("V", 8.84, "L", PEER + "; the abstract's half-lives of 2 and 6.8 min agree"),
    ),
    random_effects=(RandomEffect("CL", 0.974**2, "reported_sd", PEER),),
    residual=ResidualError(0.0324, 0.167, "variance", "Li Y et al. Clin Pharmacokinet 2024;63:1597-608, as a stand-in"),
    typical=typical,
    prior_weight=23.0,
    prior_weight_source="patients studied (23)",
    refused_conditions=("pregnancy",),
    studied_regimen=Regimen(6.0, 1.0, 1.0, "abstract, three steps of 0.1 ug/kg/min", per_kg=True),
)
