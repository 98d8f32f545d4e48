"""A route that is not stated: taken for a vein only where the product, an infusion or the drug leaves nothing else."""

from datetime import timedelta
from typing import Any

import pytest

from fhir_mapping.record import MappedChart, map_chart
from fhir_mapping.routes import ONLY_PARENTERAL, way_of_words
from tests.unit.mapping.test_medications import AT, RXNORM, given, holes, quantity, started
from tests.unit.mapping.test_orders import mg, read, request
from twin_engine.patient.variables import DRUGS

ATC = "http://www.whocc.no/atc"


def coded(code: str, system: str = RXNORM, **other: Any) -> dict[str, Any]:
    return {"coding": [{"system": system, "code": code, **other}]}


def mapped(*resources: dict[str, Any]) -> MappedChart:
    return map_chart(resources, at=AT)


def test_a_small_dose_of_a_drug_that_is_also_swallowed_is_a_hole_and_no_infusion() -> None:
    """125 mg of vancomycin without a route may be the treatment of a bowel infection."""
    found = mapped(started({"dose": quantity(125, "mg")}))
    assert holes(found) == ["vancomycin"]
    assert [(i.code, i.variable) for i in found.issues] == [("no_amount", "vancomycin")]


@pytest.mark.parametrize(
    "dose",
    [
        given({"dose": quantity(125, "mg")}),
        started({"dose": quantity(125, "mg"), "rateQuantity": quantity(125, "mg/h")}),
        started({"dose": quantity(1000, "mg")}),
        started({"dose": quantity(125, "mg")}, medicationCodeableConcept=coded("1807513")),
        started({"dose": quantity(125, "mg")}, medicationCodeableConcept=coded("J01XA01", ATC)),
    ],
    ids=["lasted an hour", "had a rate", "more than is swallowed", "an injection", "the parenteral group"],
)
def test_what_only_a_vein_explains_counts_and_says_that_it_was_assumed(dose: dict[str, Any]) -> None:
    found = mapped(dose)
    assert [a.route for a in found.record.given("vancomycin")] == ["iv"]
    assert [(i.code, i.variable) for i in found.issues] == [("assumed", "vancomycin")]


def test_what_lasted_a_moment_was_not_infused() -> None:
    moment = {
        "start": (AT - timedelta(hours=5)).isoformat(),
        "end": (AT - timedelta(hours=5) + timedelta(minutes=1)).isoformat(),
    }
    assert holes(mapped(given({"dose": quantity(125, "mg")}, effectivePeriod=moment))) == ["vancomycin"]


def test_drugs_that_are_only_given_into_the_body_need_no_route() -> None:
    assert set(DRUGS) >= ONLY_PARENTERAL
    swallowed = {"vancomycin", "linezolid", "levetiracetam", "phenytoin", "furosemide", "potassium_chloride", "midazolam"}
    assert not ONLY_PARENTERAL & (swallowed | {"insulin", "epinephrine", "fentanyl", "tobramycin", "ketamine"})
    row = started({"dose": quantity(1000, "mg")}, medicationCodeableConcept=coded("29561"))
    found = mapped(row)
    assert [a.route for a in found.record.given("meropenem")] == ["iv"]
    assert found.issues == ()


@pytest.mark.parametrize(
    "concept",
    [
        coded("313570"),
        coded("2000127"),
        coded("A07AA09", ATC),
        coded("A07AA09", "http://fhir.de/CodeSystem/bfarm/atc"),
        {**coded("11124"), "text": "Vancomycin 250 mg oral solution"},
        coded("999999999", display="vancomycin 125 MG Oral Capsule [Vancocin]"),
    ],
)
def test_an_oral_product_never_enters_the_blood(concept: dict[str, Any]) -> None:
    row = given({"dose": quantity(125, "mg")}, medicationCodeableConcept=concept)
    found = mapped(row)
    assert found.record.administrations == ()
    assert [i.text for i in found.issues] == ["not given into the bloodstream"]
    assert read(request({"doseAndRate": [{"doseQuantity": mg(125)}]}, medicationCodeableConcept=concept)).drug is None


def test_an_oral_product_given_into_a_vein_is_a_contradiction() -> None:
    row = given({"dose": quantity(125, "mg"), "route": {"text": "IV"}}, medicationCodeableConcept=coded("313570"))
    found = mapped(row)
    assert holes(found) == ["vancomycin"]
    assert [(i.code, i.variable) for i in found.issues] == [("no_amount", "vancomycin")]


def test_the_dose_form_of_a_medication_tells_the_way() -> None:
    medication = {"resourceType": "Medication", "id": "m", "code": coded("11124")}
    row = started({"dose": quantity(125, "mg")}, medicationReference={"reference": "Medication/m"})
    del row["medicationCodeableConcept"]
    solution = {"coding": [{"system": "http://snomed.info/sct", "code": "385219001"}]}
    ways = [
        mapped(row, {**medication, "form": form}).record.given("vancomycin") for form in (solution, {"text": "Capsule"}, None)
    ]
    assert [[(a.route, a.amount) for a in doses] for doses in ways] == [[("iv", 125.0)], [], [(None, None)]]


@pytest.mark.parametrize(
    ("words", "way"),
    [
        ("vancomycin 1000 MG Injection", "iv"),
        ("Intravenous Solution", "iv"),
        ("tobramycin Inhalation Solution", "other"),
        ("72 HR fentanyl Transdermal System", "other"),
        ("vancomycin injection for oral use", "other"),
        ("vancomycin", None),
        (None, None),
    ],
)
def test_words_of_a_product(words: str | None, way: str | None) -> None:
    assert way_of_words([words]) == way


EVERY_12_H = {"repeat": {"frequency": 1, "period": 12, "periodUnit": "h"}}


def test_a_draft_without_a_route_is_held_against_the_limits_but_not_forecast_unless_only_a_vein_is_left() -> None:
    """A higher dose into a vein must never be offered for what may be a capsule."""
    small = read(request({"timing": EVERY_12_H, "doseAndRate": [{"doseQuantity": mg(125)}]}))
    assert [o.amount for o in small.orders] == [125.0]
    assert small.orders[0].route is None
    assert [p.code for p in small.problems] == ["assumed"]
    large = read(request({"timing": EVERY_12_H, "doseAndRate": [{"doseQuantity": mg(1000)}]}))
    assert (large.orders[0].route, large.problems) == ("iv", ())
    assert [r.variable for r in large.remarks] == ["vancomycin"]
    infused = {"repeat": {**EVERY_12_H["repeat"], "duration": 1, "durationUnit": "h"}}
    assert read(request({"timing": infused, "doseAndRate": [{"doseQuantity": mg(125)}]})).problems == ()


def test_of_an_order_by_two_ways_only_the_part_into_a_vein_counts() -> None:
    doses = [
        {"route": {"text": way}, "timing": EVERY_12_H, "doseAndRate": [{"doseQuantity": mg(n)}]}
        for way, n in (("IV", 1000), ("oral", 125))
    ]
    draft = read(request(dosageInstruction=doses))
    assert [o.amount for o in draft.orders] == [1000.0]
    assert [p.text for p in draft.problems] == ["part of the order is not given into a vein"]
