"""Forgetting: every table that knows the patient, and the file itself."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from typer.testing import CliRunner

from service.cli import app
from service.observability import patient_key
from service.settings import DEFAULT_SECRET
from service.store import audit, database, retention, tables
from tests.calls import AT, PATIENT, URL, hours_ago, order, request, service, settings

MAY_STAY = {"invocation", "card", "alert", "audit", "feedback", "seen_token", "alembic_version"}
"""Tables without patient data: they know a keyed hash at most."""
BIRTHDAY = "1961-05-04"


async def filled(url: str) -> None:
    async with service(settings(database_url=url)) as client:
        answer = await client.post(URL, content=json.dumps(request("order-sign", order(2000, 8))))
        said = {"outcome": "overridden", "outcomeTimestamp": hours_ago(0)}
        why = {"reason": {"code": "data-wrong"}, "userComment": "Mrs. Canary"}
        feedback = [{"card": answer.json()["cards"][0]["uuid"], **said, "overrideReason": why}]
        assert (await client.post(f"{URL}/feedback", content=json.dumps({"feedback": feedback}))).status_code == 200


def contents(url: str) -> dict[str, list[tuple[object, ...]]]:
    engine = database.connected(url)
    try:
        with engine.connect() as db:
            return {t.name: [tuple(row) for row in db.execute(sa.select(t))] for t in tables.metadata.sorted_tables}
    finally:
        engine.dispose()


async def test_a_patient_is_forgotten_everywhere_and_the_chain_stays_whole(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    await filled(url)
    before = contents(url)
    assert all(before[name] for name in ("scenario", "twin", "twin_part", "prediction", "questioned", "feedback"))
    monkeypatch.setenv("ICU_TWIN_DATABASE_URL", url)
    done = CliRunner().invoke(app, ["forget", "--tenant", "local", "--patient", PATIENT])
    assert (done.exit_code, done.stdout) == (0, "deleted the patient data of 1 calls\n")
    after = contents(url)
    assert {name for name, rows in after.items() if rows} <= MAY_STAY
    assert BIRTHDAY not in repr(after)
    assert "Canary" not in repr(after)
    assert len(after["audit"]) == len(after["invocation"]) == 1
    engine = database.connected(url)
    assert audit.chain_is_whole(engine)
    engine.dispose()


async def test_nothing_of_a_forgotten_patient_lingers_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"
    await filled(f"sqlite:///{path}")
    assert any(BIRTHDAY.encode() in file.read_bytes() for file in tmp_path.iterdir())
    engine = database.opened(f"sqlite:///{path}")
    retention.forget_patient(engine, patient_key(DEFAULT_SECRET, "local", None, PATIENT))
    engine.dispose()
    for file in tmp_path.iterdir():
        assert BIRTHDAY.encode() not in file.read_bytes()
        assert b"Canary" not in file.read_bytes()


async def test_what_is_older_than_the_retention_time_is_forgotten_and_the_call_may_be_asked_again(url: str) -> None:
    await filled(url)
    engine = database.opened(url)
    assert retention.keep_to(engine, 90, AT + timedelta(days=89)) == 0
    assert contents(url)["scenario"]
    assert retention.keep_to(engine, 90, AT + timedelta(days=91)) == 1
    after = contents(url)
    assert not after["scenario"]
    assert not after["questioned"]
    assert BIRTHDAY not in repr([after[name] for name in MAY_STAY if name in after])
    assert "Canary" not in repr(after)
    assert all(row[2] is None for row in after["prediction"])
    engine.dispose()
    async with service(settings(database_url=url)) as client:
        answer = await client.post(URL, content=json.dumps(request("order-sign", order(2000, 8))))
    assert answer.status_code == 200
    assert len(contents(url)["invocation"]) == 2
