"""Another order on an unchanged chart: the same answer as from a fresh service, without a second fit."""

import json
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from service.clock import FixedClock
from tests.calls import AT, PATIENT, URL, bundle, given, observation, order, post, prefetch, request, service, settings
from twin_engine import dosing


class Moving(FixedClock):
    """An event time that the test moves on."""

    def pass_by(self, time: timedelta) -> None:
        self._at += time


@pytest.fixture
def fits(monkeypatch: pytest.MonkeyPatch) -> list[datetime]:
    """The instants for which a twin was fitted."""
    found: list[datetime] = []
    fitted: Callable[..., Any] = dosing.refresh

    def counted(record: Any, drug: str, models: Any, at: datetime, **more: Any) -> Any:
        found.append(at)
        return fitted(record, drug, models, at, **more)

    monkeypatch.setattr(dosing, "refresh", counted)
    return found


async def asked(client: httpx.AsyncClient, *drafts: dict[str, Any], hook: str = "order-sign", **changes: Any) -> Any:
    document = {**request(hook, *drafts), **changes}
    answer = await client.post(URL, content=json.dumps(document))
    assert answer.status_code == 200, answer.text
    return [(card["summary"], card["detail"]) for card in answer.json()["cards"]]


async def test_another_draft_is_answered_from_the_same_twin_and_as_if_it_were_fitted_again(fits: list[datetime]) -> None:
    async with service() as client:
        fits.clear()
        await asked(client, order(1000), hook="order-select")
        found = await asked(client, order(1000, 24))
        assert len(fits) == 1
    fresh = (await post(request("order-sign", order(1000, 24)))).json()["cards"]
    assert found == [(card["summary"], card["detail"]) for card in fresh]


async def test_new_data_and_another_patient_are_fitted(fits: list[datetime]) -> None:
    creatinine = bundle([observation("creatinine", "2160-0", 1.5, "mg/dL", 3)])
    async with service() as client:
        fits.clear()
        await asked(client)
        await asked(client, prefetch={**prefetch(), "laboratory": creatinine})
        other = json.loads(json.dumps(request()).replace(PATIENT, "icu-2"))
        await client.post(URL, content=json.dumps(other))
    assert len(fits) == 3


@pytest.mark.parametrize(("minutes", "times"), [(4.0, 1), (6.0, 2), (-1.0, 2)])
async def test_a_twin_is_good_for_minutes(fits: list[datetime], minutes: float, times: int) -> None:
    clock = Moving(AT)
    async with service(clock=clock) as client:
        fits.clear()
        await asked(client)
        clock.pass_by(timedelta(minutes=minutes))
        await asked(client, order(1000, 24))
    assert len(fits) == times


async def test_what_was_charted_ahead_of_its_time_ends_the_twin(fits: list[datetime]) -> None:
    clock = Moving(AT)
    running = {**prefetch(), "administrations": bundle([given(1500, 24), given(1000, 12), given(1000, 1.0, infusion_h=1.02)])}
    async with service(clock=clock) as client:
        fits.clear()
        await asked(client, prefetch=running)
        clock.pass_by(timedelta(minutes=2))
        await asked(client, order(1000, 24), prefetch=running)
    assert len(fits) == 2


async def test_the_chart_used_longest_ago_leaves_memory_first_and_comes_back_from_the_store(fits: list[datetime]) -> None:
    async with service(settings(twins=2)) as client:
        fits.clear()
        for number, patient in enumerate(("icu-1", "icu-2", "icu-3", "icu-1")):
            document = json.loads(json.dumps(request()).replace(PATIENT, patient))
            await client.post(URL, content=json.dumps({**document, "hookInstance": f"call-{number}"}))
        counts = (await client.get("/metrics")).text
    assert len(fits) == 3
    assert re.search(r'icu_twin_twins_total\{from="store"\} [1-9]', counts)


async def test_without_twins_every_call_is_fitted(fits: list[datetime]) -> None:
    async with service(settings(twins=0)) as client:
        fits.clear()
        await asked(client)
        await asked(client, order(1000, 24))
    assert len(fits) == 2
