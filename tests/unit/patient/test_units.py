"""Units convert by dimension, by substance and by weight, and refuse everything else."""

import pytest

from twin_engine.patient.units import UnitError, convert, is_known, is_per_time, is_per_weight, is_volume, unit_code


@pytest.mark.parametrize(
    ("value", "unit", "to", "substance", "expected"),
    [
        # Laboratory factors as printed in the AMA Manual of Style, SI conversion table.
        (1.0, "mg/dL", "umol/L", "creatinine", 88.4),
        (1.0, "mg/dL", "mmol/L", "glucose", 0.0555),
        (1.0, "mg/dL", "mmol/L", "urea_nitrogen", 0.357),
        (1.0, "mg/dL", "umol/L", "bilirubin", 17.1),
        (1.0, "mg/dL", "mmol/L", "lactate", 0.111),
        (1.0, "mg/dL", "mmol/L", "calcium", 0.25),
        (1.0, "mg/dL", "mmol/L", "magnesium", 0.411),
        (1.0, "mg/dL", "mmol/L", "phosphate", 0.323),
        (1.0, "mg/L", "umol/L", "phenytoin", 3.96),
        (1.0, "ug/mL", "umol/L", "vancomycin", 0.690),
        (1.0, "meq/L", "mmol/L", "potassium", 1.0),
        (2.0, "meq/L", "mmol/L", "calcium", 1.0),
        (1.0, "g/dL", "mmol/L", "hemoglobin", 0.6206),  # monomer: J Clin Pathol 1996;49:271-4
        (1.0, "kPa", "mm[Hg]", None, 7.50062),
        (1.0, "mm[Hg]", "cm[H2O]", None, 1.35951),
        (98.6, "[degF]", "Cel", None, 37.0),
        (310.15, "K", "Cel", None, 37.0),
        (0.0, "Cel", "[degF]", None, 32.0),
        (1.0, "[lb_av]", "kg", None, 0.45359237),
        (70.0, "[in_i]", "cm", None, 177.8),
        (40.0, "%", "1", None, 0.4),
        (250.0, "10*3/uL", "10*9/L", None, 250.0),
        (1.0, "ng/mL", "ug/L", None, 1.0),
        (1.0, "mm[Hg].min/L", "dyn.s/cm5", None, 79.993),  # resistance in Wood units
        (1.0, "kcal/d", "kJ/d", None, 4.184),
        (2.0, "[iU]/h", "U/h", "insulin", 2.0),
        (0.03, "[USP'U]/min", "U/h", "vasopressin", 1.8),
        (40.0, "meq", "mmol", "potassium_chloride", 40.0),
        (7.4, "[pH]", "1", None, 7.4),
        (15.0, "{score}", "1", None, 15.0),
        (18.0, "{Breaths}/min", "/min", None, 18.0),
    ],
)
def test_known_conversions(value: float, unit: str, to: str, substance: str | None, expected: float) -> None:
    assert convert(value, unit, to, substance=substance) == pytest.approx(expected, rel=2e-3)


@pytest.mark.parametrize(
    ("value", "unit", "to", "expected"),
    [
        (0.1, "ug/kg/min", "mg/h", 0.48),
        (8.0, "mg/h", "ug/kg/min", 8000.0 / 60.0 / 80.0),
        (25.0, "mg/kg", "mg", 2000.0),
        (2.0, "mL/(kg.h)", "mL/h", 160.0),
        (0.1, "U/kg/h", "U/h", 8.0),
    ],
)
def test_body_weight_is_applied_only_when_given(value: float, unit: str, to: str, expected: float) -> None:
    assert convert(value, unit, to, weight_kg=80.0) == pytest.approx(expected)
    with pytest.raises(UnitError, match="without a weight"):
        convert(value, unit, to)


@pytest.mark.parametrize(
    ("unit", "to", "substance"),
    [
        ("mg/dL", "mmol/L", None),  # which substance?
        ("mg/dL", "mmol/L", "albumin"),  # not in the table
        ("meq/L", "mmol/L", None),
        ("meq/L", "mmol/L", "glucose"),  # no valence
        ("U/h", "[iU]/h", None),  # equal for insulin, not for every enzyme
        ("U/h", "[iU]/h", "potassium"),
        ("mosm/kg", "mmol/L", "sodium"),
        ("mg", "mL", "vancomycin"),
        ("mg/kg", "1", None),  # kilograms of body are not kilograms of drug
        ("kg/m2", "mg/L", None),
        ("Cel", "mm[Hg]", None),
        ("Cel", "1", None),
        ("mL/min/{1.73_m2}", "mL/min", None),  # per body surface is another quantity
        ("", "1", None),
        ("tablet", "mg", "vancomycin"),
    ],
)
def test_nothing_is_guessed(unit: str, to: str, substance: str | None) -> None:
    with pytest.raises(UnitError):
        convert(1.0, unit, to, substance=substance)


@pytest.mark.parametrize(
    ("spelled", "code"),
    [
        ("mcg/kg/min", "ug/kg/min"),
        ("µg/kg/min", "ug/kg/min"),
        ("units/hour", "U/h"),
        ("mEq/L", "meq/L"),
        ("mmHg", "mm[Hg]"),
        ("mm Hg", "mm[Hg]"),
        ("cmH2O", "cm[H2O]"),
        ("cm[H2O]/L/s", "cm[H2O].s/L"),
        ("mL/cmH2O", "mL/cm[H2O]"),
        ("°C", "Cel"),
        ("Deg. F", "Deg. F"),
        ("bpm", "/min"),
        ("K/uL", "10*3/uL"),
        ("ml/hr", "mL/h"),
        (" mg/dL ", "mg/dL"),
    ],
)
def test_bedside_spellings(spelled: str, code: str) -> None:
    assert unit_code(spelled) == code


@pytest.mark.parametrize(
    "text", ["", " ", "/", "mg/", "mg//L", ".mg", "mg L", "(mg", "mg)", "()", "0", "1/0", "10*", "kg-", "m0", "g" * 61, "$"]
)
def test_what_is_no_unit_is_unknown(text: str) -> None:
    assert not is_known(text)


def test_division_is_read_from_left_to_right() -> None:
    assert convert(1.0, "cm[H2O]/L.s", "cm[H2O].s/L") == 1.0
    assert convert(1.0, "mg/kg.d", "mg.d/kg") == 1.0
    assert convert(24.0, "mL/(kg.d)", "mL/kg/h") == pytest.approx(1.0)


def test_kinds_of_dose_units() -> None:
    assert is_per_weight("mcg/kg/min")
    assert not is_per_weight("kg/h")
    assert is_per_time("mL/h")
    assert not is_per_time("mg/kg")
    assert is_volume("mL/kg/h")
    assert is_volume("L")
    assert not is_volume("mg/h")
    with pytest.raises(UnitError):
        is_volume("tablet")
