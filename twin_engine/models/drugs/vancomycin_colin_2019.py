"""Vancomycin from preterm birth to old age, two compartments, pooled data of 14 studies (Colin 2019).

CL = 5.31 (V1/42.9)^0.75 Fmat Fage exp(-0.649 (Scr - Scr_std)) (1.294 with haematological malignancy) L/h
V1 = 42.9 WT/70,  V2 = 41.7 WT/70,  Q = 3.22 (V2/41.7)^0.75,  with PMA in years = age + 40/52:
Scr_std = exp(-1.228 + 0.672 log10(PMA) + 6.27 exp(-3.11 PMA)) mg/dL
Fmat = PMAw^2.89 / (PMAw^2.89 + 46.4^2.89) (PMA in weeks),  Fage = PMA^-2.24 / (PMA^-2.24 + 61.6^-2.24)
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

TABLE_3 = "table 3, as quoted by IV DrugRef and Vancomyzer, and on the log scale in a transcription of the NONMEM code"
EQUATIONS = "equations 5-13, as quoted by IV DrugRef; also in PKPDsim pk_vanco_colin.json5"
WEEKS_PER_YEAR = 52.0
GESTATION_WEEKS = 40.0


def typical(theta: Mapping[str, float], covariates: CovariatePath) -> Mapping[str, Array]:
    """Typical CL, V1, Q, V2 per covariate regime; the exponents 0.75 act on typical volumes."""
    age, weight = covariates["age"][0], covariates["weight"][0]
    post_menstrual = age + GESTATION_WEEKS / WEEKS_PER_YEAR
    weeks = post_menstrual * WEEKS_PER_YEAR
    standard = np.exp(
        theta["scr_a"] + theta["scr_b"] * np.log10(post_menstrual) + theta["scr_c"] * np.exp(-theta["scr_d"] * post_menstrual)
    )
    maturation = weeks ** theta["mat_hill"] / (weeks ** theta["mat_hill"] + theta["mat_50"] ** theta["mat_hill"])
    decline = post_menstrual ** -theta["age_hill"]
    decline = decline / (decline + theta["age_50"] ** -theta["age_hill"])
    renal = np.exp(-theta["CL_scr"] * (covariates["creatinine"] - standard))
    malignancy = 1.0 + theta["CL_malignancy"] * covariates["haematological_malignancy"]
    size = weight / 70.0
    return {
        "CL": theta["CL"] * size ** theta["allometry"] * maturation * decline * renal * malignancy,
        "V1": np.asarray(theta["V1"] * size),
        "Q": np.asarray(theta["Q"] * size ** theta["allometry"]),
        "V2": np.asarray(theta["V2"] * size),
    }


MODEL = Model(
    id="vancomycin_colin_2019",
    drug="vancomycin",
    output="vancomycin",
    unit="mg/L",
    source=Source(
        "Colin PJ et al. Clin Pharmacokinet 2019;58:767-80",
        doi="10.1007/s40262-018-0727-5",
        confirmed_by="the abstract prints V1 42.9 L, V2 41.7 L, CL 4.10 L/h and Q 3.22 L/h for 35 years, 70 kg, 0.83 mg/dL: "
        "reproduced; variability and error in three transcriptions",
    ),
    population="2,554 patients of 14 studies, preterm neonates to the very old, critically ill included",
    status="verified",
    deviations=(
        "used in adults only",
        "the exponents 0.75 act on typical volumes; PKPDsim and one more transcription let the patient's own volume enter",
        "the additive error 1.23 mg/L is read as an SD (PKPDsim, IV DrugRef); one transcription reads a variance",
        "refused above 4 mg/dL of creatinine, where the exponential falls far below what others measured",
    ),
    compartments=2,
    covariates=(
        Covariate("age", "a", (18.0, 100.0), "our bounds: the paper is about all ages, adults here"),
        Covariate("weight", "kg", (33.0, 250.0), "our bounds, those of the adults of Goti 2018"),
        Covariate(
            "creatinine",
            "mg/dL",
            (0.2, 4.0),
            "our bounds, the paper's are not seen: at 4 mg/dL (65 years, 80 kg) it gives 0.39 L/h, a third of what Goti 2018, "
            "Thomson 2009 and Matzke GR et al. Antimicrob Agents Chemother 1984;25:433-7 give (3.66 + 0.689 CrCL mL/min); at 6 "
            "mg/dL an eighth",
        ),
        Covariate("haematological_malignancy", "1", (0.0, 1.0), "one of the studies pooled"),
    ),
    parameters=(
        Parameter("CL", 5.31, "L/h", "abstract, largest value at 70 kg"),
        Parameter("V1", 42.9, "L", "abstract, at 70 kg"),
        Parameter("Q", 3.22, "L/h", "abstract, at 70 kg"),
        Parameter("V2", 41.7, "L", "abstract, at 70 kg"),
        Parameter("allometry", 0.75, "1", EQUATIONS),
        Parameter("CL_scr", 0.649, "dL/mg", TABLE_3),
        Parameter("CL_malignancy", 0.294, "1", TABLE_3),
        Parameter("scr_a", -1.228, "1", EQUATIONS),
        Parameter("scr_b", 0.672, "1", EQUATIONS),
        Parameter("scr_c", 6.27, "1", EQUATIONS),
        Parameter("scr_d", 3.11, "/a", EQUATIONS),
        Parameter("mat_hill", 2.89, "1", TABLE_3),
        Parameter("mat_50", 46.4, "wk", "abstract"),
        Parameter("age_hill", 2.24, "1", TABLE_3),
        Parameter("age_50", 61.6, "a", "abstract"),
    ),
    random_effects=(
        RandomEffect("CL", 0.0750, "log1p", TABLE_3 + ", CV 27.9 %"),
        RandomEffect("V1", 0.0719, "log1p", TABLE_3 + ", CV 27.3 %"),
        RandomEffect("V2", 0.672, "log1p", TABLE_3 + ", CV 97.9 %"),
    ),
    residual=ResidualError(1.23, 0.2145, "variance", "PKPDsim pk_vanco_colin.json5; proportional variance 0.046 in the others"),
    typical=typical,
    prior_weight=2554.0,
    prior_weight_source="patients studied (2,554); see docs/models/vancomycin_weights.md",
    refused_conditions=("pregnancy",),
    studied_regimen=Regimen(
        15.0, 12.0, 1.0, "ASHP/IDSA 2020: 15-20 mg/kg every 8-12 h, load 20-35 mg/kg", loading=25.0, loading_h=2.0, per_kg=True
    ),
)
