"""A fluid signed on a chart in septic shock: what it does to the pressure and to haemoglobin, on one card."""

from copy import deepcopy
from typing import Any

import pytest

from tests.golden.signed import bolus, bolus_and_step, cards_of

Resource = dict[str, Any]


def chart_with(document: Resource, key: str, *resources: Resource) -> Resource:
    found = deepcopy(document)
    found["prefetch"][key]["entry"] += [{"resource": r} for r in resources]
    return found


def given(document: Resource, begin: str, dosage: Resource, end: str | None = None) -> Resource:
    draft = document["context"]["draftOrders"]["entry"][0]["resource"]
    return {
        "resourceType": "MedicationAdministration",
        "id": "given",
        "status": "completed",
        "subject": draft["subject"],
        "medicationCodeableConcept": draft["medicationCodeableConcept"],
        "effectivePeriod": {"start": begin, "end": end or begin},
        "dosage": dosage,
    }


def line(card: Any, start: str) -> str:
    found = [row for row in card["detail"].splitlines() if row.startswith(start)]
    return found[0] if found else ""


def test_a_bolus_tells_pressure_and_haemoglobin_and_suggests_nothing() -> None:
    [card] = cards_of(bolus())
    assert card["indicator"] == "info"
    assert card["summary"].startswith("Sodium chloride 0.9 % 500 mL once over 15 min: MAP ")
    assert "in 1 h" in line(card, "- **Effect of the order**")
    assert "against no change" in line(card, "- **Haemoglobin:**")
    assert "pressor load" not in card["detail"]
    assert not card.get("suggestions")


@pytest.mark.parametrize("code", ["313002", "847630"])
def test_both_crystalloids_are_told(code: str) -> None:
    assert len(cards_of(bolus(code))) == 1


@pytest.mark.parametrize("code", ["9863", "5499"], ids=["sodium chloride without a strength", "another drug"])
def test_what_may_not_be_isotonic_has_no_card(code: str) -> None:
    assert cards_of(bolus(code)) == []


def test_beside_a_pressor_it_is_told_on_its_card() -> None:
    [card] = cards_of(bolus_and_step())
    assert card["summary"].startswith("Norepinephrine")
    assert "sodium chloride 0.9 %" in line(card, "- **Each alone**")
    assert line(card, "- **Haemoglobin:**")


def test_a_fluid_without_a_volume_leaves_haemoglobin_out_and_the_pressure_in() -> None:
    plain = bolus()
    at = plain["prefetch"]["vitals"]["entry"][-1]["resource"]["effectiveDateTime"]
    [card] = cards_of(chart_with(plain, "administrations", given(plain, at, {"text": "a bolus"})))
    assert "the volume of sodium chloride that was given cannot be read" in line(card, "- No prediction of haemoglobin")
    assert "MAP" in card["summary"]


def test_a_bolus_of_the_last_hour_is_said_not_to_be_in_the_pressure() -> None:
    plain = bolus()
    at = max(e["resource"]["effectiveDateTime"] for e in plain["prefetch"]["vitals"]["entry"])
    litre = {"dose": {"value": 1000, "unit": "mL", "system": "http://unitsofmeasure.org", "code": "mL"}}
    [card] = cards_of(chart_with(plain, "administrations", given(plain, at, litre)))
    [before] = cards_of(plain)
    words = "what sodium chloride, given or begun within the hour, still does to MAP"
    assert words in card["detail"]
    assert words not in before["detail"]


def test_several_totals_of_blood_loss_leave_haemoglobin_out_and_stand_beside_the_pressure() -> None:
    plain = bolus()
    subject = plain["context"]["draftOrders"]["entry"][0]["resource"]["subject"]
    times = sorted({e["resource"]["effectiveDateTime"] for e in plain["prefetch"]["vitals"]["entry"]})
    totals = [
        {
            "resourceType": "Observation",
            "id": f"loss-{i}",
            "status": "final",
            "subject": subject,
            "code": {"coding": [{"system": "http://loinc.org", "code": "9110-8"}]},
            "effectiveDateTime": time,
            "valueQuantity": {"value": value, "unit": "mL", "system": "http://unitsofmeasure.org", "code": "mL"},
        }
        for i, (time, value) in enumerate(zip(times[-2:], (300, 500), strict=True))
    ]
    [card] = cards_of(chart_with(plain, "laboratory", *totals))
    assert "how much is not known" in line(card, "- No prediction of haemoglobin")
    assert "500 mL of blood lost in the last" in card["detail"]
    [single] = cards_of(chart_with(plain, "laboratory", totals[0]))
    assert line(single, "- **Haemoglobin:**")
