"""Too many calls at once: the first are answered as ever, the others are turned away at once and told when to come back."""

import asyncio
import json
import time
from typing import Any

import pytest

from service import in_time
from service.errors import Overloaded
from service.workers import Workers
from tests.calls import URL, request, service, settings
from tests.scenarios.test_hooks import invocations, slow


async def test_row_36_overload_is_refused_at_once_and_the_admitted_are_answered(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    url = f"sqlite:///{tmp_path / 'a.sqlite'}"
    monkeypatch.setattr(in_time, "predict", slow(0.3, in_time.predict))
    refused: list[float] = []

    async with service(settings(workers=1, waiting=1, database_url=url)) as client:

        async def one(number: int) -> int:
            await asyncio.sleep(0.01 * number)
            began = time.monotonic()
            answer = await client.post(URL, content=json.dumps({**request(), "hookInstance": str(number)}))
            if answer.status_code == 503:
                refused.append(time.monotonic() - began)
                assert answer.headers["retry-after"] == "1"
            return answer.status_code

        statuses = await asyncio.gather(*(one(number) for number in range(20)))
        assert statuses[:2] == [200, 200], "who was let in was not turned away later"
        assert statuses.count(200) + statuses.count(503) == 20
        assert sorted(refused)[len(refused) // 2] < 0.05
    assert len([row for row in invocations(url) if row.status == 200]) == statuses.count(200)


async def test_a_call_that_waits_for_others_leaves_its_place_and_comes_back() -> None:
    workers = Workers(1, 0)
    entered, go_on = asyncio.Event(), asyncio.Event()

    async def waits() -> int:
        entered.set()
        await go_on.wait()
        return 7

    async def call() -> int:
        with workers.place():
            found = await workers.elsewhere(waits())
            return found + await workers.run(int, "1")

    first = asyncio.create_task(call())
    await entered.wait()
    assert not workers.full
    with workers.place():
        assert workers.full
        with pytest.raises(Overloaded), workers.place():
            raise AssertionError
        go_on.set()
        assert await first == 8, "let in before, it is not turned away now"
    assert workers.taken == 0
    workers.close()


async def test_a_calculation_given_up_keeps_its_place_until_it_ends() -> None:
    workers = Workers(1, 0)
    with pytest.raises(TimeoutError), workers.place():
        async with asyncio.timeout(0.05):
            await workers.run(time.sleep, 0.3)
    assert workers.full
    await asyncio.sleep(0.4)
    assert workers.taken == 0
    workers.close()


async def _calculates(workers: Workers, seconds: float) -> None:
    with workers.place():
        await workers.run(time.sleep, seconds)


async def test_nobody_is_let_in_who_by_the_measured_time_would_be_answered_too_late() -> None:
    workers = Workers(1, 8, own_s=0.5)
    await _calculates(workers, 0.2)
    first = asyncio.create_task(_calculates(workers, 0.2))
    await asyncio.sleep(0)
    assert not workers.full, "after the first, within half a second"
    second = asyncio.create_task(_calculates(workers, 0.2))
    await asyncio.sleep(0)
    assert workers.full, "the third would need six tenths"
    with pytest.raises(Overloaded):
        await _calculates(workers, 0.2)
    await asyncio.gather(first, second)
    assert not workers.full
    workers.close()


async def test_one_call_is_let_in_however_slow_calls_are() -> None:
    workers = Workers(1, 8, own_s=0.05)
    await _calculates(workers, 0.2)
    assert not workers.full
    with workers.place():
        assert workers.full
    workers.close()


async def test_calls_that_wait_for_data_count_as_work_to_come() -> None:
    workers = Workers(1, 100, own_s=0.3, fetch_s=0.4)
    await _calculates(workers, 0.2)
    go_on = asyncio.Event()

    async def waits() -> None:
        with workers.place():
            await workers.elsewhere(go_on.wait())

    tasks: list[asyncio.Task[None]] = []
    while not workers.full and len(tasks) < 50:
        tasks.append(asyncio.create_task(waits()))
        await asyncio.sleep(0)
    assert len(tasks) == 3, "three fifths of a second of work in seven tenths"
    go_on.set()
    await asyncio.gather(*tasks)
    assert (workers.taken, workers.away) == (0, 0)
    workers.close()
