"""Red cells and blood that was lost, from FHIR to haemoglobin: volumes count, and what has none is a hole."""

from typing import Any

import pytest

from fhir_mapping.codes import site
from fhir_mapping.record import map_chart
from tests.unit.mapping.test_medications import AT, time
from twin_engine.blood.intake import given as intake
from twin_engine.blood.loss import is_unknown, lost_ml
from twin_engine.outcome import CannotPredict

ATC, SNOMED, LOINC = "http://www.whocc.no/atc", "http://snomed.info/sct", "http://loinc.org"
MIMIC = "http://mimic.mit.edu/fhir/mimic/CodeSystem/"


def bag(ident: str = "b1", begin: float = -3.0, end: float | None = -2.0, **dosage: Any) -> dict[str, Any]:
    return {
        "resourceType": "MedicationAdministration",
        "id": ident,
        "status": "completed",
        "subject": {"reference": "Patient/1"},
        "medicationCodeableConcept": {"coding": [{"system": ATC, "code": "B05AX01"}]},
        "effectivePeriod": {"start": time(begin), **({} if end is None else {"end": time(end)})},
        "dosage": dosage or {"dose": {"value": 287, "unit": "mL", "code": "mL"}},
    }


def transfused(begin: float, end: float, ident: str = "p1") -> dict[str, Any]:
    return {
        "resourceType": "Procedure",
        "id": ident,
        "status": "completed",
        "subject": {"reference": "Patient/1"},
        "code": {"coding": [{"system": SNOMED, "code": "116863004"}]},
        "performedPeriod": {"start": time(begin), "end": time(end)},
    }


def test_a_bag_in_ml_is_red_cells_over_its_time() -> None:
    found = map_chart([bag()], at=AT).record
    [row] = found.administrations
    assert (row.drug, row.amount, row.unit) == ("red_cells", 287.0, "mL")
    assert row.composition is not None
    assert row.composition.kind == "red_cells"
    told = intake(found, AT)
    assert not isinstance(told, CannotPredict)
    [dose] = told[0].doses
    assert (dose.start_h, dose.duration_h, dose.amount) == (-3.0, 1.0, pytest.approx(287.0))


@pytest.mark.parametrize(
    ("dosage", "amount", "rate", "unit"),
    [
        ({"dose": {"value": 0.287, "unit": "L", "code": "L"}}, 287.0, None, "mL"),
        ({"dose": {"value": 2, "code": "{unit}", "system": "http://unitsofmeasure.org"}}, 2.0, None, "{unit}"),
        ({"rateQuantity": {"value": 150, "unit": "mL/h", "code": "mL/h"}}, None, 150.0, "mL/h"),
    ],
    ids=["litres", "units", "a pace"],
)
def test_a_volume_units_or_a_pace_count(dosage: dict[str, Any], amount: float | None, rate: float | None, unit: str) -> None:
    [row] = map_chart([bag(**dosage)], at=AT).record.administrations
    assert (row.amount and pytest.approx(row.amount), row.rate, row.unit) == (amount, rate, unit)


@pytest.mark.parametrize(
    "dosage",
    [
        {"text": "one bag"},
        {"dose": {"value": 287, "unit": "mg", "code": "mg"}},
        {"dose": {"value": 1, "unit": "bag"}},
        {"dose": {"value": -5, "unit": "mL"}},
    ],
    ids=["words", "a mass", "a bag", "below nothing"],
)
def test_without_a_volume_it_is_a_hole_beside_which_no_haemoglobin_is_forecast(dosage: dict[str, Any]) -> None:
    found = map_chart([bag(**dosage)], at=AT)
    assert isinstance(intake(found.record, AT), CannotPredict)
    assert [i.code for i in found.issues] == ["no_amount"]


def test_a_procedure_without_its_bag_is_a_hole_and_with_it_says_nothing_new() -> None:
    alone = map_chart([transfused(-3.0, -2.0)], at=AT)
    assert isinstance(intake(alone.record, AT), CannotPredict)
    both = map_chart([transfused(-3.0, -2.0), bag()], at=AT)
    assert [a.amount for a in both.record.administrations] == [287.0]
    assert [i.code for i in both.issues] == ["duplicate"]
    other = map_chart([transfused(-9.0, -8.0), bag()], at=AT)
    assert isinstance(intake(other.record, AT), CannotPredict)


