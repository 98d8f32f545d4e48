"""Phenytoin, total, in epilepsy, one compartment whose elimination saturates (Grasela 1983; volume from elsewhere).

dA/dt = R - VMAX C/(KM + C),  VMAX = 415 (WT/70)^0.6 mg/d of phenytoin,  KM = 5.7 mg/L,  V = 0.7 WT L;
amounts are charted as phenytoin sodium (fosphenytoin in its equivalents), of which 0.92 is phenytoin.
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

PHENYTOIN_PER_SODIUM = 252.27 / 274.25
"""Molar masses of phenytoin and phenytoin sodium, g/mol (PubChem 1775 and 657302)."""

_RANGE = "our own bound: the abstract says children and adults, 18.4 +- 17.3 years, and prints no range"
_FREE = "measure free phenytoin"
_URAEMIA = "binding falls most clearly below 25 mL/min: Liponi DF et al. Neurology 1984;34:395-7, abstract"
_JAUNDICE = "our own bound, where SOFA begins to count the liver: the label names hepatic disease and no number"
_DISPLACED = "raises the free fraction from 0.135 to 0.182: Tsanaclis LM et al. Br J Clin Pharmacol 1984;18:17-20, abstract"


def typical(theta: Mapping[str, float], covariates: CovariatePath) -> Mapping[str, Array]:
    """Typical VMAX (mg/h of the sodium salt), KM and V (as seen by amounts of the salt) per covariate regime."""
    weight = covariates["weight"]
    vmax = theta["VMAX"] / 24.0 * (weight / 70.0) ** theta["VMAX_weight"]
    return {
        "VMAX": vmax / PHENYTOIN_PER_SODIUM,
        "KM": np.asarray(theta["KM"]),
        "V": theta["V"] * weight / PHENYTOIN_PER_SODIUM,
    }


MODEL = Model(
    id="phenytoin_grasela_1983",
    drug="phenytoin",
    output="phenytoin",
    unit="mg/L",
    source=Source(
        "Grasela TH, Sheiner LB et al. Clin Pharmacokinet 1983;8:355-64, abstract",
        doi="10.2165/00003088-198308040-00006",
        confirmed_by="VMAX and KM only, by another study: Alqahtani S et al. Pharmacology 2019;104:60-6 found 6.12 mg/kg/d and "
        "5.33 mg/L in adults; the volume, its variability and the residual error come from other studies",
    ),
    population="322 outpatients with epilepsy in three countries, at steady state of oral phenytoin",
    status="experimental",
    deviations=(
        "the paper has no volume: 0.7 L/kg of textbooks (0.61 in Alqahtani 2019, 0.78 in Tanaka 2013 at 60 kg)",
        "outpatients at steady state stand for patients in intensive care, who may eliminate faster after a head injury",
        "total phenytoin at a normal albumin: the free fraction, which acts, is not modelled",
        "unknown to it: inducers and inhibitors of its enzyme, genotype, displacers other than valproate",
        "fosphenytoin counts at once: it is converted with a half-life of 8-15 min, so that levels of two hours are not meant",
        "whether the printed doses are of the acid or the sodium salt is not said; taken as phenytoin",
        "the variability of VMAX is printed as 10 to 20 %: the larger is used; of KM approximately 50 %",
    ),
    compartments=1,
    saturable=True,
    covariates=(
        Covariate("age", "a", (18.0, 70.0), _RANGE),
        Covariate("weight", "kg", (40.0, 100.0), _RANGE + "; volume per kg is not known to hold in obesity"),
        Covariate(
            "albumin",
            "g/L",
            (35.0, 55.0),
            "normal binding: below, a total level does not show the free one",
            _FREE,
        ),
    ),
    bounds=(
        Covariate("creatinine_clearance", "mL/min", (25.0, float("inf")), _URAEMIA, _FREE),
        Covariate("bilirubin", "mg/dL", (0.0, 2.0), _JAUNDICE, _FREE),
        Covariate("valproate", "1", (0.0, 0.0), _DISPLACED, _FREE),
    ),
    parameters=(
        Parameter("VMAX", 415.0, "mg/d", "abstract, at 70 kg"),
        Parameter("VMAX_weight", 0.6, "1", "abstract"),
        Parameter("KM", 5.7, "mg/L", "abstract"),
        Parameter("V", 0.7, "L/kg", "Bauer LA, Applied Clinical Pharmacokinetics, phenytoin: adults with normal binding"),
    ),
    random_effects=(
        RandomEffect("VMAX", 0.0392, "log1p", "abstract, CV 10 to 20 %"),
        RandomEffect("KM", 0.2231, "log1p", "abstract, CV approximately 50 %"),
        RandomEffect(
            "V",
            0.0432,
            "log1p",
            "CV 21 % of V2 + V3 in Tanaka J et al. Eur J Clin Pharmacol 2013;69:489-97, table 3, as transcribed in nlmixr2lib "
            "Tanaka_2012_phenytoin.R",
        ),
    ),
    residual=ResidualError(
        0.5,
        0.171,
        "variance",
        "17.1 % of routine levels: doi:10.1097/FTD.0000000000000354, table 2; 0.5 mg/L: the assay in Tanaka 2013 (0.56)",
    ),
    typical=typical,
    prior_weight=322.0,
    prior_weight_source="patients studied (322)",
    refused_conditions=("pregnancy", "cirrhosis"),
    studied_regimen=Regimen(
        150.0, 12.0, 0.25, "US prescribing information, fosphenytoin: 15-20 mg PE/kg, then 4-6 mg PE/kg/d", 1200.0, 0.5
    ),
)
