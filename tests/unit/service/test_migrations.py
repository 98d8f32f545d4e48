"""The migrations make the tables that the code uses, and keep what an older database holds."""

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext

from service.store import database, tables


def moved(url: str, to: str) -> None:
    """Bring a database to one version."""
    engine = sa.create_engine(url)
    config = Config()
    config.set_main_option("script_location", str(database.MIGRATIONS))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        (command.downgrade if to == "base" else command.upgrade)(config, to)
    engine.dispose()


def test_migrations_and_tables_say_the_same() -> None:
    engine = database.opened("sqlite://")
    with engine.connect() as db:
        assert compare_metadata(MigrationContext.configure(db), tables.metadata) == []


def test_an_older_database_keeps_its_calls_and_cards(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'a.sqlite'}"
    moved(url, "0001")
    engine = sa.create_engine(url)
    with engine.begin() as db:
        db.execute(
            sa.text(
                "insert into invocation values ('i', 't', 'order-sign', 'h', 'd', 'p', '2026-01-03', 200, '[]', 0, 1.0, '{}')"
            )
        )
        db.execute(sa.text("insert into card values ('u', 'i', 'dosing', 'warning', null)"))
    engine.dispose()
    newest = database.opened(url)
    with newest.connect() as db:
        assert [tuple(row) for row in db.execute(sa.text("select uuid, fingerprint, gist from card"))] == [("u", None, None)]
    newest.dispose()


def test_every_version_can_be_taken_back(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'a.sqlite'}"
    moved(url, "head")
    moved(url, "base")
    assert sa.inspect(sa.create_engine(url)).get_table_names() == ["alembic_version"]
