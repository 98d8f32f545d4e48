"""Opening a chart fits no drug before it answers; the twins are fitted when nobody waits, and the order finds them."""

import asyncio
import json
from datetime import datetime, timedelta
from threading import Event
from typing import Any
from unittest.mock import AsyncMock

import pytest

from service import afterwards, ahead
from service.afterwards import Afterwards
from service.workers import Workers
from tests.calls import AT, URL, bundle, observation, order, prefetch, service, settings
from tests.scenarios.test_deterioration import viewed
from tests.scenarios.test_unchanged_chart import Moving, asked, fits
from twin_engine.prediction import Prediction

__all__ = ["fits"]


async def quiet(fits: list[datetime], times: int = 1) -> None:
    """Until so many twins were fitted."""
    for _ in range(200):
        if len(fits) >= times:
            return
        await asyncio.sleep(0.05)
    raise TimeoutError


async def test_the_chart_is_answered_first_and_the_order_finds_its_twin(fits: list[datetime]) -> None:
    async with service() as client:
        fits.clear()
        await asked(client, hook="patient-view")
        assert fits == [], "nothing is fitted before the answer"
        await quiet(fits)
        found = await asked(client, order(1000, 24))
        assert len(fits) == 1
    async with service() as client:
        assert found == await asked(client, order(1000, 24))


def at_length() -> dict[str, Any]:
    """The chart as an electronic health record sends it: all that is announced, and a report of imaging with the opened one."""
    pressures = [observation("map", "8478-0", 70 + hours, "mm[Hg]", hours) for hours in (1, 2, 3)]
    gas = [observation("ph", "2744-1", 7.38, "[pH]", 2), observation("paco2", "2019-8", 41, "mm[Hg]", 2)]
    peep = [observation("peep", "76248-4", 8, "cm[H2O]", 1)]
    return {**prefetch(), "vitals": bundle(pressures), "gases": bundle(gas), "ventilator": bundle(peep)}


def ejection() -> dict[str, Any]:
    return bundle([observation("lvef", "10230-1", 35, "%", 20)])


async def test_the_order_finds_its_twin_whatever_else_was_sent(fits: list[datetime]) -> None:
    async with service() as client:
        fits.clear()
        await asked(client, hook="patient-view", prefetch={**at_length(), "imaging": ejection()})
        await quiet(fits)
        found = await asked(client, order(1000, 24), prefetch=at_length())
        assert len(fits) == 1
    async with service() as client:
        assert found == await asked(client, order(1000, 24), prefetch=at_length())


async def test_a_fit_in_the_background_turns_no_call_away(monkeypatch: pytest.MonkeyPatch) -> None:
    begun, go_on = Event(), Event()

    def slow(*_: Any) -> None:
        begun.set()
        go_on.wait(10.0)

    monkeypatch.setattr(ahead, "predict", slow)
    async with service(settings(workers=1, waiting=0)) as client:
        await asked(client, hook="patient-view")
        for _ in range(100):
            if begun.is_set():
                break
            await asyncio.sleep(0.05)
        try:
            assert begun.is_set()
            assert await asked(client, order(1000, 24), prefetch=at_length())
        finally:
            go_on.set()


@pytest.mark.parametrize("moved", [4.0, 6.0])
async def test_what_waited_too_long_is_not_fitted(fits: list[datetime], monkeypatch: pytest.MonkeyPatch, moved: float) -> None:
    clock = Moving(AT)
    monkeypatch.setattr(Afterwards, "idle", later := AsyncMock(side_effect=lambda: not clock.pass_by(timedelta(minutes=moved))))
    async with service(clock=clock) as client:
        fits.clear()
        await asked(client, hook="patient-view")
        for _ in range(20):
            await asyncio.sleep(0.05)
        assert later.called
    assert len(fits) == (1 if moved < 5.0 else 0)


async def test_fits_that_wait_are_few_and_keep_no_score_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    logged: list[dict[str, Any]] = []
    monkeypatch.setattr(afterwards.log, "info", lambda _, **more: logged.append(more))
    workers = Workers(1, 0)
    fitting, scoring = Afterwards("fit", workers, 2), Afterwards("scoring", workers, 2)
    scored, never = asyncio.Event(), asyncio.Event()

    async def wait() -> None:
        await never.wait()

    async def score() -> None:
        scored.set()

    for _ in range(3):
        fitting.later(wait)
    scoring.later(score)
    await asyncio.wait_for(scored.wait(), 1.0)
    await fitting.stop()
    workers.close()
    assert logged == [{"work": "fit", "why": "too much waits"}]


async def test_a_level_that_the_doses_do_not_explain_is_fitted_and_told_at_once(fits: list[datetime]) -> None:
    sent = {**prefetch(), "levels": bundle([observation("level", "20578-1", 95, "mg/L", 1)])}
    async with service() as client:
        fits.clear()
        [(summary, detail)] = await asked(client, hook="patient-view", prefetch=sent)
        assert len(fits) == 1
        await asked(client, order(1000, 24), prefetch=sent)
        assert len(fits) == 1
    assert "Please check" in summary
    assert "a level contradicts the charted doses" in detail


async def test_without_twins_nothing_is_fitted_ahead(fits: list[datetime]) -> None:
    async with service(settings(twins=0)) as client:
        fits.clear()
        await asked(client, hook="patient-view")
        await asyncio.sleep(0.3)
        assert fits == []


async def test_a_fault_in_the_fit_ahead_is_logged_and_the_answer_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any) -> Prediction:
        raise ZeroDivisionError

    logged: list[tuple[str, Any]] = []
    monkeypatch.setattr(afterwards.log, "error", lambda event, **more: logged.append((event, more["error"])))
    async with service() as client:
        monkeypatch.setattr(ahead, "predict", broken)
        answer = await client.post(URL, content=json.dumps(viewed()))
        assert answer.status_code == 200
        assert answer.json()["cards"]
        for _ in range(100):
            if logged:
                break
            await asyncio.sleep(0.05)
    assert logged == [("fault", "ZeroDivisionError")]
