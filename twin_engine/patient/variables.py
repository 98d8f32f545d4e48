"""Names, canonical units and plausible ranges of the variables (`variables.csv`) and of the drugs (`drugs.csv`).

A plausible range is what a living adult and a working instrument can show: outside it a value is an error, not a finding.
It is neither a reference range nor a limit, and it is wide on purpose. Beside each stands what published cleaning tables
keep: CLIF = Common Longitudinal ICU data Format, CLIFpy `outlier_config.yaml` (revision 149ea93); MIMIC = Harutyunyan H
et al. Sci Data 2019;6:96, doi:10.1038/s41597-019-0103-9, `variable_ranges.csv` (revision 5df858a); bound = reasoned here.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from math import inf
from typing import Literal, cast

Kind = Literal["measured", "setting", "category", "level", "derived"]
AmountUnit = Literal["mg", "ug", "U", "mmol"]


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable, its one unit inside the core ("" = a category) and its plausible range in that unit.

    kind: measured, setting (holds until the next), category (a code, no number), level (plasma concentration of the drug
    of that name), derived (predicted, never charted). adds_up: each row is an amount of its own, never a repeat.
    """

    name: str
    unit: str
    plausible_low: float
    plausible_high: float
    kind: Kind
    adds_up: bool = False


@dataclass(frozen=True, slots=True)
class Drug:
    """A drug, the unit of its amounts (rates are per hour), and the unit of its plasma concentration.

    A dose without a charted infusion time is taken to have lasted `assumed_h`, or `assumed_h_per_g` hours per gram if that
    is longer; 0 = such a dose is a push.
    """

    name: str
    amount_unit: AmountUnit
    level_unit: str
    assumed_h: float
    assumed_h_per_g: float

    def assumed_infusion_h(self, amount: float) -> float:
        """Infusion time to assume for a dose (in the drug's amount unit) without a charted one, hours."""
        return max(self.assumed_h, self.assumed_h_per_g * amount / 1000.0)

    @property
    def rate_unit(self) -> str:
        """Unit of its infusion rates."""
        return f"{self.amount_unit}/h"


def _rows(table: str) -> Iterator[dict[str, str]]:
    with files("twin_engine.patient").joinpath(table).open(encoding="utf-8") as lines:
        yield from csv.DictReader(lines)


def _variables() -> Iterator[Variable]:
    for row in _rows("variables.csv"):
        low, high = float(row["low"] or -inf), float(row["high"] or inf)
        yield Variable(row["name"], row["unit"], low, high, cast("Kind", row["kind"]), row["adds_up"] == "yes")
    for row in _rows("drugs.csv"):
        if row["level_high"]:
            yield Variable(row["name"], row["level_unit"], 0.0, float(row["level_high"]), "level")


DRUGS: dict[str, Drug] = {
    row["name"]: Drug(
        row["name"],
        cast("AmountUnit", row["amount_unit"]),
        row["level_unit"],
        float(row["assumed_h"]),
        float(row["assumed_h_per_g"]),
    )
    for row in _rows("drugs.csv")
}
VARIABLES: dict[str, Variable] = {variable.name: variable for variable in _variables()}

VENTILATOR_MODES = frozenset({"vc_cmv", "pc_cmv", "prvc", "simv", "psv", "cpap", "aprv", "hfov", "niv", "hfnc", "unknown"})
PRESSURE_MODES = frozenset({"pc_cmv"})
"""Modes that give every breath by a set pressure."""
CATEGORIES: dict[str, frozenset[str]] = {"ventilator_mode": VENTILATOR_MODES}
SUPPORT_IN_WORDS = {
    "ihd": "haemodialysis",
    "crrt": "continuous renal replacement",
    "sled": "prolonged intermittent dialysis",
    "ecmo": "ECMO",
    "mechanical_circulatory_support": "mechanical circulatory support",
}
"""Organ support, as clinicians write it."""
PROCEDURES = frozenset(SUPPORT_IN_WORDS)
CONDITIONS = frozenset(
    {
        "pregnancy", "dka", "hhs", "raised_icp", "chronic_hypercapnia", "cirrhosis", "arrhythmia", "type_1_diabetes",
        "limitation_of_treatment", "haematological_malignancy", "ards", "peritonitis", "kidney_failure", "copd",
        "vasopressor_unread", "infusion_unnamed", "deceased", "pneumothorax",
    }
)  # fmt: skip

NOT_SWALLOWED_FOR_THE_BLOOD = frozenset({"vancomycin"})
"""By mouth it treats the bowel and is poorly absorbed, with no concentration in the blood of volunteers (US label of vancomycin
capsules, Clinical Pharmacology)."""
SWALLOWED_FOR_THE_BLOOD = frozenset({"linezolid", "levetiracetam", "phenytoin", "valproate"})
"""By mouth, tube or muscle they do what they do by vein, and none is given for one place of the body (their US labels,
Indications and Clinical Pharmacology): such a dose counts in the day, and what it leaves is not forecast."""
