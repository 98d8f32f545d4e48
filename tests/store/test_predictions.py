"""Every prediction that went out meets its outcome, once, and only if the order was carried out."""

import asyncio
import json
from datetime import timedelta
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from service.clock import FixedClock
from service.store import database
from tests.calls import AT, PATIENT, URL, bundle, given, observation, order, prefetch, request, service, settings

ORDERED = order(1000, 12)
MIDNIGHT = AT + timedelta(hours=11)


class Moving(FixedClock):
    """An event time that the test moves on."""

    def to(self, at: Any) -> None:
        self._at = at


def rows(url: str) -> list[Any]:
    engine = database.connected(url)
    try:
        with engine.connect() as db:
            return list(db.execute(sa.text("select * from prediction where variable = 'vancomycin' order by number")))
    finally:
        engine.dispose()


def later_chart(level: float | None, amount: float = 1000) -> dict[str, Any]:
    """The chart eleven hours on: the dose was given, and a level was drawn before the next one."""
    levels = [observation("vancomycin", "20578-1", 14.8, "mg/L", 12.5)]
    if level is not None:
        levels.append(observation("vancomycin", "20578-1", level, "mg/L", -10.5))
    doses = [given(1500, 24), given(1000, 12), given(amount, -0.1, infusion_h=1.0)]
    return {**prefetch(), "levels": bundle(levels), "administrations": bundle(doses)}


async def seen_later(url: str, client: httpx.AsyncClient, chart: dict[str, Any], expected: str) -> Any:
    """The first prediction, once the chart was seen again and scoring is done."""
    document = {**request("patient-view"), "prefetch": chart, "hookInstance": f"later-{expected}"}
    assert (await client.post(URL, content=json.dumps(document))).status_code == 200
    for _ in range(200):
        if rows(url)[0].status == expected:
            break
        await asyncio.sleep(0.05)
    await asyncio.sleep(0.05)  # what is counted is counted after it was kept
    return rows(url)[0]


async def promised(client: httpx.AsyncClient, draft: dict[str, Any] = ORDERED) -> None:
    assert (await client.post(URL, content=json.dumps(request("order-sign", draft)))).status_code == 200


async def test_a_prediction_is_scored_when_its_level_is_charted_and_once(url: str) -> None:
    clock = Moving(AT)
    async with service(settings(database_url=url), clock=clock) as client:
        await promised(client)
        (open_one,) = rows(url)
        assert (open_one.status, open_one.variable, open_one.option) == ("awaiting", "vancomycin", "as ordered")
        clock.to(MIDNIGHT)
        found = await seen_later(url, client, later_chart(18.0), "scored")
        counted = (await client.get("/metrics")).text
        page = (await client.get("/quality")).text
    assert found.status == "scored"
    assert found.lead_h == pytest.approx(10.5)
    assert found.unit == "mg/L"
    assert found.relative == pytest.approx(found.error / 18.0)
    assert bool(found.inside) == (found.error is not None and abs(found.relative) < 0.6)
    assert 'icu_twin_predictions_total{status="scored",variable="vancomycin"} 1.0' in counted
    assert "scored" in page
    assert PATIENT not in page


async def test_a_level_far_off_lies_outside_the_interval(url: str) -> None:
    clock = Moving(AT)
    async with service(settings(database_url=url), clock=clock) as client:
        await promised(client)
        clock.to(MIDNIGHT)
        found = await seen_later(url, client, later_chart(90.0), "scored")
    assert (found.status, bool(found.inside)) == ("scored", False)
    assert found.error < -40


async def test_an_order_that_was_changed_is_not_judged(url: str) -> None:
    clock = Moving(AT)
    async with service(settings(database_url=url), clock=clock) as client:
        await promised(client)
        clock.to(MIDNIGHT)
        found = await seen_later(url, client, later_chart(18.0, amount=750), "void")
    assert (found.status, found.why, found.inside) == ("void", "given otherwise than ordered", None)


async def test_without_a_level_it_stays_open_until_its_time_is_over(url: str) -> None:
    clock = Moving(AT)
    async with service(settings(database_url=url), clock=clock) as client:
        await promised(client)
        clock.to(MIDNIGHT)
        await seen_later(url, client, later_chart(None), "awaiting")
    assert [row.status for row in rows(url)] == ["awaiting"]
    clock.to(AT + timedelta(days=4))
    async with service(settings(database_url=url), clock=clock):
        for _ in range(100):
            if rows(url)[0].status != "awaiting":
                break
            await asyncio.sleep(0.02)
    assert [(row.status, row.why) for row in rows(url)] == [("expired", "not measured in time")]
