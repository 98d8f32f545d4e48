"""An agent that acts on the pressure counts although no dose of it can be read; other infusions do not."""

from typing import Any

import pytest

from fhir_mapping.record import map_chart
from tests.unit.mapping.test_medications import AT, time
from twin_engine.patient.substances import RUNS_UNREAD

ATC = "http://www.whocc.no/atc"
RATE = {"rateQuantity": {"value": 5, "unit": "mL/h", "code": "mL/h"}}


def infused(words: str | None = None, atc: str | None = None, **other: Any) -> dict[str, Any]:
    concept: dict[str, Any] = {"coding": [{"system": ATC, "code": atc}] if atc else [{"system": "urn:site", "code": "1"}]}
    return {
        "resourceType": "MedicationAdministration",
        "id": "a",
        "status": "in-progress",
        "subject": {"reference": "Patient/1"},
        "medicationCodeableConcept": {**concept, **({"text": words} if words else {})},
        "effectivePeriod": {"start": time(-2)},
        "dosage": RATE,
        **other,
    }


def ordered(words: str, **other: Any) -> dict[str, Any]:
    return {
        "resourceType": "MedicationRequest",
        "id": "o",
        "status": "active",
        "intent": "order",
        "subject": {"reference": "Patient/1"},
        "authoredOn": time(-3),
        "medicationCodeableConcept": {"text": words},
        "dosageInstruction": [{"doseAndRate": [RATE]}],
        **other,
    }


def told(*chart: dict[str, Any]) -> set[str]:
    return {c.condition for c in map_chart(chart, at=AT).record.conditions}


@pytest.mark.parametrize("atc", ["C01CA07", "C01CA09", "C01CA26", "C01CX09", "H01BA04"])
def test_every_agent_of_the_group_counts(atc: str) -> None:
    assert told(infused(atc=atc)) == {"vasopressor_unread"}


@pytest.mark.parametrize("words", ["Noradrenaline 4 mg/50 mL", "Dobutamine infusion", "angiotensin II", "LEVOPHED drip"])
def test_a_name_is_enough(words: str) -> None:
    assert told(infused(words)) == {"vasopressor_unread"}


@pytest.mark.parametrize("words", ["heparin", "sodium chloride 0.9 %", "angiotensin receptor blocker", "desmopressin"])
def test_other_infusions_do_not_count(words: str) -> None:
    assert told(infused(words)) == set()


def test_a_pressor_of_ours_counts_where_its_rate_cannot_be_read() -> None:
    assert told(infused(atc="C01CA03")) == {"vasopressor_unread"}
    readable = {"rateQuantity": {"value": 0.1, "unit": "ug/kg/min", "code": "ug/kg/min"}}
    found = map_chart([infused(atc="C01CA03", dosage=readable)], at=AT).record
    assert [a.drug for a in found.administrations] == ["norepinephrine"]
    assert found.conditions == ()


@pytest.mark.parametrize(
    "other",
    [
        {"status": "not-done"},
        {"status": "completed", "effectivePeriod": {"start": time(-3), "end": time(-1)}},
        {"status": "completed", "effectivePeriod": {"start": time(-2), "end": None}},
        {"dosage": {**RATE, "route": {"text": "nebulised"}}},
    ],
    ids=["not given", "ended", "one dose", "inhaled"],
)
def test_what_does_not_run_does_not_count(other: dict[str, Any]) -> None:
    assert told(infused("metaraminol", **other)) == set()


def test_an_order_counts_until_its_infusion_is_charted() -> None:
    assert told(ordered("norepinephrine 16 mg in 250 mL")) == {"vasopressor_unread"}
    over = infused("noradrenaline", status="completed", effectivePeriod={"start": time(-2), "end": time(-1)})
    assert told(ordered("norepinephrine"), over) == set()
    earlier = {**over, "effectivePeriod": {"start": time(-9), "end": time(-8)}}
    assert told(ordered("norepinephrine"), earlier) == {"vasopressor_unread"}


def test_an_order_as_needed_or_not_active_does_not_count() -> None:
    needed = [{"asNeededBoolean": True, "doseAndRate": [RATE]}]
    assert told(ordered("phenylephrine", dosageInstruction=needed)) == set()
    assert told(ordered("phenylephrine", status="completed")) == set()


def test_an_infusion_that_nothing_names_is_told_apart() -> None:
    assert told(infused()) == {"infusion_unnamed"}
    assert told(infused("heparin"), infused("saline", id="b")) == set()


def unread_now(*chart: dict[str, Any]) -> list[str | None]:
    return [i.variable for i in map_chart(chart, at=AT).issues if i.text == RUNS_UNREAD]


def test_a_pressor_of_ours_that_runs_at_an_unknown_rate_is_said() -> None:
    readable = {"rateQuantity": {"value": 0.1, "unit": "ug/kg/min", "code": "ug/kg/min"}}
    newer = {"id": "b", "effectivePeriod": {"start": time(-1)}, "dosage": readable}
    assert unread_now(infused(atc="C01CA03")) == ["norepinephrine"]
    assert unread_now(infused("Noradrenaline")) == ["norepinephrine"]
    assert unread_now(infused("metaraminol")) == []
    assert unread_now(infused(atc="C01CA03"), infused(atc="C01CA03", **newer)) == []
    then_unread = infused(atc="C01CA03", **{**newer, "dosage": RATE})
    assert unread_now(infused(atc="C01CA03", dosage=readable), then_unread) == ["norepinephrine"]
