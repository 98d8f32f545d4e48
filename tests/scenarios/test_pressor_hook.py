"""A pressor and a hypnotic signed together: one call, one coherent set of cards, and a forecast that is not their sum."""

from typing import Any

import pytest

from tests.calls import PATIENT, ROUTE, RXNORM, UCUM, bundle, hours_ago, observation, post, prefetch, request, service
from tests.scenarios.test_unchanged_chart import asked

NOREPINEPHRINE = {"coding": [{"system": RXNORM, "code": "7512"}]}
PROPOFOL = {"coding": [{"system": RXNORM, "code": "8782"}]}
Resource = dict[str, Any]


def draft(ident: str, drug: Resource, dose: Resource) -> Resource:
    return {
        "resourceType": "MedicationRequest",
        "id": ident,
        "status": "draft",
        "intent": "order",
        "subject": {"reference": f"Patient/{PATIENT}"},
        "medicationCodeableConcept": drug,
        "dosageInstruction": [{"route": ROUTE, "doseAndRate": [dose]}],
    }


def quantity(value: float, unit: str) -> Resource:
    return {"value": value, "unit": unit, "system": UCUM, "code": unit}


STEP = draft("step", NOREPINEPHRINE, {"rateQuantity": quantity(0.3, "ug/kg/min")})
DRIP = draft("drip", PROPOFOL, {"rateQuantity": quantity(300, "mg/h")})


def chart() -> dict[str, Any]:
    pressures = [
        observation("map", "8478-0", value, "mm[Hg]", hours) for hours, value in ((3, 68), (2, 66), (1, 64), (0.1, 62))
    ]
    running = {
        "resourceType": "MedicationAdministration",
        "id": "running",
        "status": "in-progress",
        "subject": {"reference": f"Patient/{PATIENT}"},
        "medicationCodeableConcept": NOREPINEPHRINE,
        "effectivePeriod": {"start": hours_ago(3)},
        "dosage": {"route": ROUTE, "rateQuantity": quantity(0.15, "ug/kg/min")},
    }
    return {**prefetch(), "vitals": bundle(pressures), "administrations": bundle([running])}


async def answered(*drafts: Resource) -> list[Resource]:
    answer = await post({**request("order-sign", *drafts), "prefetch": chart()})
    assert answer.status_code == 200, answer.text
    return answer.json()["cards"]


async def test_a_step_of_norepinephrine_says_what_the_pressure_will_be() -> None:
    [card] = await answered(STEP)
    assert card["summary"].startswith("Norepinephrine 0.15→0.3 mcg/kg/min: MAP in 10 min: no change 62, with it ")
    assert card["summary"].endswith("CO not measured")
    assert card["indicator"] == "info"
    assert "suggestions" not in card or not card["suggestions"]
    assert "| No change |" in card["detail"]


async def test_two_orders_signed_together_are_forecast_together() -> None:
    [alone] = await answered(STEP)
    cards = await answered(STEP, DRIP)
    assert 1 <= len(cards) <= 3
    together = next(card for card in cards if card["summary"].startswith("Norepinephrine"))
    assert later(together) < later(alone), "propofol takes some of it"
    other = next(card for card in cards if card["summary"].startswith("Propofol"))
    assert "MAP by this and norepinephrine together against no change" in other["detail"]
    assert "Each alone" in together["detail"]


def later(card: Resource) -> float:
    """The pressure in an hour as ordered, of two readings the one that is judged."""
    row = next(line for line in card["detail"].splitlines() if line.startswith("| As ordered"))
    return float(row.split("|")[3].split()[0])


@pytest.mark.parametrize("missing", ["vitals"])
async def test_without_a_pressure_there_is_no_prediction_and_the_reason(missing: str) -> None:
    without = {k: v for k, v in chart().items() if k != missing}
    answer = await post({**request("order-sign", STEP), "prefetch": without})
    [card] = answer.json()["cards"]
    assert "No prediction of MAP:** no mean arterial pressure" in card["detail"]


async def test_beside_a_pressor_that_runs_at_an_unknown_rate_no_effect_is_told() -> None:
    document = chart()
    [running] = [entry["resource"] for entry in document["administrations"]["entry"]]
    running["dosage"]["rateQuantity"] = quantity(5, "mL/h")
    [card] = (await post({**request("order-sign", STEP), "prefetch": document})).json()["cards"]
    assert "norepinephrine: an infusion runs whose rate cannot be read" in card["summary"] + card["detail"]
    assert "| No change |" not in card["detail"]


IN_MG = draft("mg", NOREPINEPHRINE, {"rateQuantity": quantity(1, "mg/h")})
"""Of a dose in mg it is not told whether base or salt is meant: no pressure is forecast from it."""


@pytest.mark.parametrize(("before", "then"), [(STEP, IN_MG), (IN_MG, STEP)])
async def test_what_is_said_of_an_order_does_not_depend_on_the_order_before(before: Resource, then: Resource) -> None:
    async with service() as client:
        await asked(client, before, prefetch=chart())
        found = await asked(client, then, prefetch=chart())
    async with service() as client:
        assert found == await asked(client, then, prefetch=chart())


async def falling(*added: Resource) -> Resource:
    document = chart()
    document["vitals"]["entry"] += [{"resource": one} for one in added]
    [card] = (await post({**request("order-sign", DRIP), "prefetch": document})).json()["cards"]
    return card


@pytest.mark.parametrize("hours", [(240.0,), (1.2, 1.7)], ids=["one of days ago", "two, too old for a target"])
async def test_a_pressure_in_the_skull_does_not_hide_that_propofol_lowers_that_of_the_arteries(
    hours: tuple[float, ...],
) -> None:
    card = await falling(*(observation(f"icp-{h:g}", "60956-0", 25, "mm[Hg]", h) for h in hours))
    assert card["summary"].startswith("Propofol 300 mg/h: MAP 62→54 mmHg (")
    assert "P(<65) > 95 %)" in card["summary"]
    assert card["indicator"] == "warning"
