"""What a clinician calls wrong is marked: still used, said so, and nothing is suggested on it until it is charted anew."""

import json
from typing import Any

import httpx
import pytest

from tests.calls import URL, bundle, hours_ago, observation, order, prefetch, request, service, settings

TOO_MUCH = order(2000, 8)


async def asked(client: httpx.AsyncClient, instance: str, **changes: Any) -> list[dict[str, Any]]:
    document = {**request("order-sign", TOO_MUCH), "hookInstance": instance, **changes}
    answer = await client.post(URL, content=json.dumps(document))
    assert answer.status_code == 200, answer.text
    return answer.json()["cards"]


async def answered(client: httpx.AsyncClient, card: str, code: str) -> None:
    said = {"outcome": "overridden", "overrideReason": {"reason": {"code": code}}, "outcomeTimestamp": hours_ago(0)}
    answer = await client.post(f"{URL}/feedback", content=json.dumps({"feedback": [{"card": card, **said}]}))
    assert answer.status_code == 200


@pytest.mark.parametrize(("code", "doubted"), [("data-wrong", True), ("cds-not-applicable", False)])
async def test_data_called_wrong_are_in_doubt_until_charted_anew(url: str, code: str, doubted: bool) -> None:
    async with service(settings(database_url=url)) as client:
        (first,) = await asked(client, "first")
        assert first["suggestions"]
        await answered(client, first["uuid"], code)
        again = await asked(client, "again")
        for card in again:
            assert ("called the data wrong" in card["detail"]) == doubted
            assert bool(card.get("suggestions")) != doubted
        assert again or not doubted
        corrected = bundle([observation("creatinine", "2160-0", 1.1, "mg/dL", 3)])
        (after,) = await asked(client, "after", prefetch={**prefetch(), "laboratory": corrected})
    assert "called the data wrong" not in after["detail"]
    assert after["suggestions"]
