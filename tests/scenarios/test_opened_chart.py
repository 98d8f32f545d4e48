"""Opening a chart fits no drug before it answers; the twins are fitted when nobody waits, and the order finds them."""

import asyncio
import json
from datetime import datetime
from typing import Any

import pytest

from service import afterwards, in_time
from tests.calls import URL, bundle, observation, order, prefetch, service, settings
from tests.scenarios.test_deterioration import viewed
from tests.scenarios.test_unchanged_chart import asked, fits
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
        monkeypatch.setattr(in_time, "predict", broken)
        answer = await client.post(URL, content=json.dumps(viewed()))
        assert answer.status_code == 200
        assert answer.json()["cards"]
        for _ in range(100):
            if logged:
                break
            await asyncio.sleep(0.05)
    assert logged == [("fault", "ZeroDivisionError")]
