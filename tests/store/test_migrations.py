"""The migrations make the tables that the code uses, keep what an older database holds, and can be taken back."""

from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from service.store import audit, database, tables

OLD_CALL = (
    "insert into invocation (id, tenant, hook, hook_instance, body_digest, patient_key, at, status, reasons, partial, ms, "
    "versions) "
    "values (:id, 't', 'order-sign', 'h', 'd', 'p', :at, 200, '[]', :partial, 1.0, '{}')"
)


def moved(url: str, to: str) -> None:
    """Bring a database to one version."""
    engine = database.connected(url)
    try:
        database.migrate(engine, to)
    finally:
        engine.dispose()


def run(url: str, statement: str, **values: object) -> list[tuple[object, ...]]:
    """Rows of a statement, or none."""
    engine = database.connected(url)
    with engine.begin() as db:
        done = db.execute(sa.text(statement), values)
        found = [tuple(row) for row in done] if done.returns_rows else []
    engine.dispose()
    return found


def test_migrations_and_tables_say_the_same(url: str) -> None:
    engine = database.opened(url)
    with engine.connect() as db:
        assert compare_metadata(MigrationContext.configure(db), tables.metadata) == []
    engine.dispose()


def test_an_older_database_keeps_its_calls_and_cards(url: str) -> None:
    moved(url, "0001")
    run(url, OLD_CALL, id="i", partial=False, at="2026-01-03 08:00:00")
    run(url, "insert into card (uuid, invocation_id, topic, indicator) values ('u', 'i', 'dosing', 'warning')")
    moved(url, "head")
    assert run(url, "select uuid, fingerprint from card") == [("u", None)]


def test_answers_of_an_older_version_are_still_given_again(url: str) -> None:
    moved(url, "0002")
    for minute, ident, partial in ((1, "first", False), (2, "again", False), (0, "cut", True)):
        at = f"2026-01-03 08:0{minute}:00"
        run(url, OLD_CALL, id=ident, partial=partial, at=at)
        statement = "insert into scenario (invocation_id, at, answer) values (:id, :at, :answer)"
        run(url, statement, id=ident, at=at, answer=f'{{"cards":["{ident}"]}}')
    moved(url, "head")
    engine = database.opened(url)
    assert audit.answered(engine, "t", "h", "d") == {"cards": ["first"]}
    engine.dispose()
    assert len(run(url, "select id from invocation")) == 3


def test_every_version_can_be_taken_back_and_applied_again(url: str) -> None:
    moved(url, "head")
    moved(url, "0001")
    run(url, OLD_CALL, id="i", partial=False, at="2026-01-03 08:00:00")
    moved(url, "head")
    assert run(url, "select id from invocation") == [("i",)]
    moved(url, "base")
    engine = database.connected(url)
    assert sa.inspect(engine).get_table_names() == ["alembic_version"]
    engine.dispose()


def test_a_database_of_a_later_version_is_left_alone(url: str) -> None:
    moved(url, "head")
    run(url, "update alembic_version set version_num = '9999'")
    with pytest.raises(database.NewerDatabase):
        moved(url, "head")
    assert run(url, "select version_num from alembic_version") == [("9999",)]


def test_a_migration_that_fails_changes_nothing(url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    moved(url, "0001")
    broken = tmp_path / "migrations"
    versions = broken / "versions"
    versions.mkdir(parents=True)
    source = Path(database.MIGRATIONS)
    (broken / "env.py").write_text((source / "env.py").read_text())
    for name in ("v0001_audit.py", "v0002_gists.py"):
        (versions / name).write_text((source / "versions" / name).read_text())
    with (versions / "v0002_gists.py").open("a") as file:
        file.write("\n\nmade = upgrade\n\n\ndef upgrade():\n    made()\n    raise RuntimeError('power cut')\n")
    monkeypatch.setattr(database, "MIGRATIONS", broken)
    with pytest.raises(RuntimeError, match="power cut"):
        moved(url, "head")
    monkeypatch.undo()
    assert run(url, "select version_num from alembic_version") == [("0001",)]
    moved(url, "head")
