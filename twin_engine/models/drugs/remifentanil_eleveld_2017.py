"""Remifentanil from birth to old age, three compartments, arterial samples of three studies (Eleveld 2017).

S = FFM / FFM(man of 35 years, 70 kg, 170 cm),  A(x) = exp(x (age - 35)),  FFM: Al-Sallami
K = 1 for men, 1 + 0.470 age^6/(age^6 + 12^6) (1 - age^6/(age^6 + 45^6)) for women,  M = WT^2/(WT^2 + 2.88^2)
CL = 2.58 S^0.75 (M/M70) K A(-0.00327),  V1 = 5.81 S A(-0.00554),  V2 = 8.82 S K A(-0.00327) L and L/min
V3 = 5.03 S A(-0.0315) exp(-0.0260 (WT - 70)),  Q2 = 1.72 (V2/8.82)^0.75 K A(-0.00554),  Q3 = 0.124 (V3/5.03)^0.75 A(-0.00554)
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
from twin_engine.patient.derived import fat_free_mass_at_age

PER_HOUR = 60.0
REFERENCE_AGE, REFERENCE_KG = 35.0, 70.0
REFERENCE_FFM = fat_free_mass_at_age(REFERENCE_AGE, REFERENCE_KG, 170.0, female=False)

FIRST_SAMPLES_MIN = 1.5
"""First samples of the volunteers, after the start of the infusion (data of Minto CF et al. 1997, as shipped with R's nlme)."""

ABSTRACT = "abstract"
CONTROL = "control stream, as quoted in stanpumpR R/drugs_remifentanil.R"
OMEGAS = "as transcribed in tci R/poppk_mods.R and python-anesthesia-simulator 1.0.0 pk_models.py"


def typical(theta: Mapping[str, float], covariates: CovariatePath) -> Mapping[str, Array]:
    """Typical parameters per covariate regime; the papers' L/min become L/h."""
    age, weight = float(covariates["age"][0]), float(covariates["weight"][0])
    female = bool(covariates["female"][0])
    size = fat_free_mass_at_age(age, weight, float(covariates["height"][0]), female) / REFERENCE_FFM
    years = age - REFERENCE_AGE
    fast, slow = np.exp(theta["aging_fast"] * years), np.exp(theta["aging_slow"] * years)
    sex = 1.0
    if female:
        sex += theta["female"] * _rising(age, theta["female_from"], 6.0) * (1.0 - _rising(age, theta["female_until"], 6.0))
    grown = _rising(weight, theta["maturation_kg"], 2.0) / _rising(REFERENCE_KG, theta["maturation_kg"], 2.0)
    v2 = theta["V2"] * size * slow * sex
    v3 = theta["V3"] * size * np.exp(theta["aging_V3"] * years + theta["V3_weight"] * (weight - REFERENCE_KG))
    return {
        "CL": np.asarray(PER_HOUR * theta["CL"] * size**0.75 * grown * sex * slow),
        "V1": np.asarray(theta["V1"] * size * fast),
        "Q": np.asarray(PER_HOUR * theta["Q"] * (v2 / theta["V2"]) ** 0.75 * fast * sex),
        "V2": np.asarray(v2),
        "Q3": np.asarray(PER_HOUR * theta["Q3"] * (v3 / theta["V3"]) ** 0.75 * fast),
        "V3": np.asarray(v3),
    }


def _rising(x: float, half: float, slope: float) -> float:
    return x**slope / (x**slope + half**slope)


MODEL = Model(
    id="remifentanil_eleveld_2017",
    drug="remifentanil",
    output="remifentanil",
    unit="ug/L",
    source=Source(
        "Eleveld DJ et al. Anesthesiology 2017;126:1005-18",
        doi="10.1097/ALN.0000000000001634",
        confirmed_by="the abstract's printed reference values, stanpumpR R/drugs_remifentanil.R (lines 30-41, THETA01-THETA12 "
        "of the authors' control stream) and PyTCI 1.2.0 models/remifentanil.py (class Eleveld), made independently of each "
        "other; the factor for women also in propofoldreams pdreams.m; "
        "omega: tci R/poppk_mods.R (pkmod_eleveld_remi) and python-anesthesia-simulator 1.0.0 pk_models.py",
    ),
    population="131 volunteers and surgical patients of three studies, 5 days to 85 years, 2.5-106 kg; none critically ill",
    status="verified",
    deviations=(
        "used in adults only",
        "the effect on the electroencephalogram is left out: two transcriptions of the variability of its rate differ",
        "V2 and V3 enter Q2 and Q3 with their individual variability, as in the same authors' model of propofol",
        "the error is that of one of the three studies (arterial samples of volunteers); it was 0.24 and 0.27 in the others",
        "no haemodialysis term: kidney failure does not change clearance (Pitsiu M et al. Br J Anaesth 2004;92:493-503)",
    ),
    compartments=3,
    covariates=(
        Covariate("age", "a", (18.0, 85.0), "abstract, 5 days to 85 years"),
        Covariate("weight", "kg", (40.0, 106.0), "abstract, 2.5-106 kg"),
        Covariate("height", "cm", (140.0, 193.0), "abstract, 49-193 cm"),
        Covariate("female", "1", (0.0, 1.0), "abstract"),
    ),
    parameters=(
        Parameter("CL", 2.58, "L/min", ABSTRACT),
        Parameter("V1", 5.81, "L", ABSTRACT),
        Parameter("Q", 1.72, "L/min", ABSTRACT),
        Parameter("V2", 8.82, "L", ABSTRACT),
        Parameter("Q3", 0.124, "L/min", ABSTRACT),
        Parameter("V3", 5.03, "L", ABSTRACT),
        Parameter("maturation_kg", 2.88, "kg", CONTROL),
        Parameter("aging_fast", -0.00554, "/a", CONTROL),
        Parameter("aging_slow", -0.00327, "/a", CONTROL),
        Parameter("aging_V3", -0.0315, "/a", CONTROL),
        Parameter("V3_weight", -0.0260, "/kg", CONTROL),
        Parameter("female", 0.470, "1", CONTROL),
        Parameter("female_from", 12.0, "a", CONTROL),
        Parameter("female_until", 45.0, "a", CONTROL),
    ),
    random_effects=(
        RandomEffect("CL", 0.0197, "reported_variance", OMEGAS),
        RandomEffect("V1", 0.104, "reported_variance", OMEGAS),
        RandomEffect("V2", 0.115, "reported_variance", OMEGAS),
        RandomEffect("V3", 0.810, "reported_variance", OMEGAS),
        RandomEffect("Q", 0.0547 + 0.75**2 * 0.115, "reported_variance", OMEGAS + "; plus that of V2^0.75"),
        RandomEffect("Q3", 0.285 + 0.75**2 * 0.810, "reported_variance", OMEGAS + "; plus that of V3^0.75"),
    ),
    covariances=(("V2", "Q", 0.75 * 0.115), ("V3", "Q3", 0.75 * 0.810)),
    residual=ResidualError(0.0, 0.111, "log", CONTROL + ", THETA13"),
    typical=typical,
    prior_weight=131.0,
    prior_weight_source="subjects studied (131)",
    refused_conditions=("pregnancy",),
    refused_procedures=("ecmo",),
    sampled_from_h=FIRST_SAMPLES_MIN / PER_HOUR,
    studied_regimen=Regimen(9.0, 1.0, 1.0, "0.15 ug/kg/min, the usual rate of sedation in intensive care", per_kg=True),
)
