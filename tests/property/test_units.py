"""Units: there and back again, by whichever way; text of any kind is a unit or is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin_engine.patient.ucum import parse
from twin_engine.patient.units import UnitError, convert, is_known, unit_code
from twin_engine.patient.variables import DRUGS

GROUPS = {
    "pressure": ("mm[Hg]", "kPa", "cm[H2O]", "mbar", "atm"),
    "temperature": ("Cel", "[degF]", "K"),
    "mass": ("kg", "g", "mg", "ug", "ng", "[lb_av]", "[oz_av]"),
    "count": ("10*9/L", "10*3/uL", "/nL", "10*12/mL"),
    "rate": ("ug/kg/min", "mg/kg/h", "ng/(kg.s)", "g/kg/d"),
    "concentration": ("mg/L", "ug/mL", "mg/dL", "g/L", "ng/uL"),
    "resistance": ("cm[H2O].s/L", "mm[Hg].min/L", "dyn.s/cm5"),
}
SUBSTANCES = {
    "creatinine": ("mg/dL", "umol/L", "mg/L"),
    "calcium": ("mg/dL", "mmol/L", "meq/L"),
    "glucose": ("mg/dL", "mmol/L"),
    "insulin": ("U", "[iU]", "m[iU]", "[USP'U]"),
    "potassium_chloride": ("mmol", "meq", "mg", "g"),
}
CASES = [(None, group) for group in GROUPS.values()] + list(SUBSTANCES.items())
values = st.floats(1e-6, 1e6)


@given(st.sampled_from(CASES), values, st.data())
def test_converting_there_and_back_is_the_identity(case: tuple[str | None, tuple[str, ...]], value: float, data) -> None:
    substance, group = case
    one, two, three = (data.draw(st.sampled_from(group)) for _ in range(3))
    there = convert(value, one, two, substance=substance)
    assert convert(there, two, one, substance=substance) == pytest.approx(value, rel=1e-9, abs=1e-9)
    onward = convert(there, two, three, substance=substance)
    assert onward == pytest.approx(convert(value, one, three, substance=substance), rel=1e-9, abs=1e-9)


@given(values, st.floats(0.5, 300.0), st.sampled_from(sorted(DRUGS)))
def test_weight_is_multiplied_in_once(rate: float, weight: float, name: str) -> None:
    unit = DRUGS[name].amount_unit
    absolute = convert(rate, f"{unit}/kg/min", f"{unit}/h", weight_kg=weight)
    assert absolute == pytest.approx(rate * weight * 60.0)
    assert convert(absolute, f"{unit}/h", f"{unit}/kg/min", weight_kg=weight) == pytest.approx(rate)


@given(st.text(max_size=80) | st.text(alphabet="mcgkLlUh0129/.*()[]{}%' -sind", max_size=30))
def test_any_text_is_a_unit_or_is_refused(text: str) -> None:
    if is_known(text):
        assert convert(2.0, text, unit_code(text)) == pytest.approx(2.0)
    else:
        with pytest.raises(UnitError):
            convert(2.0, text, "mg")


PHYSICAL = [unit for name, group in GROUPS.items() if name not in {"temperature", "rate"} for unit in group if unit != "kg"]


@given(st.sampled_from(PHYSICAL))
def test_a_unit_over_itself_has_no_dimension(unit: str) -> None:
    # kg is left out: under a fraction bar it is body weight.
    assert parse(f"({unit})/({unit})").dimension == ()
    assert parse(f"({unit})/({unit})").factor == pytest.approx(1.0)
