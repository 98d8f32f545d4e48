"""Names, canonical units and plausible ranges of every variable, and the drugs with their units.

`plausible` bounds are what a living patient and a working instrument can show: outside them a value is an error, not a
finding. They are deliberately wide (e.g. creatinine 0.05-40 mg/dL) and never used as limits or reference ranges.
"""

import csv
from dataclasses import dataclass
from importlib.resources import files
from typing import Literal

Kind = Literal["measured", "setting", "category", "level"]


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable: its one unit inside the core, and the range outside which a value cannot be true."""

    name: str
    unit: str
    plausible_low: float
    plausible_high: float
    kind: Kind


@dataclass(frozen=True, slots=True)
class Drug:
    """A drug: unit of its amounts (rates are per hour), unit of its plasma level, the highest believable level."""

    name: str
    amount_unit: Literal["mg", "ug", "U", "mmol"]
    level_unit: Literal["mg/L", "ug/L", "U/L", "mmol/L"]
    level_high: float


_MG = (
    ("vancomycin", 300), ("gentamicin", 200), ("tobramycin", 200), ("amikacin", 400), ("meropenem", 500),
    ("piperacillin_tazobactam", 1500), ("cefepime", 800), ("ceftriaxone", 1000), ("linezolid", 150),
    ("levetiracetam", 400), ("propofol", 50), ("phenytoin", 150), ("rocuronium", 50), ("ketamine", 50),
    ("furosemide", 500),
)  # fmt: skip
_UG = ("remifentanil", "fentanyl", "midazolam", "dexmedetomidine", "norepinephrine", "epinephrine", "phenylephrine")

DRUGS: dict[str, Drug] = {
    **{name: Drug(name, "mg", "mg/L", float(high)) for name, high in _MG},
    **{name: Drug(name, "ug", "ug/L", 20_000.0) for name in _UG},
    "vasopressin": Drug("vasopressin", "U", "U/L", 10.0),
    "insulin": Drug("insulin", "U", "U/L", 100.0),
    "potassium_chloride": Drug("potassium_chloride", "mmol", "mmol/L", 100.0),
}


def _read() -> dict[str, Variable]:
    table: dict[str, Variable] = {}
    with files(__package__).joinpath("variables.csv").open(encoding="utf-8") as rows:
        for row in csv.DictReader(rows):
            low, high = row["plausible_low"] or "-inf", row["plausible_high"] or "inf"
            table[row["name"]] = Variable(row["name"], row["unit"], float(low), float(high), row["kind"])  # type: ignore[arg-type]
    for drug in DRUGS.values():
        table[drug.name] = Variable(drug.name, drug.level_unit, 0.0, drug.level_high, "level")
    return table


VARIABLES: dict[str, Variable] = _read()

VENTILATOR_MODES = frozenset(
    {"vc_cmv", "pc_cmv", "prvc", "simv", "psv", "cpap", "aprv", "hfov", "niv", "hfnc", "unknown"}
)
PROCEDURES = frozenset({"ihd", "crrt", "sled", "ecmo", "mechanical_circulatory_support"})
CONDITIONS = frozenset(
    {
        "pregnancy", "dka", "hhs", "raised_icp", "chronic_hypercapnia", "cirrhosis", "arrhythmia", "type_1_diabetes",
        "limitation_of_treatment", "haematological_malignancy",
    }
)  # fmt: skip
