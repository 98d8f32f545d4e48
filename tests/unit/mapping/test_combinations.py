"""Piperacillin with tazobactam: ours count piperacillin, and only the amounts of products tell which is written."""

from dataclasses import replace
from typing import Any

import pytest

from fhir_mapping.combinations import AMBIGUOUS, WITH_A_PARTNER, piperacillin
from fhir_mapping.orders import rewritten
from fhir_mapping.record import map_chart
from tests.unit.mapping.test_medications import AT, RXNORM, given, quantity
from tests.unit.mapping.test_orders import mg, read, request

ZOSYN = {"coding": [{"system": RXNORM, "code": "1659149"}]}
BY_ATC = {"coding": [{"system": "http://www.whocc.no/atc", "code": "J01CR05"}]}
BY_INGREDIENTS = {"coding": [{"system": RXNORM, "code": "74169", "display": "Piperacillin-Tazobactam"}]}
PIPERACILLIN = {"coding": [{"system": RXNORM, "code": "8339"}]}
EVERY_6_H = {"repeat": {"frequency": 1, "period": 6, "periodUnit": "h"}}


@pytest.mark.parametrize(
    ("written", "counted"),
    [(4500, 4000), (3375, 3000), (2250, 2000), (4000, 4000), (3000, 3000), (13500, 12000), (16000, 16000), (18000, 16000)],
)
def test_the_amount_of_a_product_means_one_thing(written: float, counted: float) -> None:
    found = piperacillin(written)
    assert found is not None
    assert found[0] == counted
    assert found[0] * found[1] == pytest.approx(written)


@pytest.mark.parametrize("written", [9000, 5000, 1000, 4250])
def test_an_amount_of_no_product_or_of_two_is_not_read(written: float) -> None:
    """9 g is two vials of 4.5 g, or the piperacillin of three of 3 g."""
    assert piperacillin(written) is None


def test_a_code_of_piperacillin_itself_counts_it_already() -> None:
    assert piperacillin(5000, alone=True) == (5000, 1.0)
    assert piperacillin(4500, alone=True) is None


def dose(concept: dict[str, Any], grams: float) -> dict[str, Any]:
    return given({"dose": quantity(grams, "g"), "route": {"text": "IV"}}, medicationCodeableConcept=concept)


@pytest.mark.parametrize("concept", [ZOSYN, BY_ATC, BY_INGREDIENTS])
def test_a_dose_of_the_whole_is_counted_as_its_piperacillin_and_says_so(concept: dict[str, Any]) -> None:
    found = map_chart([dose(concept, 4.5)], at=AT)
    [row] = found.record.given("piperacillin_tazobactam")
    assert (row.amount, row.unit) == (4000.0, "mg")
    assert [(i.code, i.variable) for i in found.issues] == [("assumed", "piperacillin_tazobactam")]
    assert map_chart([dose(concept, 4.0)], at=AT).issues == ()


def test_an_amount_that_cannot_be_told_leaves_a_hole() -> None:
    found = map_chart([dose(ZOSYN, 9.0)], at=AT)
    assert [(a.drug, a.amount) for a in found.record.administrations] == [("piperacillin_tazobactam", None)]
    assert [(i.code, i.variable) for i in found.issues] == [("no_amount", "piperacillin_tazobactam")]
    assert [a.amount for a in map_chart([dose(PIPERACILLIN, 5.0)], at=AT).record.administrations] == [5000.0]


def test_a_bag_that_states_both_strengths_counts_by_its_piperacillin() -> None:
    def part(code: str, grams: float) -> dict[str, Any]:
        concept = {"coding": [{"system": RXNORM, "code": code}]}
        return {
            "itemCodeableConcept": concept,
            "strength": {"numerator": quantity(grams, "g"), "denominator": quantity(100, "mL")},
        }

    bag = {"resourceType": "Medication", "id": "bag", "ingredient": [part("8339", 4.0), part("37617", 0.5)]}
    row = given(
        {"dose": quantity(100, "mL"), "route": {"text": "IV"}}, contained=[bag], medicationReference={"reference": "#bag"}
    )
    del row["medicationCodeableConcept"]
    [found] = map_chart([row], at=AT).record.given("piperacillin_tazobactam")
    assert found.amount == pytest.approx(4000.0)


