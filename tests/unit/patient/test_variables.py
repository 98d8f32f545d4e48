"""The tables of variables and drugs: complete, in known units, with ranges that no real patient falls out of."""

import pytest

from twin_engine.patient.units import convert, is_known
from twin_engine.patient.variables import CATEGORIES, DRUGS, VARIABLES

CANONICAL = {
    "/min": "heart_rate respiratory_rate respiratory_rate_set respiratory_rate_spontaneous",
    "mm[Hg]": "map sbp dbp cvp pao2 paco2 etco2",
    "%": "spo2 sao2",
    "Cel": "temperature",
    "L/min": "cardiac_output minute_volume",
    "1": "gcs rass bis inr ph fio2 ie_ratio saps_ii apache_ii insulin_sensitivity shunt_fraction dead_space_fraction",
    "kg": "weight",
    "cm": "height",
    "mmol/L": "glucose sodium potassium chloride lactate hco3 base_excess",
    "mg/dL": "creatinine urea_nitrogen bilirubin",
    "g/L": "albumin",
    "g/dL": "hemoglobin",
    "10*9/L": "platelets wbc",
    "mL": "urine_output fluid_output blood_loss tidal_volume_set tidal_volume",
    "cm[H2O]": "peep plateau_pressure peak_pressure inspiratory_pressure driving_pressure mean_airway_pressure",
    "s": "inspiratory_time",
    "mL/cm[H2O]": "compliance",
    "cm[H2O].s/L": "resistance",
    "J/min": "mechanical_power",
    "mL/min": "creatinine_clearance gfr",
    "mg/L": "vancomycin gentamicin meropenem propofol phenytoin",
    "ug/L": "remifentanil fentanyl norepinephrine epinephrine phenylephrine dexmedetomidine midazolam",
    "": "ventilator_mode",
}


@pytest.mark.parametrize("unit", CANONICAL)
def test_canonical_units_are_those_of_the_contract(unit: str) -> None:
    assert {name: VARIABLES[name].unit for name in CANONICAL[unit].split()} == dict.fromkeys(CANONICAL[unit].split(), unit)


def test_every_drug_of_the_library_is_known() -> None:
    library = """
        vancomycin gentamicin tobramycin amikacin meropenem piperacillin_tazobactam cefepime linezolid levetiracetam propofol
        remifentanil fentanyl midazolam dexmedetomidine norepinephrine epinephrine vasopressin phenylephrine insulin
        potassium_chloride ceftriaxone phenytoin rocuronium ketamine furosemide
        cisatracurium atracurium vecuronium pancuronium mivacurium succinylcholine
    """
    assert set(library.split()) <= set(DRUGS)
    assert DRUGS["norepinephrine"].rate_unit == "ug/h"


def test_every_unit_is_known_and_every_range_is_one() -> None:
    for variable in VARIABLES.values():
        assert variable.kind == "category" or is_known(variable.unit), variable
        assert variable.plausible_low < variable.plausible_high, variable
        assert (variable.kind == "category") == (variable.name in CATEGORIES)
    for drug in DRUGS.values():
        assert is_known(drug.amount_unit)
        assert is_known(drug.level_unit)


@pytest.mark.parametrize(
    ("variable", "value", "unit"),
    [
        # Far out, but seen: the tallest and heaviest on record, a laboratory's worst day.
        ("temperature", 13.7, "Cel"),  # accidental hypothermia, survived: Gilbert M. Lancet 2000;355:375-6
        ("height", 272.0, "cm"),
        ("weight", 635.0, "kg"),
        ("ph", 6.4, "1"),
        ("potassium", 14.0, "mmol/L"),
        ("glucose", 2000.0, "mg/dL"),
        ("creatinine", 40.0, "mg/dL"),
        ("albumin", 0.9, "g/dL"),
        ("hemoglobin", 1.8, "g/dL"),
        ("platelets", 1.0, "10*9/L"),
        ("vancomycin", 200.0, "ug/mL"),
        ("fio2", 100.0, "%"),
        ("rass", -5.0, "1"),
    ],
)
def test_extremes_of_real_patients_are_plausible(variable: str, value: float, unit: str) -> None:
    bounds = VARIABLES[variable]
    assert bounds.plausible_low <= convert(value, unit, bounds.unit, substance=variable) <= bounds.plausible_high


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("fio2", 60.0),  # per cent charted as a fraction
        ("fio2", 0.004),  # a fraction charted as per cent
        ("temperature", 98.6),  # Fahrenheit
        ("creatinine", 88.0),  # umol/L charted as mg/dL
        ("height", 1.75),  # metres
        ("map", 0.0),  # transducer disconnected
        ("ph", 74.0),
        ("spo2", 0.97),
    ],
)
def test_the_usual_slips_are_not_plausible(variable: str, value: float) -> None:
    assert not VARIABLES[variable].plausible_low <= value <= VARIABLES[variable].plausible_high
