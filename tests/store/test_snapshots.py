"""Twins in the database: one process makes each, others use it, and nobody depends on it."""

import json
import re
from datetime import timedelta

import pytest
import sqlalchemy as sa

from service.store import database, retention, snapshots
from service.store.snapshots import LEASE, ChartKey
from tests.calls import AT, URL, order, request, service, settings

KEY = ChartKey("p" * 64, "c" * 16, "v" * 64)


@pytest.fixture
def engine(url: str):
    opened = database.opened(url)
    yield opened
    opened.dispose()


def test_a_chart_stands_at_the_first_instant_while_that_is_good(engine: sa.Engine) -> None:
    later = AT + timedelta(minutes=4)
    assert snapshots.instant(engine, KEY, AT) == AT
    assert snapshots.instant(engine, KEY, later) == AT
    assert snapshots.instant(engine, KEY, AT + timedelta(minutes=6)) == AT + timedelta(minutes=6)
    assert snapshots.instant(engine, KEY, AT + timedelta(minutes=6, seconds=-5)) == AT + timedelta(minutes=6)
    assert snapshots.instant(engine, KEY, AT + timedelta(minutes=5)) == AT + timedelta(minutes=5)
    other = ChartKey(KEY.patient, KEY.chart, "w" * 64)
    assert snapshots.instant(engine, other, later) == later


def test_one_makes_the_part_and_others_get_it(engine: sa.Engine) -> None:
    assert snapshots.claimed(engine, KEY, AT, "vancomycin", AT) == "ours"
    assert snapshots.claimed(engine, KEY, AT, "vancomycin", AT) == "another's"
    assert snapshots.claimed(engine, KEY, AT, "cefepime", AT) == "ours"
    snapshots.keep(engine, KEY, AT, "vancomycin", b"twin")
    assert snapshots.claimed(engine, KEY, AT, "vancomycin", AT) == b"twin"


def test_the_claim_of_a_process_that_died_or_failed_passes_on(engine: sa.Engine) -> None:
    assert snapshots.claimed(engine, KEY, AT, "vancomycin", AT) == "ours"
    assert snapshots.claimed(engine, KEY, AT, "vancomycin", AT + LEASE) == "ours"
    snapshots.release(engine, KEY, AT, "vancomycin")
    assert snapshots.claimed(engine, KEY, AT, "vancomycin", AT) == "ours"


def test_twins_are_gone_after_their_minutes_and_when_the_patient_is_forgotten(engine: sa.Engine) -> None:
    other = ChartKey("q" * 64, KEY.chart, KEY.version)
    for key in (KEY, other):
        snapshots.instant(engine, key, AT)
        snapshots.claimed(engine, key, AT, "vancomycin", AT)
        snapshots.keep(engine, key, AT, "vancomycin", b"twin")
    with engine.begin() as db:
        snapshots.forget_patient(db, KEY.patient)
    assert snapshots.claimed(engine, KEY, AT, "vancomycin", AT) == "ours"
    assert snapshots.claimed(engine, other, AT, "vancomycin", AT) == b"twin"
    later = AT + timedelta(minutes=6)
    assert snapshots.claimed(engine, KEY, later, "vancomycin", later) == "ours"
    snapshots.keep(engine, KEY, later, "vancomycin", b"twin")
    with engine.connect() as db:
        assert db.execute(sa.text("select count(*) from twin_part")).scalar() == 1
    retention.keep_to(engine, 90, later + timedelta(minutes=6))
    with engine.connect() as db:
        assert db.execute(sa.text("select count(*) from twin_part")).scalar() == 0


async def test_a_restarted_service_uses_the_twin_and_says_the_same(url: str) -> None:
    async def cards(instance: str, source: str) -> object:
        async with service(settings(database_url=url)) as client:
            document = {**request("order-sign", order(2000, 8)), "hookInstance": instance}
            answer = await client.post(URL, content=json.dumps(document))
            assert answer.status_code == 200
            counts = (await client.get("/metrics")).text
        assert set(re.findall(r'icu_twin_twins_total\{from="(\w+)"\} [1-9]', counts)) == {source}
        return [(card["summary"], card["detail"]) for card in answer.json()["cards"]]

    first = await cards("first", "fitted")
    assert first
    assert await cards("second", "store") == first

    # What somebody put there is not used; the twin is fitted as if nothing were stored.
    engine = database.connected(url)
    with engine.begin() as db:
        db.execute(sa.text("update twin_part set body = :body"), {"body": b"x" * 100})
    engine.dispose()
    assert await cards("third", "fitted") == first