def test_a_changed_order_is_written_back_in_the_amounts_of_the_product() -> None:
    dosage = {"timing": EVERY_6_H, "doseAndRate": [{"doseQuantity": {"value": 4.5, "unit": "g", "code": "g"}}]}
    draft = read(request(dosage, medicationCodeableConcept=ZOSYN))
    [order] = draft.orders
    assert (order.amount, draft.problems) == (4000.0, ())
    changed = rewritten(draft, replace(order, amount=3000.0, interval_h=8.0))
    [written] = changed["dosageInstruction"][0]["doseAndRate"]
    assert written["doseQuantity"]["value"] == 3.375
    [again] = read(changed).orders
    assert (again.amount, again.interval_h) == (3000.0, 8.0)


def test_the_rate_of_a_dose_means_what_the_dose_means() -> None:
    rated = {"doseQuantity": mg(4500), "rateQuantity": {"value": 1125, "code": "mg/h"}}
    [order] = read(request({"timing": EVERY_6_H, "doseAndRate": [rated]}, medicationCodeableConcept=ZOSYN)).orders
    assert (order.amount, order.infusion_h) == (4000.0, 4.0)
    alone = read(
        request({"doseAndRate": [{"rateQuantity": {"value": 562.5, "code": "mg/h"}}]}, medicationCodeableConcept=ZOSYN)
    )
    assert alone.orders == ()
    assert [p.text for p in alone.problems] == [AMBIGUOUS]


MEROPENEM = {"coding": [{"system": RXNORM, "code": "29561", "display": "meropenem"}]}
WITH_VABORBACTAM = {**MEROPENEM, "text": "Meropenem-Vaborbactam 4 g IV"}
EVERY_8_H = {"repeat": {"frequency": 1, "period": 8, "periodUnit": "h"}}


def meropenem_bag(**code: Any) -> dict[str, Any]:
    """2 g of meropenem and 2 g of vaborbactam in 250 mL, given by this much of it."""

    def part(concept: dict[str, Any]) -> dict[str, Any]:
        return {"itemCodeableConcept": concept, "strength": {"numerator": quantity(2, "g"), "denominator": quantity(250, "mL")}}

    bag = {"resourceType": "Medication", "id": "bag", "ingredient": [part(MEROPENEM), part({"text": "vaborbactam"})], **code}
    return {"contained": [bag], "medicationReference": {"reference": "#bag"}}


def of_bag(value: float, unit: str, **code: Any) -> list[float | None]:
    row = given({"dose": quantity(value, unit), "route": {"text": "IV"}}, **meropenem_bag(**code))
    del row["medicationCodeableConcept"]
    return [a.amount for a in map_chart([row], at=AT).record.administrations]


def test_a_beta_lactam_with_another_inhibitor_is_not_counted_by_the_whole_amount() -> None:
    found = map_chart([dose(WITH_VABORBACTAM, 4.0)], at=AT)
    assert [(a.drug, a.amount) for a in found.record.administrations] == [("meropenem", None)]
    assert [(i.code, i.text) for i in found.issues] == [("no_amount", WITH_A_PARTNER)]
    assert [a.amount for a in map_chart([dose(MEROPENEM, 2.0)], at=AT).record.administrations] == [2000.0]
    ordered = read(
        request({"timing": EVERY_8_H, "doseAndRate": [{"doseQuantity": mg(4000)}]}, medicationCodeableConcept=WITH_VABORBACTAM)
    )
    assert ordered.orders == ()
    assert [p.text for p in ordered.problems] == [WITH_A_PARTNER]


@pytest.mark.parametrize("code", [{}, {"code": MEROPENEM}], ids=["by its parts", "by a code of one part"])
def test_a_volume_of_a_combination_counts_where_the_strength_of_each_part_is_stated(code: dict[str, Any]) -> None:
    assert of_bag(250, "mL", **code) == [pytest.approx(2000.0)]
    assert of_bag(4, "g", **code) == [None]
