"""Fosphenytoin counts as phenytoin only where its amount is written as phenytoin equivalents."""

from dataclasses import replace
from typing import Any

import pytest

from fhir_mapping.orders import rewritten
from fhir_mapping.record import map_chart
from tests.unit.mapping.test_medications import AT, RXNORM, given, quantity
from tests.unit.mapping.test_orders import read, request

BY_CODE = {"coding": [{"system": RXNORM, "code": "1670194"}]}
PHENYTOIN = {"coding": [{"system": RXNORM, "code": "8183"}]}
BY_NAME = {"coding": [{"system": RXNORM, "code": "1", "display": "2 ML fosphenytoin sodium 50 MG/ML Injection"}]}


@pytest.mark.parametrize("concept", [BY_CODE, BY_NAME])
@pytest.mark.parametrize(("unit", "amounts"), [("mg{PE}", [1000.0]), ("mg PE", [1000.0]), ("mg", [None])])
def test_only_equivalents_are_phenytoin(concept: dict[str, Any], unit: str, amounts: list[float | None]) -> None:
    found = map_chart([given({"dose": quantity(1000, unit)}, medicationCodeableConcept=concept)], at=AT)
    assert [a.amount for a in found.record.given("phenytoin")] == amounts
    if amounts == [None]:
        assert [(i.code, i.variable, "equivalents" in i.text) for i in found.issues] == [("no_amount", "phenytoin", True)]


def test_phenytoin_itself_is_in_plain_units() -> None:
    row = given({"dose": quantity(1000, "mg")}, medicationCodeableConcept=PHENYTOIN)
    assert [a.amount for a in map_chart([row], at=AT).record.given("phenytoin")] == [1000.0]


@pytest.mark.parametrize(("unit", "writable"), [("mg{PE}", True), ("mg PE", False)])
def test_a_change_is_written_in_equivalents_or_not_at_all(unit: str, writable: bool) -> None:
    dosage = {
        "timing": {"code": {"text": "once"}},
        "doseAndRate": [{"doseQuantity": {"value": 1500, "unit": unit, "code": unit}}],
    }
    draft = read(request(dosage, medicationCodeableConcept=BY_CODE))
    changed = replace(draft.orders[0], amount=1000.0)
    if writable:
        [dose] = rewritten(draft, changed)["dosageInstruction"][0]["doseAndRate"]
        assert (dose["doseQuantity"]["value"], dose["doseQuantity"]["code"]) == (1000, "mg{PE}")
    else:
        with pytest.raises(ValueError, match="cannot be written back"):
            rewritten(draft, changed)


@pytest.mark.parametrize(("concept", "unit", "prodrug"), [(BY_CODE, "mg{PE}", True), (PHENYTOIN, "mg", False)])
def test_an_order_says_whether_it_is_the_prodrug(concept: dict[str, Any], unit: str, prodrug: bool) -> None:
    dosage = {
        "timing": {"code": {"text": "once"}},
        "doseAndRate": [{"doseQuantity": {"value": 1500, "unit": unit, "code": unit}}],
    }
    [order] = read(request(dosage, medicationCodeableConcept=concept)).orders
    assert order.prodrug is prodrug
