"""Two service processes on one PostgreSQL database: nothing is lost, nothing is doubled."""

import json
import os
import signal
import time
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from service.store import audit, database
from tests.calls import BASE, URL, order, request, service, settings
from tests.store.processes import Replica, replicas
from tests.tokens import token


@pytest.fixture
def pair(postgresql_url: str) -> Generator[tuple[Replica, Replica]]:
    with replicas(postgresql_url) as (one, other):
        yield one, other


def rows(url: str, query: str) -> list[Any]:
    engine = database.connected(url)
    try:
        with engine.connect() as db:
            return list(db.execute(sa.text(query)))
    finally:
        engine.dispose()


def chain_is_whole(url: str) -> bool:
    engine = database.connected(url)
    try:
        return audit.chain_is_whole(engine)
    finally:
        engine.dispose()


def at_once(pair: tuple[Replica, ...], documents: list[dict[str, Any]]) -> list[httpx.Response]:
    """The answers to documents that are sent to the processes in turn, all at the same time."""
    with ThreadPoolExecutor(len(documents)) as pool:
        asked = [pool.submit(pair[i % len(pair)].ask, document) for i, document in enumerate(documents)]
        return [one.result() for one in asked]


def test_two_processes_answer_as_one(pair: tuple[Replica, Replica], postgresql_url: str) -> None:
    # The same call to both at the same time: one audit entry, one answer.
    same = at_once(pair, [request("order-sign", order(2000, 8))] * 4)
    assert [answer.status_code for answer in same] == [200] * 4
    assert all(answer.json() == same[0].json() for answer in same)
    assert same[0].json()["cards"]
    (kept,) = rows(postgresql_url, "select count(*), count(once) from invocation")
    assert tuple(kept) == (1, 1)

    # Calls of their own at the same time: each kept once, and the chain has no fork.
    documents = [{**request("order-sign", order(1000, 12)), "hookInstance": f"own-{n}"} for n in range(8)]
    assert {answer.status_code for answer in at_once(pair, documents)} == {200}
    for table in ("invocation", "scenario", "audit"):
        assert len(rows(postgresql_url, f"select * from {table}")) == 9
    assert chain_is_whole(postgresql_url)

    # All of this was about one chart: each part of its twin was made by one process, once, and used by the other.
    (parts,) = rows(postgresql_url, "select count(*) from twin_part where body is not null")
    assert parts[0] >= 1
    for source in ("fitted", "store"):
        assert sum(replica.counted("icu_twin_twins_total", **{"from": source}) for replica in pair) == parts[0]

    # A token is good once, whichever process sees it.
    once = token(aud=BASE + URL)
    with ThreadPoolExecutor(2) as pool:
        used = [pool.submit(replica.ask, request(), URL, once) for replica in pair]
        assert sorted(asked.result().status_code for asked in used) == [200, 401]

    # Feedback that both receive counts once.
    card = same[0].json()["cards"][0]["uuid"]
    said = {"feedback": [{"card": card, "outcome": "overridden", "outcomeTimestamp": "2026-01-03T08:01:00Z"}]}
    with ThreadPoolExecutor(2) as pool:
        given = [pool.submit(replica.ask, said, f"{URL}/feedback") for replica in pair]
        assert [asked.result().status_code for asked in given] == [200, 200]
    assert [tuple(row) for row in rows(postgresql_url, "select card, known_card from feedback")] == [(card, True)]


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
async def test_a_process_killed_in_the_middle_of_a_write_leaves_no_half_call(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    url = request.getfixturevalue("postgresql_url") if kind == "postgresql" else f"sqlite:///{tmp_path / 'store.sqlite'}"
    marker, document = tmp_path / "inside", _call("killed")
    with replicas(url, 1, HOLD_AUDIT_S="30", HOLD_FILE=str(marker)) as (doomed,), ThreadPoolExecutor(1) as pool:
        asked = pool.submit(doomed.ask, document)
        while not marker.exists():
            assert not asked.done(), asked.result().status_code
            time.sleep(0.02)
        os.kill(doomed.process.pid, signal.SIGKILL)
        with pytest.raises(httpx.TransportError):
            asked.result()
    assert [rows(url, f"select * from {table}") for table in ("invocation", "card", "scenario", "audit")] == [[], [], [], []]
    async with service(settings(database_url=url)) as client:
        for _ in range(2):
            assert (await client.post(URL, content=json.dumps(document))).status_code == 200
    assert len(rows(url, "select id from invocation")) == 1
    assert chain_is_whole(url)


def test_a_process_that_is_asked_to_stop_answers_the_call_under_way_first(tmp_path: Path) -> None:
    url, marker = f"sqlite:///{tmp_path / 'store.sqlite'}", tmp_path / "inside"
    with replicas(url, 1, HOLD_AUDIT_S="1", HOLD_FILE=str(marker)) as (stopping,), ThreadPoolExecutor(1) as pool:
        asked = pool.submit(stopping.ask, _call("last"))
        while not marker.exists():
            assert not asked.done(), asked.result().status_code
            time.sleep(0.02)
        stopping.process.send_signal(signal.SIGTERM)
        assert asked.result().status_code == 200
        assert stopping.process.wait(20) in {0, -signal.SIGTERM}
    assert len(rows(url, "select id from invocation")) == 1
    assert chain_is_whole(url)


def _call(instance: str) -> dict[str, Any]:
    return {**request("order-sign", order(2000, 8)), "hookInstance": instance}
