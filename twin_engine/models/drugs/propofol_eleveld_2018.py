"""Propofol from birth to old age, three compartments, effect site and bispectral index (Eleveld 2018).

S(x, h, g) = x^g / (x^g + h^g),  P = 52 age + 40 weeks,  O(x) = exp(x age) with an opioid, else 1,  A(x) = exp(x (age - 35))
CL = (1.79 men, 2.10 women) (WT/70)^0.75 S(P, 42.3, 9.05)/S(1860, 42.3, 9.05) O(-0.00286)
V1 = 6.28 S(WT, 33.6, 1)/S(70, 33.6, 1)
V2 = 25.5 WT/70 A(-0.0156),  V3 = 273 FFM/FFM(35 years, 70 kg, 170 cm, man) O(-0.0138),  FFM: Al-Sallami;  L and L/min
Q2 = 1.75 (V2/25.5)^0.75 (1 + 1.30 (1 - S(P, 68.3, 1))),  Q3 = 1.11 (V3/273)^0.75 S(P, 68.3, 1)/S(1860, 68.3, 1)
ke0 = 0.146 (WT/70)^-0.25 /min,  Ce50 = 3.08 A(-0.00635) mg/L,  BIS = 93 / (1 + (Ce/Ce50)^g)
g = 1.89 below Ce50 and 1.47 above it, joined by a logistic function of 30 (Ce - Ce50)
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
    Response,
    Source,
)
from twin_engine.patient.derived import fat_free_mass_at_age

PER_HOUR = 60.0
WEEKS_PER_YEAR, GESTATION_WEEKS = 52.0, 40.0
REFERENCE_AGE, REFERENCE_KG = 35.0, 70.0
REFERENCE_WEEKS = REFERENCE_AGE * WEEKS_PER_YEAR + GESTATION_WEEKS
REFERENCE_FFM = fat_free_mass_at_age(REFERENCE_AGE, REFERENCE_KG, 170.0, female=False)

BIS_AWAKE, SLOPE_BELOW, SLOPE_ABOVE, SWITCH = 93.0, 1.89, 1.47, 30.0
MONITOR_DELAY_S = 15.0 + float(np.exp(0.0517 * 60.0))
"""The paper's delay, 15 + exp(0.0517 age) seconds, at 60 years."""

CONTROL = "control stream of the supplement, as quoted in stanpumpR R/drugs_propofol.R"
OMEGAS = "control stream of the supplement, as transcribed in anasim-simulator 1.7 patient/variability.py"
EFFECT = "as transcribed in anasim-simulator 1.7 patient/pk_models.py and pd/anesthesia.py, and in opentiva 1.1.2 propofol.py"


def typical(theta: Mapping[str, float], covariates: CovariatePath) -> Mapping[str, Array]:
    """Typical parameters per covariate regime; the paper's L/min become L/h."""
    age, weight = float(covariates["age"][0]), float(covariates["weight"][0])
    female, opioid = bool(covariates["female"][0]), covariates["opioid"]
    weeks, size = age * WEEKS_PER_YEAR + GESTATION_WEEKS, weight / REFERENCE_KG
    lean = fat_free_mass_at_age(age, weight, float(covariates["height"][0]), female) / REFERENCE_FFM
    half, steep, child = theta["CL_maturation_wk"], theta["CL_maturation_hill"], theta["Q3_maturation_wk"]
    ripe = _rising(weeks, half, steep) / _rising(REFERENCE_WEEKS, half, steep)
    ripe_q3 = _rising(weeks, child, 1.0) / _rising(REFERENCE_WEEKS, child, 1.0)
    v1 = theta["V1"] * _rising(weight, theta["V1_half_kg"], 1.0) / _rising(REFERENCE_KG, theta["V1_half_kg"], 1.0)
    v2 = theta["V2"] * size * np.exp(theta["aging_V2"] * (age - REFERENCE_AGE))
    v3 = theta["V3"] * lean * np.exp(theta["opioid_V3"] * age * opioid)
    clearance = (theta["CL_female"] if female else theta["CL"]) * size**0.75 * ripe * np.exp(theta["opioid_CL"] * age * opioid)
    q2 = theta["Q"] * (v2 / theta["V2"]) ** 0.75 * (1.0 + theta["Q_child"] * (1.0 - _rising(weeks, child, 1.0)))
    return {
        "CL": PER_HOUR * clearance,
        "V1": np.asarray(v1),
        "Q": np.asarray(PER_HOUR * q2),
        "V2": np.asarray(v2),
        "Q3": PER_HOUR * theta["Q3"] * (v3 / theta["V3"]) ** 0.75 * ripe_q3,
        "V3": v3,
        "KE0": np.asarray(PER_HOUR * theta["KE0"] * size**-0.25),
        "CE50": np.asarray(theta["CE50"] * np.exp(theta["aging_CE50"] * (age - REFERENCE_AGE))),
    }


def _rising(x: float, half: float, slope: float) -> float:
    return x**slope / (x**slope + half**slope)


