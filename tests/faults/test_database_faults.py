"""Row 45 of the table of faults: the database is locked, full or gone while calls come in.

A call that cannot be audited is turned away with 503 where the site wants an audit of everything (the standard), and answered
where it does not; it is never a 500, and after the fault the service goes on. Bound: no call takes longer than seven seconds,
three waits of two seconds for the lock and its own work.
"""

import json
import sqlite3
import time
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import httpx
import pytest
import sqlalchemy as sa

from service.store import database
from tests.calls import URL, request, service, settings
from tests.scenarios.test_hooks import invocations

LONGEST_S = 7.0


@contextmanager
def locked(engine: sa.Engine, file: Path) -> Generator[None]:
    """Another process holds the write lock."""
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        other.execute("ROLLBACK")
        other.close()


@contextmanager
def full(engine: sa.Engine, file: Path) -> Generator[None]:
    """The file may not grow, as on a full disk."""
    with engine.connect() as db:
        db.exec_driver_sql("PRAGMA max_page_count=1")
    try:
        yield
    finally:
        engine.dispose()


@contextmanager
def gone(engine: sa.Engine, file: Path) -> Generator[None]:
    """The folder of the database is not there, as when a volume is not mounted, and connections are lost."""
    away = file.parent.rename(file.parent.with_suffix(".away"))
    engine.dispose()
    try:
        yield
    finally:
        away.rename(file.parent)


FAULTS: dict[str, Callable[[sa.Engine, Path], AbstractContextManager[None]]] = {"locked": locked, "full": full, "gone": gone}


async def asked(client: httpx.AsyncClient, number: int) -> httpx.Response:
    began = time.monotonic()
    answer = await client.post(URL, content=json.dumps({**request(), "hookInstance": f"call-{number}"}))
    assert time.monotonic() - began < LONGEST_S
    return answer


@pytest.mark.parametrize("required", [True, False], ids=["audit required", "audit not required"])
@pytest.mark.parametrize("fault", FAULTS)
async def test_row_45_a_database_that_fails_is_503_or_the_card_without_audit(
    fault: str, required: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "store" / "a.sqlite"
    file.parent.mkdir()
    connected, engines = database.connected, list[sa.Engine]()

    def watched(url: str) -> sa.Engine:
        engines.append(connected(url))
        return engines[-1]

    monkeypatch.setattr(database, "connected", watched)
    configured = settings(database_url=f"sqlite:///{file}", audit_required=required)
    async with service(configured) as client:
        assert (await asked(client, 1)).status_code == 200
        with FAULTS[fault](engines[0], file):
            answer = await asked(client, 2)
            ready = await client.get("/health/ready")
        assert answer.status_code == (503 if required else 200), answer.text
        assert (answer.headers.get("retry-after") == "1") == required
        assert required or answer.json()["cards"]
        assert fault == "full" or ready.status_code == 503
        assert (await asked(client, 3)).status_code == 200
    kept = [row.hook_instance for row in invocations(configured.database_url)]
    assert kept == ["call-1", "call-3"]