def test_what_was_not_given_or_comes_later_is_none() -> None:
    cancelled, later = {**bag(), "status": "not-done"}, bag("b2", begin=2.0, end=3.0)
    found = map_chart([cancelled, later], at=AT)
    assert found.record.administrations == ()
    assert [i.code for i in found.issues] == ["not_final"]


def test_one_bag_stands_for_one_transfusion_the_nearest() -> None:
    procedures = [transfused(-h, -h + 1.0, f"p{h:g}") for h in (5.0, 3.0, 2.0)]
    found = map_chart([*procedures, bag(begin=-2.9)], at=AT)
    assert [a.id for a in found.record.administrations] == ["p5", "b1", "p2"]
    assert [i.code for i in found.issues if i.resource == "Procedure/p3"] == ["duplicate"]
    assert isinstance(intake(found.record, AT), CannotPredict)
    every = map_chart([*procedures, *(bag(f"b{h:g}", begin=-h, end=-h + 1.0) for h in (5.0, 3.0, 2.0))], at=AT)
    assert [a.amount for a in every.record.administrations] == [287.0] * 3


def test_of_a_transfusion_that_comes_later_nothing_is_said() -> None:
    found = map_chart([transfused(2.0, 3.0), bag(begin=2.0, end=3.0, text="one bag")], at=AT)
    assert (found.record.administrations, found.issues) == ((), ())


def test_two_bags_one_after_the_other_are_two() -> None:
    found = map_chart([bag(), bag("b2", begin=-1.8, end=-0.8)], at=AT).record
    assert [a.amount for a in found.administrations] == [287.0, 287.0]


def loss(system: str, code: str, value: float, unit: str) -> dict[str, Any]:
    return {
        "resourceType": "Observation",
        "id": f"o{code}",
        "status": "final",
        "subject": {"reference": "Patient/1"},
        "code": {"coding": [{"system": system, "code": code}]},
        "effectiveDateTime": time(-2),
        "valueQuantity": {"value": value, "unit": unit, **({"code": unit} if system == LOINC else {})},
    }


@pytest.mark.parametrize(
    ("row", "found"),
    [
        (loss(LOINC, "9110-8", 0.4, "L"), [400.0]),
        (loss(f"{MIMIC}mimic-d-items", "226626", 150, "ml"), [150.0]),
        (loss(LOINC, "9129-8", 300, "mL"), []),
    ],
    ids=["estimated", "estimated at one site", "a chest tube"],
)
def test_an_estimated_loss_counts_and_what_a_drain_gives_does_not(row: dict[str, Any], found: list[float]) -> None:
    """A drain holds more than blood: how much of it is blood is not known."""
    record = map_chart([row], at=AT, site=site("mimic_iv_demo")).record
    assert [m.value for m in record.measurements if m.variable == "blood_loss"] == found
    assert all(m.unit == "mL" for m in record.measurements)


def total(ident: str, value: float, hours: float) -> dict[str, Any]:
    return {**loss(LOINC, "9110-8", value, "mL"), "id": ident, "effectiveDateTime": time(hours)}


def test_several_totals_within_a_day_are_not_added() -> None:
    """They may be one total that grows: no less than the largest was lost, and how much more is not known."""
    found = map_chart([total("a", 300, -5), total("b", 700, -3), total("c", 200, -40)], at=AT)
    assert [(m.id, m.value) for m in found.record.measurements] == [("c", 200.0), ("a", None), ("b", 700.0)]
    assert [i.resource for i in found.issues] == ["Observation/a", "Observation/b"]
    assert lost_ml(found.record, AT, -12.0) == 700.0
    assert is_unknown(found.record, AT, -12.0)
    assert not is_unknown(found.record, AT, -4.0)


def test_portions_of_a_site_are_added() -> None:
    system = f"{MIMIC}mimic-d-items"
    rows = [{**loss(system, "226626", 150, "ml"), "id": i, "effectiveDateTime": time(h)} for i, h in (("a", -4), ("b", -2))]
    record = map_chart(rows, at=AT, site=site("mimic_iv_demo")).record
    assert lost_ml(record, AT, -12.0) == 300.0
    assert not is_unknown(record, AT, -12.0)
