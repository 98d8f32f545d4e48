"""Minimum inhibitory concentrations: alone, as parts of a panel, with comparators; the drug and the unit must be certain."""

from typing import Any

import pytest

from fhir_mapping.codes import LOINC, standard
from fhir_mapping.record import MappedChart, map_chart
from tests.unit.mapping.test_medications import AT, time
from twin_engine.patient.variables import VARIABLES

MIC = {"value": 1, "unit": "ug/mL", "system": "http://unitsofmeasure.org", "code": "ug/mL"}


def susceptibility(
    code: str, value: dict[str, Any] | None, hours: float = -20, ident: str = "s", **other: Any
) -> dict[str, Any]:
    return {
        "resourceType": "Observation",
        "id": ident,
        "status": "final",
        "category": [{"coding": [{"code": "laboratory"}]}],
        "subject": {"reference": "Patient/1"},
        "code": {"coding": [{"system": LOINC, "code": code}]},
        "effectiveDateTime": time(hours),
        **({} if value is None else {"valueQuantity": value}),
        **other,
    }


def mapped(*resources: dict[str, Any]) -> MappedChart:
    return map_chart(resources, at=AT)


def mics(*resources: dict[str, Any]) -> list[tuple[str, float | None, str | None]]:
    return [(m.variable, m.value, m.comparator) for m in mapped(*resources).record.measurements]


@pytest.mark.parametrize(
    ("code", "name"), [("524-9", "vancomycin_mic"), ("19000-9", "vancomycin_mic"), ("6652-2", "meropenem_mic")]
)
def test_a_concentration_is_the_mic_of_its_drug(code: str, name: str) -> None:
    assert mics(susceptibility(code, MIC)) == [(name, 1.0, None)]


def test_an_open_end_stays_open() -> None:
    assert mics(susceptibility("6652-2", {**MIC, "value": 0.25, "comparator": "<="})) == [("meropenem_mic", 0.25, "<=")]
    assert mics(susceptibility("6652-2", {**MIC, "value": 16, "comparator": ">="})) == [("meropenem_mic", 16.0, ">=")]


@pytest.mark.parametrize("unit", ["mm", "", "[arb'U]/mL"])
def test_a_zone_of_the_disc_test_is_no_concentration(unit: str) -> None:
    found = mapped(susceptibility("19000-9", {"value": 20, "unit": unit, "code": unit}))
    assert found.record.measurements == ()
    assert [(i.code, i.variable) for i in found.issues] in (
        [("unknown_unit", "vancomycin_mic")],
        [("no_value", "vancomycin_mic")],
    )


def test_a_mere_interpretation_is_no_concentration() -> None:
    resistant = {"valueCodeableConcept": {"coding": [{"code": "R"}]}}
    assert [i.code for i in mapped(susceptibility("524-9", None, **resistant)).issues] == ["no_value"]


def test_a_panel_holds_the_mics_of_its_drugs() -> None:
    def part(code: str, value: float) -> dict[str, Any]:
        return {"code": {"coding": [{"system": LOINC, "code": code}]}, "valueQuantity": {**MIC, "value": value}}

    panel = susceptibility("50545-3", None, component=[part("267-5", 0.5), part("12-5", 2), part("185-9", 0.25)])
    assert mics(panel) == [("gentamicin_mic", 0.5, None), ("amikacin_mic", 2.0, None)]


def test_members_of_a_culture_are_read_as_what_they_are() -> None:
    """The culture names its susceptibilities; it has no number itself."""
    culture = susceptibility("600-7", None, ident="c", hasMember=[{"reference": "Observation/s"}])
    found = mapped(culture, susceptibility("524-9", MIC))
    assert [m.variable for m in found.record.measurements] == ["vancomycin_mic"]
    assert [i.code for i in found.issues] == ["unknown_code"]


def test_of_several_isolates_the_highest_counts_and_it_is_said() -> None:
    found = mapped(susceptibility("524-9", MIC, ident="a"), susceptibility("524-9", {**MIC, "value": 2}, ident="b"))
    assert [(m.value, m.id) for m in found.record.measurements] == [(2.0, "b")]
    assert [(i.code, i.variable) for i in found.issues] == [("assumed", "vancomycin_mic")]
    above = {**MIC, "value": 2, "comparator": ">"}
    assert mics(susceptibility("524-9", above, ident="a"), susceptibility("524-9", {**MIC, "value": 2}, ident="b")) == [
        ("vancomycin_mic", 2.0, ">")
    ]


def test_a_result_counts_from_when_it_came_out() -> None:
    assert mics(susceptibility("524-9", MIC, issued=time(1))) == []
    assert mics(susceptibility("524-9", MIC, issued=time(-1))) == [("vancomycin_mic", 1.0, None)]


def test_every_variable_of_a_mic_has_a_code() -> None:
    names = {name for name in VARIABLES if name.endswith("_mic")}
    assert len(names) == 9
    assert names <= {m.name for m in standard().variables.values()}
    assert all(VARIABLES[name].unit == "mg/L" for name in names)
