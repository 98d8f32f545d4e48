"""Draft orders in the shapes that clients send, and changed orders written back."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fhir.resources.R4B.medicationrequest import MedicationRequest

from fhir_mapping.orders import TOGETHER, Draft, read_drafts, rewritten

AT = datetime(2026, 1, 3, 8, tzinfo=UTC)
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"


def mg(value: Any) -> dict[str, Any]:
    return {"value": value, "unit": "mg", "system": "http://unitsofmeasure.org", "code": "mg"}


EVERY_12_H = {"repeat": {"frequency": 2, "period": 1, "periodUnit": "d"}}


def request(dosage: dict[str, Any] | None = None, **other: Any) -> dict[str, Any]:
    return {
        "resourceType": "MedicationRequest",
        "id": "d",
        "status": "draft",
        "intent": "order",
        "subject": {"reference": "Patient/1"},
        "medicationCodeableConcept": {"coding": [{"system": RXNORM, "code": "11124"}]},
        "dosageInstruction": [] if dosage is None else [dosage],
        **other,
    }


def read(resource: dict[str, Any]) -> Draft:
    [draft] = read_drafts({"resourceType": "Bundle", "entry": [{"resource": resource}]}, at=AT)
    return draft


def test_an_intermittent_order() -> None:
    [order] = read(
        request(
            {"timing": EVERY_12_H, "doseAndRate": [{"doseQuantity": mg(1000), "rateQuantity": {"value": 1, "code": "g/h"}}]}
        )
    ).orders
    assert (order.amount, order.unit, order.interval_h, order.infusion_h, order.start) == (1000.0, "mg", 12.0, 1.0, AT)


@pytest.mark.parametrize(
    ("timing", "interval"),
    [
        ({"repeat": {"frequency": 1, "period": 8, "periodUnit": "h"}}, 8.0),
        ({"code": {"coding": [{"code": "BID"}]}}, 12.0),
        ({"code": {"text": "Q 12H"}}, 12.0),
        ({"code": {"coding": [{"code": "Q24H"}]}}, 24.0),
    ],
)
def test_regular_timings(timing: dict[str, Any], interval: float) -> None:
    [order] = read(request({"timing": timing, "doseAndRate": [{"doseQuantity": mg(1000)}]})).orders
    assert order.interval_h == interval


def test_the_shapes_of_real_clients() -> None:
    as_object = read(
        request({"timing": EVERY_12_H, "doseAndRate": {"doseQuantity": mg(1000)}}, category={"coding": []}, intent=None)
    )
    stu3_place = read(request({"timing": EVERY_12_H, "doseQuantity": mg(1000)}))
    typed = read(
        request(
            {
                "timing": EVERY_12_H,
                "doseAndRate": [
                    {"type": {"coding": [{"code": "calculated"}]}, "doseQuantity": mg(12.5)},
                    {"type": {"coding": [{"code": "ordered"}]}, "doseQuantity": mg(1000)},
                ],
            }
        )
    )
    assert [d.orders[0].amount for d in (as_object, stu3_place, typed)] == [1000.0, 1000.0, 1000.0]


def test_a_contained_medication_without_code_is_known_by_its_ingredient() -> None:
    strength = {"numerator": {"value": 1, "code": "g"}, "denominator": {"value": 200, "code": "mL"}}
    concept = {"coding": [{"system": RXNORM, "code": "11124"}]}
    medication = {
        "resourceType": "Medication",
        "id": "m",
        "ingredient": [{"itemCodeableConcept": concept, "strength": strength}],
    }
    infusion = {"timing": EVERY_12_H, "doseAndRate": [{"rateQuantity": {"value": 20, "code": "mL/h"}}]}
    draft = read(
        request(infusion, contained=[medication], medicationCodeableConcept=None, medicationReference={"reference": "#m"})
    )
    assert draft.drug == "vancomycin"
    assert (draft.orders[0].rate, draft.orders[0].unit) == (100.0, "mg/h")


@pytest.mark.parametrize(
    "dose",
    [
        {"doseQuantity": mg(0)},
        {"doseQuantity": mg("500 mg")},
        {"doseQuantity": {"value": 500}},
        {"doseQuantity": {"value": 1, "code": "{pill}"}},
        {"doseQuantity": mg(-5)},
        {"doseQuantity": mg(float("inf"))},
        {},
    ],
    ids=["zero", "text", "no unit", "pill", "negative", "infinite", "absent"],
)
def test_a_dose_that_cannot_be_read_is_a_problem_and_no_guess(dose: dict[str, Any]) -> None:
    draft = read(request({"timing": EVERY_12_H, "doseAndRate": [dose]}))
    assert draft.drug == "vancomycin"
    assert draft.orders == ()
    assert draft.problems


def test_an_order_without_dosage_is_a_problem() -> None:
    assert read(request()).problems


def test_ranges_and_as_needed_orders_keep_their_highest() -> None:
    ranged = read(request({"timing": EVERY_12_H, "doseAndRate": [{"doseRange": {"low": mg(500), "high": mg(1500)}}]}))
    assert (ranged.orders[0].amount, ranged.orders[0].max_amount) == (None, 1500.0)
    needed = read(request({"asNeededBoolean": True, "doseAndRate": [{"doseQuantity": mg(500)}]}))
    assert needed.orders[0].as_needed


def test_a_stopped_draft_is_a_stop_order() -> None:
    [order] = read(request(status="stopped")).orders
    assert order.stop


def test_other_drugs_and_other_requests_are_none_of_ours() -> None:
    assert read(request(medicationCodeableConcept={"text": "Vancomycin 125 MG Oral Capsule"})).drug is None
    diet = {"resourceType": "NutritionOrder", "id": "n", "patient": {"reference": "Patient/1"}}
    assert read(diet).drug is None
    assert read(diet).patient_id == "1"


def test_a_changed_order_changes_the_dose_and_nothing_else() -> None:
    original = request(
        {"text": "1.5 g q12h", "route": {"text": "IV"}, "timing": EVERY_12_H, "doseAndRate": [{"doseQuantity": mg(1500)}]},
        extension=[{"url": "https://example.org/unknown", "valueDecimal": 7.40}],
        category={"coding": [{"code": "inpatient"}]},
    )
    draft = read(original)
    changed = rewritten(draft, replace(draft.orders[0], amount=1000.0, interval_h=24.0, infusion_h=1.0))
    dosage = changed["dosageInstruction"][0]
    assert dosage["doseAndRate"][0]["doseQuantity"]["value"] == 1000
    assert dosage["timing"]["repeat"] == {"frequency": 1, "period": 24, "periodUnit": "h"}
    assert "text" not in dosage
    assert dosage["route"] == {"text": "IV"}
    assert changed["extension"] == original["extension"]
    assert original["dosageInstruction"][0]["doseAndRate"][0]["doseQuantity"]["value"] == 1500
    MedicationRequest.model_validate(changed)
    again = read(changed).orders[0]
    assert (again.amount, again.interval_h, again.infusion_h) == (1000.0, 24.0, 1.0)


def test_an_order_of_two_instructions_is_not_rewritten() -> None:
    one = {"timing": EVERY_12_H, "doseAndRate": [{"doseQuantity": mg(1500)}]}
    draft = read(request(one, dosageInstruction=[one, one]))
    with pytest.raises(ValueError, match="one dosage instruction"):
        rewritten(draft, draft.orders[0])


@pytest.mark.parametrize(
    ("timing", "interval"),
    [
        ({"repeat": {"period": 1, "periodUnit": "d", "timeOfDay": ["08:00:00", "20:00:00"]}}, 12.0),
        ({"repeat": {"frequency": 3, "period": 1, "periodUnit": "d"}, "code": {"coding": [{"code": "TID"}]}}, 8.0),
        ({"repeat": {"frequency": 1, "period": 1, "periodUnit": "d", "dayOfWeek": ["mon", "wed"]}}, None),
        ({"repeat": {"period": 1, "periodUnit": "d", "timeOfDay": ["08:00:00", "14:00:00"]}}, None),
        ({"repeat": {"period": 1, "periodUnit": "d", "when": ["HS"]}}, None),
        ({"repeat": {"frequency": 1, "period": 1, "periodUnit": "d"}, "code": {"coding": [{"code": "BID"}]}}, None),
        ({"repeat": {"frequency": 0, "period": 1, "periodUnit": "d"}}, None),
        ({"repeat": {"frequency": 1, "period": 6, "periodMax": 8, "periodUnit": "h"}}, None),
    ],
)
def test_a_timing_is_regular_or_a_problem_with_the_dose_still_known(timing: dict[str, Any], interval: float | None) -> None:
    draft = read(request({"timing": timing, "doseAndRate": [{"doseQuantity": mg(1000)}]}))
    assert [(o.amount, o.interval_h) for o in draft.orders] == [(1000.0, interval)]
    assert bool(draft.problems) is (interval is None)


def test_a_course_of_days_is_a_count_of_doses() -> None:
    week = {"repeat": {"frequency": 2, "period": 1, "periodUnit": "d", "boundsDuration": {"value": 7, "code": "d"}}}
    assert read(request({"timing": week, "doseAndRate": [{"doseQuantity": mg(1000)}]})).orders[0].count == 14


def test_an_order_not_to_give_orders_nothing() -> None:
    draft = read(request({"timing": EVERY_12_H, "doseAndRate": [{"doseQuantity": mg(1000)}]}, doNotPerform=True))
    assert (draft.drug, draft.orders) == ("vancomycin", ())
    assert draft.problems


def test_a_dose_per_body_weight_stays_so_until_somebody_knows_the_weight() -> None:
    [order] = read(request({"timing": EVERY_12_H, "doseAndRate": [{"doseQuantity": {"value": 15, "code": "mg/kg"}}]})).orders
    assert (order.amount, order.unit, order.dosing_weight_kg) == (15.0, "mg/kg", None)


@pytest.mark.parametrize("dose", [mg(10**400), {"value": 1e308, "code": "g"}, mg("1_000"), {"value": 1, "code": "mg/kg/h"}])
def test_numbers_and_units_that_are_no_dose(dose: dict[str, Any]) -> None:
    draft = read(request({"timing": EVERY_12_H, "doseAndRate": [{"doseQuantity": dose}]}))
    assert draft.orders == ()
    assert draft.problems


def test_routes_of_a_draft() -> None:
    dosage = {"timing": EVERY_12_H, "doseAndRate": [{"doseQuantity": mg(125)}]}
    oral = {"coding": [{"system": "http://snomed.info/sct", "code": "26643006"}]}
    assert read(request({**dosage, "route": oral})).drug is None
    unclear = read(request({**dosage, "route": {"text": "local 17"}}))
    assert unclear.problems
    assert unclear.orders[0].amount == 125.0, "the limits still hold"


@pytest.mark.parametrize(("route", "way"), [("oral", "absorbed"), ("via NG tube", "absorbed"), ("IV", "iv")])
def test_a_draft_that_is_absorbed_stays_an_order_and_says_its_way(route: str, way: str) -> None:
    levetiracetam = {"coding": [{"system": RXNORM, "code": "114477"}]}
    dosage = {"timing": EVERY_12_H, "route": {"text": route}, "doseAndRate": [{"doseQuantity": mg(750)}]}
    draft = read(request(dosage, medicationCodeableConcept=levetiracetam))
    assert [(o.drug, o.amount, o.route) for o in draft.orders] == [("levetiracetam", 750.0, way)]
    assert draft.problems == ()


def test_a_stop_of_an_oral_order_stops_nothing_in_a_vein() -> None:
    levetiracetam = {"coding": [{"system": RXNORM, "code": "114477"}]}
    dosage = {"timing": EVERY_12_H, "route": {"text": "oral"}, "doseAndRate": [{"doseQuantity": mg(750)}]}
    assert read(request(dosage, medicationCodeableConcept=levetiracetam, status="stopped")).orders == ()


def test_a_medication_that_is_not_at_hand_is_said_so_and_found_where_it_is_given() -> None:
    resource = request({"timing": EVERY_12_H, "doseAndRate": [{"doseQuantity": mg(1000)}]})
    resource["medicationReference"] = {"reference": "Medication/m"}
    del resource["medicationCodeableConcept"]
    missing = read(resource)
    assert (missing.drug, [p.code for p in missing.problems]) == (None, ["unknown_code"])
    known = {"m": {"resourceType": "Medication", "id": "m", "code": {"coding": [{"system": RXNORM, "code": "11124"}]}}}
    [found] = read_drafts({"resourceType": "Bundle", "entry": [{"resource": resource}]}, at=AT, medications=known)
    assert found.drug == "vancomycin"


INFUSE_OVER = {"url": "https://ehr.example/infuse-over-time", "valueDuration": {"value": 90, "unit": "min", "code": "min"}}
SHAPES: dict[str, dict[str, Any]] = {
    "duration": {"timing": {"repeat": {**EVERY_12_H["repeat"], "duration": 90, "durationUnit": "min"}}},
    "extension": {"timing": EVERY_12_H, "extension": [INFUSE_OVER]},
    "rate": {"timing": EVERY_12_H, "doseAndRate": [{"doseQuantity": mg(1500), "rateQuantity": {"value": 1, "code": "g/h"}}]},
    "rate as time": {
        "timing": EVERY_12_H,
        "doseAndRate": [{"doseQuantity": mg(1500), "rateQuantity": {"value": 90, "code": "min"}}],
    },
    "ratio": {
        "timing": EVERY_12_H,
        "doseAndRate": [
            {"doseQuantity": mg(1500), "rateRatio": {"numerator": mg(1500), "denominator": {"value": 1.5, "code": "h"}}}
        ],
    },
    "object": {"timing": EVERY_12_H, "doseAndRate": {"doseQuantity": mg(1500)}},
    "place of STU3": {"timing": EVERY_12_H, "doseQuantity": mg(1500), "rateQuantity": {"value": 1000, "code": "mg/h"}},
    "grams": {"timing": EVERY_12_H, "doseAndRate": [{"doseQuantity": {"value": 1.5, "unit": "g", "code": "g"}}]},
    "typed": {
        "timing": EVERY_12_H,
        "doseAndRate": [
            {"type": {"coding": [{"code": "calculated"}]}, "doseQuantity": {"value": 18.3, "code": "mg/kg"}},
            {"type": {"coding": [{"code": "ordered"}]}, "doseQuantity": mg(1500)},
        ],
    },
}


@pytest.mark.parametrize("shape", SHAPES)
def test_a_changed_order_reads_back_as_changed_whatever_shape_it_came_in(shape: str) -> None:
    """No two places of the resource may contradict each other: each that stated the old dose or time states the new one."""
    dosage = {"doseAndRate": [{"doseQuantity": mg(1500)}], **SHAPES[shape]}
    if shape == "place of STU3":
        del dosage["doseAndRate"]
    draft = read(request(dosage))
    changed = rewritten(draft, replace(draft.orders[0], amount=1000.0, interval_h=8.0, infusion_h=2.0))
    MedicationRequest.model_validate(changed)
    again = read(changed)
    assert not again.problems
    [order] = again.orders
    assert (order.amount, order.unit, order.interval_h) == (1000.0, "mg", 8.0)
    assert order.infusion_h == pytest.approx(2.0)
    assert "1500" not in str(changed)
    assert "18.3" not in str(changed)


def test_a_changed_order_keeps_its_unit_and_its_type() -> None:
    grams = read(request({"doseAndRate": [{"doseQuantity": mg(1500)}], **SHAPES["grams"]}))
    dose = rewritten(grams, replace(grams.orders[0], amount=1000.0))["dosageInstruction"][0]["doseAndRate"][0]["doseQuantity"]
    assert (dose["value"], dose["code"]) == (1, "g")
    typed = read(request(SHAPES["typed"]))
    [kept] = rewritten(typed, replace(typed.orders[0], amount=1000.0))["dosageInstruction"][0]["doseAndRate"]
    assert kept["type"] == {"coding": [{"code": "ordered"}]}


def test_a_counted_course_is_not_given_at_another_interval() -> None:
    counted = {"repeat": {**EVERY_12_H["repeat"], "count": 14}}
    draft = read(request({"timing": counted, "doseAndRate": [{"doseQuantity": mg(1000)}]}))
    assert rewritten(draft, replace(draft.orders[0], amount=750.0))["dosageInstruction"][0]["timing"] == {
        "repeat": counted["repeat"]
    }
    with pytest.raises(ValueError, match="counted number of doses"):
        rewritten(draft, replace(draft.orders[0], interval_h=8.0))


IV = {"text": "IV"}


def rate(value: float, code: str = "ug/min") -> dict[str, Any]:
    return {"value": value, "unit": code, "system": "http://unitsofmeasure.org", "code": code}


def norepinephrine(dosage: dict[str, Any]) -> Draft:
    return read(request(dosage, medicationCodeableConcept={"coding": [{"system": RXNORM, "code": "7512"}]}))


LOAD = {"route": IV, "timing": {"repeat": {"count": 1}}, "doseAndRate": [{"doseQuantity": mg(2000)}]}
MAINTENANCE = {"route": IV, "timing": EVERY_12_H, "doseAndRate": [{"doseQuantity": mg(1000)}]}


def test_an_infusion_that_is_set_to_0_is_stopped() -> None:
    draft = norepinephrine({"doseAndRate": [{"rateQuantity": rate(0)}]})
    assert [(o.stop, o.rate) for o in draft.orders] == [(True, None)]
    pump = norepinephrine({"doseAndRate": [{"rateQuantity": {"value": 0, "unit": "mL/h", "code": "mL/h"}}]})
    assert [(o.stop, o.rate) for o in pump.orders] == [(True, None)]
    assert not pump.problems
    runs = norepinephrine({"doseAndRate": [{"rateQuantity": {"value": 3, "unit": "mL/h", "code": "mL/h"}}]})
    assert runs.problems
    paused = norepinephrine(
        {"doseAndRate": [{"rateQuantity": rate(0)}], "timing": {"repeat": {"boundsDuration": {"value": 1, "code": "h"}}}}
    )
    assert paused.problems


def test_a_load_and_its_maintenance_are_two_orders_of_one_option() -> None:
    draft = read(request(dosageInstruction=[LOAD, MAINTENANCE]))
    assert [(o.amount, o.interval_h, o.start, o.label) for o in draft.orders] == [
        (2000.0, None, AT, "as ordered"),
        (1000.0, 12.0, AT, "as ordered"),
    ]
    assert not draft.problems


def test_a_maintenance_that_follows_its_load_begins_one_interval_later_and_says_so() -> None:
    in_turn = [{**MAINTENANCE, "sequence": 2}, {**LOAD, "sequence": 1}]
    draft = read(request(dosageInstruction=in_turn))
    starts = {o.amount: o.start for o in draft.orders}
    assert starts == {2000.0: AT, 1000.0: AT + timedelta(hours=12)}
    assert [r.code for r in draft.remarks] == ["assumed"]
    stated = {**MAINTENANCE["timing"]["repeat"], "boundsPeriod": {"start": "2026-01-03T14:00:00Z"}}
    dated = [{**LOAD, "sequence": 1}, {**MAINTENANCE, "sequence": 2, "timing": {"repeat": stated}}]
    draft = read(request(dosageInstruction=dated))
    assert [o.start for o in draft.orders] == [AT, AT + timedelta(hours=6)]
    assert draft.remarks == ()


def test_a_load_and_a_maintenance_in_two_drafts_begin_together_and_say_so() -> None:
    def remarks(maintenance: dict[str, Any]) -> list[list[str]]:
        both = [request(LOAD, id="load"), request(maintenance, id="then")]
        drafts = read_drafts({"resourceType": "Bundle", "entry": [{"resource": r} for r in both]}, at=AT)
        return [[r.text for r in d.remarks] for d in drafts]

    assert remarks(MAINTENANCE) == [[], [TOGETHER]]
    later = {**MAINTENANCE["timing"]["repeat"], "boundsPeriod": {"start": "2026-01-03T20:00:00Z"}}
    assert remarks({**MAINTENANCE, "timing": {"repeat": later}}) == [[], []]
    assert read(request(MAINTENANCE)).remarks == ()


def test_an_infusion_ordered_for_a_time_ends_after_it() -> None:
    for_six = {"repeat": {"boundsDuration": {"value": 6, "unit": "h", "code": "h"}}}
    [order] = norepinephrine({"timing": for_six, "doseAndRate": [{"rateQuantity": rate(5)}]}).orders
    assert (order.rate, order.until) == (300.0, AT + timedelta(hours=6))
    [endless] = norepinephrine({"doseAndRate": [{"rateQuantity": rate(5)}]}).orders
    assert endless.until is None


def test_a_rate_over_a_time_again_and_again_is_a_dose() -> None:
    """1 g/h over 90 minutes every 12 hours is no continuous infusion."""
    timing = {"repeat": {**EVERY_12_H["repeat"], "duration": 90, "durationUnit": "min"}}
    [order] = read(request({"timing": timing, "doseAndRate": [{"rateQuantity": rate(1, "g/h")}]})).orders
    assert (order.amount, order.infusion_h, order.interval_h, order.rate) == (1500.0, 1.5, 12.0, None)


@pytest.mark.parametrize(
    "dosage",
    [
        {"doseAndRate": [{"rateRange": {"low": rate(2), "high": rate(30)}}]},
        {"doseAndRate": [{"rateQuantity": rate(5)}], "text": "titrate to MAP 65", "maxDosePerPeriod": {
            "numerator": {"value": 30, "code": "ug"}, "denominator": {"value": 1, "code": "min"}}},
        {"doseAndRate": [{"rateQuantity": rate(30)}], "additionalInstruction": [{"text": "Titrate"}]},
    ],
    ids=["range", "titrated up to its most", "titrated without a most"],
)  # fmt: skip
def test_titrated_rates_keep_their_highest_only(dosage: dict[str, Any]) -> None:
    [order] = norepinephrine(dosage).orders
    assert (order.rate, order.max_rate, order.unit) == (None, 1800.0, "ug/h")


def test_a_rate_as_a_ratio_and_per_body_weight() -> None:
    ratio = {"numerator": {"value": 250, "code": "mg"}, "denominator": {"value": 2, "code": "h"}}
    [order] = read(request({"route": IV, "doseAndRate": [{"rateRatio": ratio}]})).orders
    assert (order.rate, order.unit) == (125.0, "mg/h")
    [per_weight] = norepinephrine({"doseAndRate": [{"rateQuantity": rate(0.1, "ug/kg/min")}]}).orders
    assert (per_weight.rate, per_weight.unit) == (0.1, "ug/kg/min")


def test_orders_by_their_status() -> None:
    """A re-signed active order is an order; one on hold or done is none, and nothing is guessed of it."""
    assert [o.amount for o in read(request(MAINTENANCE, status="active")).orders] == [1000.0]
    assert [o.stop for o in read(request(MAINTENANCE, status="cancelled")).orders] == [True]
    for status in ("on-hold", "completed", "unknown"):
        draft = read(request(MAINTENANCE, status=status))
        assert (draft.drug, draft.orders) == ("vancomycin", ())
        assert [p.code for p in draft.problems] == ["not_final"]
    assert read(request(MAINTENANCE, status="entered-in-error")).drug is None


def test_an_oral_order_that_is_stopped_stops_nothing_in_the_blood() -> None:
    oral = {"coding": [{"system": RXNORM, "code": "313570"}]}
    assert read(request(status="stopped", medicationCodeableConcept=oral)).drug is None