def bispectral_index(parameters: Mapping[str, Array], ce: Array) -> Array:
    """Bispectral index at effect-site concentrations `ce` (mg/L)."""
    half = parameters["CE50"]
    above = 1.0 / (1.0 + np.exp(np.clip(-SWITCH * (ce - half), -500.0, 500.0)))
    slope = above * SLOPE_ABOVE + (1.0 - above) * SLOPE_BELOW
    return BIS_AWAKE / (1.0 + (np.maximum(ce, 0.0) / half) ** slope)


MODEL = Model(
    id="propofol_eleveld_2018",
    drug="propofol",
    output="propofol",
    unit="mg/L",
    source=Source(
        "Eleveld DJ et al. Br J Anaesth 2018;120:942-59",
        doi="10.1016/j.bja.2018.01.018",
        confirmed_by="stanpumpR R/drugs_propofol.R (the authors' control stream), python-anesthesia-simulator 1.0.0 "
        "pk_models.py (class PKmodel) and anasim-simulator 1.7 patient/pk_models.py (class PropofolPKEleveld) agree to five "
        "digits; the authors' own estimates for 648 adults with arterial samples (tci, data eleveld_pk) are in the median 0.96 "
        "to 1.02 times these; effect: anasim-simulator 1.7 patient/pd/anesthesia.py (class BISModel) and propofol_dreams_app",
    ),
    population="1,033 volunteers and patients of 30 studies, preterm birth to 88 years, 0.68-160 kg; few critically ill",
    status="verified",
    deviations=(
        "used in adults only; arterial concentrations",
        "variances are those of the control stream: the printed tables show their square roots",
        "V2 and V3 enter Q2 and Q3 with their individual variability, as in the control stream",
        "the errors are those of a typical patient: the paper lets them differ between patients",
        "the monitor's delay is that of 60 years (37 s) for everyone; it is 21 s at 35 and 77 s at 80 years",
        "slope 1.47 above Ce50 and 1.89 below, as in the control stream; some transcriptions have them the other way round",
    ),
    compartments=3,
    covariates=(
        Covariate("age", "a", (18.0, 88.0), "abstract, to 88 years"),
        Covariate("weight", "kg", (40.0, 160.0), "abstract, 0.68-160 kg"),
        Covariate("height", "cm", (140.0, 210.0), "enters through the fat-free mass"),
        Covariate("female", "1", (0.0, 1.0), "abstract"),
        Covariate("opioid", "1", (0.0, 1.0), "table 2, presence of opioids"),
    ),
    parameters=(
        Parameter("CL", 1.78958, "L/min", CONTROL + ", men"),
        Parameter("CL_female", 2.10022, "L/min", CONTROL),
        Parameter("V1", 6.28308, "L", CONTROL),
        Parameter("Q", 1.75010, "L/min", CONTROL),
        Parameter("V2", 25.5013, "L", CONTROL),
        Parameter("Q3", 1.10854, "L/min", CONTROL),
        Parameter("V3", 272.817, "L", CONTROL),
        Parameter("CL_maturation_wk", 42.2760, "wk", CONTROL),
        Parameter("CL_maturation_hill", 9.05485, "1", CONTROL),
        Parameter("Q3_maturation_wk", 68.2768, "wk", CONTROL),
        Parameter("V1_half_kg", 33.5531, "kg", CONTROL),
        Parameter("Q_child", 1.30427, "1", CONTROL),
        Parameter("aging_V2", -0.015633, "/a", CONTROL),
        Parameter("opioid_CL", -0.00285709, "/a", CONTROL),
        Parameter("opioid_V3", -0.0138166, "/a", CONTROL),
        Parameter("KE0", 0.146, "/min", EFFECT),
        Parameter("CE50", 3.08, "mg/L", EFFECT),
        Parameter("aging_CE50", -0.00635, "/a", EFFECT),
    ),
    random_effects=(
        RandomEffect("CL", 0.0702216, "reported_variance", OMEGAS),
        RandomEffect("V1", 0.372531, "reported_variance", OMEGAS),
        RandomEffect("V2", 0.319203, "reported_variance", OMEGAS),
        RandomEffect("V3", 0.356362, "reported_variance", OMEGAS),
        RandomEffect("Q", 0.11998 + 0.75**2 * 0.319203, "reported_variance", OMEGAS + "; plus that of V2^0.75"),
        RandomEffect("Q3", 0.0436006 + 0.75**2 * 0.356362, "reported_variance", OMEGAS + "; plus that of V3^0.75"),
        RandomEffect("KE0", 0.492493, "reported_variance", OMEGAS),
        RandomEffect("CE50", 0.0584127, "reported_variance", OMEGAS),
    ),
    covariances=(("V2", "Q", 0.75 * 0.319203), ("V3", "Q3", 0.75 * 0.356362)),
    residual=ResidualError(0.0, 0.191307, "log", CONTROL + ", THETA(7)"),
    typical=typical,
    prior_weight=1033.0,
    prior_weight_source="subjects studied (1,033)",
    refused_conditions=("pregnancy",),
    effect_site=True,
    response=Response(
        "bis",
        "1",
        ("CE50",),
        bispectral_index,
        ResidualError(8.03, 0.0, "variance", "table 3, as transcribed in tci R/poppk_mods.R"),
        delay_h=MONITOR_DELAY_S / 3600.0,
    ),
    studied_regimen=Regimen(12.0, 6.0, 6.0, "sedation in intensive care, 2 mg/kg/h", per_kg=True),
)
