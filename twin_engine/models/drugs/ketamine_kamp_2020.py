"""Racemic and S-ketamine in adults, three compartments, from a meta-analysis of raw data (Kamp 2020).

CL = 84 (WT/70)^0.75 L/h,  V1 = 25 WT/70 L
Q = 161 (WT/70)^0.75 L/h,  V2 = 56 WT/70 L,  Q3 = 79 (WT/70)^0.75 L/h,  V3 = 157 WT/70 L
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

TYPICAL = "as transcribed in anasim-simulator 1.7 and opentiva 1.1.2, alike"
OTTO_2021 = "Otto ME et al. Eur J Clin Pharmacol 2021;77:1181-92, table 3, as transcribed in nlmixr2lib Otto_2021_s_ketamine.R"


def typical(theta: Mapping[str, float], covariates: CovariatePath) -> Mapping[str, Array]:
    """Typical parameters per covariate regime."""
    size = covariates["weight"] / 70.0
    volumes, clearances = ("V1", "V2", "V3"), ("CL", "Q", "Q3")
    return {
        **{name: np.asarray(theta[name] * size) for name in volumes},
        **{name: np.asarray(theta[name] * size**0.75) for name in clearances},
    }


MODEL = Model(
    id="ketamine_kamp_2020",
    drug="ketamine",
    output="ketamine",
    unit="mg/L",
    source=Source(
        "Kamp J et al. Anesthesiology 2020;133:1192-213",
        doi="10.1097/ALN.0000000000003577",
        confirmed_by="typical values alone: anasim-simulator 1.7 and opentiva 1.1.2 are alike, and clearance and volume lie "
        "in the intervals of the abstract",
    ),
    population="volunteers, most of them healthy adults, and few patients, of 14 data sets; none known to be critically ill",
    status="experimental",
    deviations=(
        "the variability and the error are those of S-ketamine in 48 young volunteers (Otto 2021): Kamp's were not seen",
        "the two venous delay compartments are left out: concentrations are arterial",
        "clearances by weight^0.75, volumes by weight: the abstract says L/h at 70 kg, L/70 kg; opentiva scales both alike",
        "the proportional error is taken as one on the logarithm",
        "the liver does not enter: cirrhosis is refused",
        "the first minutes after a bolus are not described, nor norketamine, nor any effect",
    ),
    compartments=3,
    covariates=(
        Covariate("age", "a", (18.0, 80.0), "adults; not in the equations, the range was not seen"),
        Covariate("weight", "kg", (45.0, 110.0), "around 70 kg; the range was not seen"),
    ),
    parameters=(
        Parameter("CL", 84.0, "L/h", TYPICAL + "; the abstract's meta-analysis of published models: 79 (69-90)"),
        Parameter("V1", 25.0, "L", TYPICAL),
        Parameter("Q", 161.0, "L/h", TYPICAL),
        Parameter("V2", 56.0, "L", TYPICAL),
        Parameter("Q3", 79.0, "L/h", TYPICAL),
        Parameter("V3", 157.0, "L", TYPICAL),
    ),
    random_effects=(
        RandomEffect("CL", 0.026048, "reported_variance", OTTO_2021),
        RandomEffect("V1", 0.084177, "reported_variance", OTTO_2021),
    ),
    covariances=(("CL", "V1", 0.02261),),
    residual=ResidualError(0.0, 0.2329, "log", OTTO_2021 + ": proportional variance 0.055736, ln(1 + 0.055736)"),
    typical=typical,
    prior_weight=1.0,
    prior_weight_source="the only model",
    refused_conditions=("pregnancy", "cirrhosis"),
    studied_regimen=Regimen(0.9, 6.0, 6.0, "0.15 mg/kg/h, the last step of the infusions in Otto 2021", per_kg=True),
)
