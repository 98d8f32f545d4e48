"""The database: opened once, brought to the newest version, used from one thread that is not the event loop's.

SQLite (in WAL mode) serves one process, PostgreSQL as many as share it. Whoever starts first moves the tables to the newest
version while the others wait.
"""

import sqlite3
import zlib
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import ConnectionPoolEntry, StaticPool

MIGRATIONS = Path(__file__).parent / "migrations"
PATIENCE_MS = 2_000
"""Longest wait for another process's transaction, milliseconds; beyond it the call is turned away rather than kept."""
CONNECT_S = 3
T = TypeVar("T")
Insert = Callable[[sa.Table], postgresql.Insert | sqlite.Insert]
"""Begins an insert that can say what happens when the row is there already."""


class NewerDatabase(RuntimeError):
    """The tables were made by a later version of the service than this one."""


class UnknownVersion(ValueError):
    """There is no such version of the tables."""


def opened(url: str) -> sa.Engine:
    """An engine on a database whose tables are at the newest version. Raises NewerDatabase."""
    engine = connected(url)
    migrate(engine)
    return engine


def connected(url: str) -> sa.Engine:
    """An engine on a database as it is."""
    if url in {"sqlite://", "sqlite:///:memory:"}:
        engine = sa.create_engine(url, poolclass=StaticPool, connect_args={"check_same_thread": False})
    elif is_postgresql(url):
        patience = f"-c lock_timeout={PATIENCE_MS} -c statement_timeout={5 * PATIENCE_MS} -c timezone=UTC"
        arguments = {"connect_timeout": CONNECT_S, "options": patience}
        engine = sa.create_engine(_with_driver(url), pool_pre_ping=True, pool_size=2, connect_args=arguments)
    else:
        engine = sa.create_engine(url, pool_pre_ping=True)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
    return engine


def is_postgresql(url: str) -> bool:
    """Whether the address names a PostgreSQL database."""
    try:
        return sa.make_url(url).get_backend_name() == "postgresql"
    except ArgumentError:
        return False


def migrate(engine: sa.Engine, to: str = "head") -> None:
    """Move the tables to a version (`head` = the newest, `base` = none) in one transaction: all of it happens or nothing.
    Raises NewerDatabase when they are at a version that this service does not know, UnknownVersion."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with engine.begin() as connection:
        _alone(connection)
        config.attributes["connection"] = connection
        known = [script.revision for script in ScriptDirectory.from_config(config).walk_revisions()]
        at = MigrationContext.configure(connection).get_current_revision()
        if to not in {"head", "base", *known}:
            raise UnknownVersion(f"there is no version {to}; there are {', '.join(reversed(known))}")
        if at is not None and at not in known:
            raise NewerDatabase(f"the database is at version {at}, this service knows up to {known[0]}")
        down = to == "base" or (to in known and at in known and known.index(to) > known.index(at))
        (command.downgrade if down else command.upgrade)(config, to)


def version(engine: sa.Engine) -> str | None:
    """The version of the tables; None when there are none."""
    with engine.connect() as db:
        return MigrationContext.configure(db).get_current_revision()


def answers(engine: sa.Engine) -> None:
    """Ask the database for a write, which is taken back. Raises SQLAlchemyError when it does not answer."""
    with engine.connect() as db:
        if db.dialect.name == "sqlite":
            db.exec_driver_sql("BEGIN IMMEDIATE")
        else:
            db.exec_driver_sql("SELECT pg_current_xact_id()")
        db.rollback()


def one_at_a_time(db: sa.Connection, what: str) -> None:
    """Until this transaction ends, nobody else's transaction does the same. SQLite writes one at a time anyway."""
    if db.dialect.name == "postgresql":
        db.execute(sa.select(sa.func.pg_advisory_xact_lock(zlib.crc32(f"icu-twin {what}".encode()))))


def insert(db: sa.Connection, table: sa.Table) -> postgresql.Insert | sqlite.Insert:
    """An insert that can say what happens when the row is there already."""
    return postgresql.insert(table) if db.dialect.name == "postgresql" else sqlite.insert(table)


def by_dialect(written: Callable[[Insert], T]) -> Callable[[sa.Connection], T]:
    """A statement for each kind of database, written once: to write it anew for every call costs more than to run it."""
    statements = {"postgresql": written(postgresql.insert), "sqlite": written(sqlite.insert)}
    return lambda db: statements[db.dialect.name]


def naive(instant: datetime) -> datetime:
    """UTC without its zone, as every database keeps it."""
    return instant.astimezone(UTC).replace(tzinfo=None)


def aware(instant: datetime) -> datetime:
    """The inverse of `naive`."""
    return instant.replace(tzinfo=UTC)


def _alone(connection: sa.Connection) -> None:
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    else:
        connection.exec_driver_sql("SET LOCAL lock_timeout = '60s'")
        connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
        one_at_a_time(connection, "migration")


def _with_driver(url: str) -> sa.URL:
    """`postgresql://` and `postgres://` without a driver mean psycopg, the one that is installed."""
    found = sa.make_url(url)
    return found.set(drivername="postgresql+psycopg") if found.drivername == "postgresql" else found


def _prepare_sqlite(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    if isinstance(connection, sqlite3.Connection):
        connection.execute(f"PRAGMA busy_timeout={PATIENCE_MS}")
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=NORMAL")
        connection.execute("PRAGMA foreign_keys=ON")
        # What is deleted is overwritten: patient data must not linger in the free pages of the file.
        connection.execute("PRAGMA secure_delete=ON")
