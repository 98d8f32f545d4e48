"""Databases to test on: each fresh, SQLite always, PostgreSQL where it is installed."""

from collections.abc import Generator
from itertools import count
from pathlib import Path

import psycopg
import pytest

from tests.store.postgresql import SUPERUSER, cluster

NUMBERS = count()


@pytest.fixture(scope="session")
def postgresql() -> Generator[Path]:
    """The socket directory of a running cluster."""
    with cluster() as home:
        yield home


@pytest.fixture
def postgresql_url(postgresql: Path) -> str:
    """The address of an empty PostgreSQL database."""
    name = f"icu_twin_{next(NUMBERS)}"
    with psycopg.connect(host=str(postgresql), user=SUPERUSER, dbname="postgres", autocommit=True) as db:
        db.execute(f"CREATE DATABASE {name}")
    return f"postgresql://{SUPERUSER}@/{name}?host={postgresql}"


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty database of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'store.sqlite'}"
    return str(request.getfixturevalue("postgresql_url"))
