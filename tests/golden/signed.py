"""Cards as the service answers a whole call, where what matters is how those of several orders stand together."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bench import joint
from bench.charts import AT, RXNORM, UCUM
from tests.calls import ROUTE, URL, service

SIGNED = Path(__file__).parent / "signed"


def readable(cards: Sequence[Mapping[str, Any]]) -> str:
    """The cards of one answer as a clinician reads them."""
    return "\n".join(f"## {card['indicator']}: {card['summary']}\n\n{card['detail']}\n" for card in cards)


def three_orders() -> dict[str, Any]:
    """PEEP, norepinephrine and a push of propofol, all as they should be."""
    return json.loads(joint.call(1))


def _with_dose(reference: str, given: dict[str, Any]) -> dict[str, Any]:
    """The three orders, one of them with another dose and rate."""
    document = three_orders()
    drafts = [entry["resource"] for entry in document["context"]["draftOrders"]["entry"]]
    own = next(draft for draft in drafts if draft["id"] == reference)
    own["dosageInstruction"][0]["doseAndRate"] = [given]
    return document


def unreadable_push() -> dict[str, Any]:
    """The push of propofol has no dose that can be read: it is ordered by the vial."""
    return _with_dose("push", {"doseQuantity": {"value": 1, "unit": "vial"}})


def pressor_in_ml() -> dict[str, Any]:
    """Norepinephrine comes in mL/h, and its dilution is not told."""
    return _with_dose("step", {"rateQuantity": {"value": 8, "unit": "mL/h", "system": UCUM, "code": "mL/h"}})


def bolus(code: str = "313002", **given: Any) -> dict[str, Any]:
    """A draft of 500 mL of a fluid over 15 min on the same chart, alone."""
    document = three_orders()
    entries = document["context"]["draftOrders"]["entry"]
    draft = {**next(e["resource"] for e in entries if e["resource"]["id"] == "push"), "id": "bolus"}
    draft["medicationCodeableConcept"] = {"coding": [{"system": RXNORM, "code": code}]}
    instruction = {
        "timing": {"repeat": {"count": 1, "duration": 15, "durationUnit": "min"}},
        "doseAndRate": [{"doseQuantity": {"value": 500, "unit": "mL", "system": UCUM, "code": "mL"}}],
    }
    draft["dosageInstruction"] = [{"route": ROUTE, **(given or instruction)}]
    document["context"]["draftOrders"]["entry"] = [{"resource": draft}]
    return document


def bolus_and_step() -> dict[str, Any]:
    """The bolus with the step of norepinephrine."""
    document = bolus()
    entries = three_orders()["context"]["draftOrders"]["entry"]
    step = next(e for e in entries if e["resource"]["id"] == "step")
    document["context"]["draftOrders"]["entry"].append(step)
    return document


CALLS = {
    "three_orders_at_once": three_orders,
    "unreadable_push_beside_others": unreadable_push,
    "pressor_in_ml_beside_others": pressor_in_ml,
    "fluid_bolus": bolus,
    "fluid_bolus_with_a_pressor_step": bolus_and_step,
}


def cards_of(document: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """The cards of one call."""
    return asyncio.run(_answered(json.dumps(document).encode()))


async def _answered(body: bytes) -> Sequence[Mapping[str, Any]]:
    async with service(at=AT) as client:
        answer = await client.post(URL, content=body)
    return answer.raise_for_status().json()["cards"]


def regenerate() -> None:
    """Write the files again."""
    SIGNED.mkdir(exist_ok=True)
    for name, call in CALLS.items():
        (SIGNED / f"{name}.md").write_text(readable(cards_of(call())), encoding="utf-8")
