"""What was given: amounts from doses, rates, volumes and strengths; duplicates; what is no amount."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from fhir_mapping.issues import remarks
from fhir_mapping.record import MappedChart, map_chart

AT = datetime(2026, 1, 3, 8, tzinfo=UTC)
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
VANCOMYCIN = {"coding": [{"system": RXNORM, "code": "11124"}]}
IV = {"text": "IV"}


def time(hours: float) -> str:
    return (AT + timedelta(hours=hours)).isoformat()


def quantity(value: Any, unit: str) -> dict[str, Any]:
    return {"value": value, "unit": unit, "code": unit}


def given(dosage: dict[str, Any], **other: Any) -> dict[str, Any]:
    return {
        "resourceType": "MedicationAdministration",
        "id": "a",
        "status": "completed",
        "subject": {"reference": "Patient/1"},
        "medicationCodeableConcept": VANCOMYCIN,
        "effectivePeriod": {"start": time(-5), "end": time(-4)},
        "dosage": dosage,
        **other,
    }


def mapped(*resources: dict[str, Any]) -> MappedChart:
    return map_chart(resources, at=AT)


def amounts(*resources: dict[str, Any]) -> list[float]:
    """Amounts that count."""
    return [a.amount for a in mapped(*resources).record.given("vancomycin") if a.amount is not None]


def holes(found: MappedChart) -> list[str]:
    """Drugs of the doses that stay in the record without an amount."""
    return [a.drug for a in found.record.administrations if a.amount is None and a.rate is None and a.unit == ""]


@pytest.mark.parametrize(
    ("dosage", "amount"),
    [
        ({"dose": quantity(1000, "mg")}, 1000.0),
        ({"dose": quantity(1.25, "g")}, 1250.0),
        ({"dose": {"value": 750, "unit": "mg"}}, 750.0),
        ({"dose": quantity("500", "mg")}, 500.0),
    ],
)
def test_a_dose_in_any_unit_of_mass(dosage: dict[str, Any], amount: float) -> None:
    assert amounts(given(dosage)) == [pytest.approx(amount)]


def test_a_volume_counts_by_the_strength_of_its_ingredient() -> None:
    strength = {"numerator": quantity(1, "g"), "denominator": quantity(200, "mL")}
    mixture = {
        "resourceType": "Medication",
        "id": "m",
        "ingredient": [{"itemCodeableConcept": VANCOMYCIN, "strength": strength}],
    }
    row = given({"dose": quantity(200, "mL")}, contained=[mixture], medicationReference={"reference": "#m"})
    del row["medicationCodeableConcept"]
    assert amounts(row) == [pytest.approx(1000.0)]
    elsewhere = {**row, "contained": [], "medicationReference": {"reference": "Medication/m"}}
    assert amounts(elsewhere, mixture) == [pytest.approx(1000.0)]


def test_a_running_infusion_is_a_rate_without_an_end() -> None:
    row = given({"rateQuantity": quantity(80, "mg/h")}, status="in-progress", effectivePeriod={"start": time(-5)})
    found = mapped(row).record.given("vancomycin")
    assert [(a.rate, a.unit, a.end) for a in found] == [(80.0, "mg/h", None)]


@pytest.mark.parametrize(
    ("dosage", "code"),
    [
        ({"dose": quantity(1, "dose")}, "no_amount"),
        ({"dose": quantity(200, "mL")}, "no_amount"),
        ({"dose": {"value": 1000}}, "no_amount"),
        ({"dose": quantity(float("nan"), "mg")}, "no_amount"),
        ({}, "no_amount"),
    ],
)
def test_what_is_no_amount_is_an_issue_and_a_hole_in_the_history(dosage: dict[str, Any], code: str) -> None:
    found = mapped(given(dosage))
    assert holes(found) == ["vancomycin"]
    assert [(i.code, i.variable) for i in found.issues] == [(code, "vancomycin")]


@pytest.mark.parametrize(("hours_ago", "told"), [(50.0, ["vancomycin"]), (70.0, []), (200.0, [])])
def test_a_hole_is_told_for_as_long_as_it_matters(hours_ago: float, told: list[str]) -> None:
    hole = {"dose": quantity(1, "dose")}
    moment = given(hole, effectiveDateTime=time(-hours_ago))
    del moment["effectivePeriod"]
    for row in (moment, given(hole, effectivePeriod={"start": time(-hours_ago), "end": time(1.0 - hours_ago)})):
        found = mapped(row)
        assert [(i.code, i.variable) for i in found.issues] == [("no_amount", "vancomycin")]
        assert [r.variable for r in remarks(found.issues)] == told
    runs = given({"rateQuantity": quantity(5, "mL/h")}, status="in-progress", effectivePeriod={"start": time(-hours_ago)})
    assert "vancomycin" in [r.variable for r in remarks(mapped(runs).issues)]


@pytest.mark.parametrize(
    ("hour", "date", "start"),
    [
        (8, "2026-01-03", datetime(2026, 1, 3, tzinfo=UTC)),
        (16, "2026-01-04", datetime(2026, 1, 3, 16, tzinfo=UTC)),
        (8, "2026-01-04", None),
    ],
    ids=["begun", "begun in Tokyo", "begun nowhere"],
)
def test_a_dose_with_a_date_alone_is_a_hole_where_the_day_has_begun_anywhere(
    hour: int, date: str, start: datetime | None
) -> None:
    row = given({"dose": quantity(1000, "mg")}, effectiveDateTime=date)
    del row["effectivePeriod"]
    found = map_chart([row], at=datetime(2026, 1, 3, hour, tzinfo=UTC))
    assert [a.start for a in found.record.administrations if a.amount is None] == ([] if start is None else [start])
    assert [i.code for i in found.issues] == ([] if start is None else ["no_amount"])


@pytest.mark.parametrize("status", ["not-done", "entered-in-error", "unknown"])
def test_what_was_not_given_does_not_count(status: str) -> None:
    assert amounts(given({"dose": quantity(1000, "mg")}, status=status)) == []


def test_the_oral_drug_is_another_matter() -> None:
    assert amounts(given({"dose": quantity(125, "mg"), "route": {"text": "oral"}})) == []


SNOMED = "http://snomed.info/sct"


@pytest.mark.parametrize(
    "route",
    [
        {"coding": [{"system": SNOMED, "code": "26643006"}]},
        {"coding": [{"system": SNOMED, "code": "34206005"}]},
        {"text": "per nasogastric tube"},
        {"text": "Intraperitoneal"},
        {"text": "intraventricular"},
        {"coding": [{"code": "PO/NG"}]},
        {"text": "SUBCUT"},
    ],
)
def test_only_what_goes_into_a_vein_counts(route: dict[str, Any]) -> None:
    found = mapped(given({"dose": quantity(125, "mg"), "route": route}))
    assert found.record.administrations == ()
    assert [(i.code, i.variable) for i in found.issues] == [("no_amount", None)]


@pytest.mark.parametrize(
    "route",
    [
        {"text": "IV Piggyback"},
        {"text": "I.V."},
        {"text": "central venous line"},
        {"coding": [{"code": "IVPB"}]},
        {"coding": [{"system": SNOMED, "code": "418114005"}]},
    ],
)
def test_a_vein_by_any_name(route: dict[str, Any]) -> None:
    [row] = mapped(given({"dose": quantity(1000, "mg"), "route": route})).record.given("vancomycin")
    assert row.route == "iv"


def test_a_route_that_cannot_be_read_leaves_a_hole_in_the_history() -> None:
    found = mapped(given({"dose": quantity(1000, "mg"), "route": {"text": "local code 17"}}))
    assert holes(found) == ["vancomycin"]
    assert [(i.code, i.variable) for i in found.issues] == [("no_amount", "vancomycin")]


def test_a_dose_without_a_route_was_given_by_the_route_of_its_order() -> None:
    """Administration records often leave the route to the order: oral vancomycin must not enter the kinetics."""
    row = given({"dose": quantity(125, "mg")}, request={"reference": "MedicationRequest/o"})
    order = {"resourceType": "MedicationRequest", "id": "o", "status": "completed", "medicationCodeableConcept": VANCOMYCIN}
    oral = {**order, "dosageInstruction": [{"route": {"coding": [{"code": "ORAL"}]}}]}
    vein = {**order, "dosageInstruction": [{"route": {"coding": [{"code": "IV"}]}}]}
    assert [len(amounts(row, *orders)) for orders in ((oral,), (vein,), (order,), ())] == [0, 1, 1, 1]
    said = {**row, "dosage": {**row["dosage"], "route": {"text": "IV"}}}
    assert amounts(said, oral) == [125.0]


def test_a_flowsheet_that_charts_a_drug_as_not_intravenous_leaves_no_hole() -> None:
    found = mapped(given({"dose": quantity(1, "dose"), "method": {"coding": [{"code": "Non Iv Meds"}]}}))
    assert found.record.administrations == ()
    assert [i.variable for i in found.issues] == [None]


def test_a_dose_of_nothing_is_neither_a_dose_nor_a_hole() -> None:
    found = mapped(given({"dose": quantity(0, "mg")}))
    assert found.record.administrations == ()
    assert [i.variable for i in found.issues] == [None]


@pytest.mark.parametrize("dose", [1e308, 10**400, 5e9])
def test_more_than_can_be_given_is_no_amount(dose: float) -> None:
    assert amounts(given({"dose": quantity(dose, "g")})) == []


def test_a_code_of_another_system_gives_way_to_the_unit_shown() -> None:
    dose = {"value": 1, "unit": "g", "system": "https://ehr.example/codeSet/54", "code": "258"}
    assert amounts(given({"dose": dose})) == [1000.0]


def started(dosage: dict[str, Any], **other: Any) -> dict[str, Any]:
    row = given(dosage, effectiveDateTime=time(-5), **other)
    del row["effectivePeriod"]
    return row


def test_the_end_is_worked_out_from_what_is_charted_and_never_assumed() -> None:
    dose = {"dose": quantity(1000, "mg")}
    over = {"extension": [{"url": "https://ehr.example/infuse-over-time", "valueQuantity": quantity(90, "min")}]}
    rows = [started({**dose, "rateQuantity": quantity(500, "mg/h")}), started(dose, **over), started(dose)]
    ends = [mapped(row).record.given("vancomycin")[0].end for row in rows]
    assert ends == [AT - timedelta(hours=3), AT - timedelta(hours=3.5), None]


def test_a_running_infusion_in_two_prefetch_keys_runs_once() -> None:
    row = given({"rateQuantity": quantity(80, "mg/h")}, status="in-progress", effectivePeriod={"start": time(-5)})
    assert len(mapped(row, dict(row)).record.administrations) == 1


def test_a_mixture_gives_each_of_its_drugs_by_its_own_strength() -> None:
    """Two sources of potassium in one bag add up; the glucose is none of ours."""

    def part(code: str, top: dict[str, Any]) -> dict[str, Any]:
        concept = {"coding": [{"system": RXNORM, "code": code}]}
        return {"itemCodeableConcept": concept, "strength": {"numerator": top, "denominator": quantity(250, "mL")}}

    bag = {
        "resourceType": "Medication",
        "id": "bag",
        "ingredient": [
            part("204520", quantity(40, "meq")),
            part("8591", quantity(10, "mmol")),
            part("253182", quantity(25, "[iU]")),
            part("4850", quantity(25, "g")),
        ],
    }
    row = given({"dose": quantity(125, "mL")}, contained=[bag], medicationReference={"reference": "#bag"})
    del row["medicationCodeableConcept"]
    found = {a.drug: (a.amount, a.unit) for a in mapped(row).record.administrations}
    assert found == {"potassium_chloride": (pytest.approx(25.0), "mmol"), "insulin": (pytest.approx(12.5), "U")}


def test_a_medication_that_is_not_at_hand_is_said_so() -> None:
    row = given({"dose": quantity(1000, "mg")}, medicationReference={"reference": "Medication/elsewhere"})
    del row["medicationCodeableConcept"]
    assert [(i.code, i.text) for i in mapped(row).issues] == [
        ("unknown_code", "a medication that is referred to but not at hand")
    ]


def test_a_dose_per_body_weight_is_no_amount_of_what_was_given() -> None:
    assert amounts(given({"dose": quantity(15, "mg/kg")})) == []
    [row] = mapped(given({"rateQuantity": quantity(2, "mg/kg/h")})).record.given("vancomycin")
    assert (row.rate, row.unit) == (2.0, "mg/kg/h")


def test_each_amount_stands_for_one_counted_dose() -> None:
    counted = [started({"dose": quantity(1, "dose"), "route": IV}, id=f"c{i}") for i in range(2)]
    found = mapped(given({"dose": quantity(1000, "mg"), "route": IV}, id="emar"), *counted)
    assert sorted(i.code for i in found.issues) == ["duplicate", "no_amount"]


@pytest.mark.parametrize(
    "change",
    [
        {"intent": "plan"},
        {"category": [{"coding": [{"code": "community"}]}]},
        {"intent": "instance-order", "basedOn": [{"reference": "MedicationRequest/whole"}]},
        {"doNotPerform": True},
        {
            "dosageInstruction": [
                {"doseAndRate": [{"doseQuantity": quantity(1000, "mg")}], "timing": {"repeat": {"when": ["HS"]}}}
            ]
        },
    ],
)
def test_orders_that_are_not_in_force_here_do_not_run(change: dict[str, Any]) -> None:
    every_12_h = {"repeat": {"frequency": 1, "period": 12, "periodUnit": "h"}}
    order = {
        "resourceType": "MedicationRequest",
        "id": "o",
        "status": "active",
        "intent": "order",
        "medicationCodeableConcept": VANCOMYCIN,
        "dosageInstruction": [{"timing": every_12_h, "doseAndRate": [{"doseQuantity": quantity(1000, "mg")}]}],
    }
    assert [o.interval_h for o in mapped(order).record.current_orders] == [12.0]
    found = mapped({**order, **change})
    assert found.record.current_orders == ()
    assert found.issues


def test_two_systems_charting_one_dose_count_once() -> None:
    pump = given({"dose": quantity(1000, "mg"), "route": IV}, id="pump")
    record = given({"dose": quantity(1000, "mg"), "route": IV}, id="emar", effectiveDateTime=time(-5.5))
    del record["effectivePeriod"]
    counted = given({"dose": quantity(1, "dose")}, id="flowsheet", effectiveDateTime=time(-6))
    del counted["effectivePeriod"]
    found = mapped(pump, record, counted)
    assert [a.id for a in found.record.given("vancomycin")] == ["pump"]
    assert [i.code for i in found.issues] == ["duplicate", "duplicate"]


def test_two_doses_close_together_are_two_doses() -> None:
    first = given({"dose": quantity(1000, "mg")}, id="a")
    second = given({"dose": quantity(1000, "mg")}, id="b", effectivePeriod={"start": time(-4), "end": time(-3)})
    assert amounts(first, second) == [1000.0, 1000.0]


def test_nothing_from_after_the_call_is_used() -> None:
    assert amounts(given({"dose": quantity(1000, "mg")}, effectivePeriod={"start": time(1), "end": time(2)})) == []


def by_another_way(code: str, route: str, amount: float = 500, unit: str = "mg") -> MappedChart:
    concept = {"coding": [{"system": "http://www.nlm.nih.gov/research/umls/rxnorm", "code": code}]}
    return mapped(given({"dose": quantity(amount, unit), "route": {"text": route}}, medicationCodeableConcept=concept))


@pytest.mark.parametrize(
    ("drug", "code", "route"), [("levetiracetam", "114477", "oral"), ("valproate", "11118", "NG"), ("phenytoin", "8183", "PEG")]
)
def test_a_dose_by_mouth_that_acts_as_by_vein_stays_in_the_record(drug: str, code: str, route: str) -> None:
    found = by_another_way(code, route)
    assert [(a.drug, a.amount, a.route) for a in found.record.administrations] == [(drug, 500.0, "absorbed")]
    assert found.issues == ()
    assert holes(by_another_way(code, route, 1, "tablet")) == [drug]


def test_a_dose_for_one_place_of_the_body_is_named_for_its_drug() -> None:
    found = by_another_way("10627", "inhalation", 300)
    assert found.record.administrations == ()
    assert [(r.variable, r.status) for r in remarks(found.issues)] == [("tobramycin", "assumed")]


@pytest.mark.parametrize(
    "when",
    [
        {"effectiveDateTime": "2026-01-02"},
        {"effectiveDateTime": "2026-01-02T20:00:00"},
        {"effectivePeriod": {"start": "2026-01-02T20:00:00Z", "end": "2026-01-02T19:00:00Z"}},
    ],
    ids=["a day", "no zone", "ends before it begins"],
)
def test_a_dose_without_a_time_that_can_be_used_is_a_hole_and_not_forgotten(when: dict[str, Any]) -> None:
    row = {k: v for k, v in given({"dose": quantity(1000, "mg")}).items() if not k.startswith("effective")}
    found = mapped({**row, **when})
    assert holes(found) == ["vancomycin"]
    assert [(r.variable, r.status) for r in remarks(found.issues)] == [("vancomycin", "incomplete_dose_history")]


def test_a_dose_that_was_stopped_says_that_its_amount_may_be_the_planned_one() -> None:
    found = mapped(given({"dose": quantity(1000, "mg"), "route": {"text": "IV"}}, status="stopped"))
    assert [a.amount for a in found.record.administrations] == [1000.0]
    assert [(r.status, "stopped" in r.effect) for r in remarks(found.issues)] == [("assumed", True)]


def test_the_same_rate_charted_twice_is_one_infusion() -> None:
    """Two systems that chart one pump: the sum would be twice what runs."""
    runs = {"status": "in-progress", "effectivePeriod": {"start": time(-5)}}
    one, other = (given({"rateQuantity": quantity(80, "mg/h"), "route": IV}, id=name, **runs) for name in ("a", "b"))
    assert [a.rate for a in mapped(one, other).record.given("vancomycin")] == [80.0]
    later = {**other, "effectivePeriod": {"start": time(-4)}}
    assert [a.rate for a in mapped(one, later).record.given("vancomycin")] == [80.0, 80.0]
