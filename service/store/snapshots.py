"""Twins that other processes may use: which instant a chart's twin stands at, its parts, and who is making one just now.

A chart is known by the keyed hash of its patient, the digest of what it holds, and the version of the models. Every function
is one transaction. Rows live for minutes.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

import sqlalchemy as sa

from service.store.database import aware, insert, naive
from service.store.tables import twin, twin_part

LEASE = timedelta(seconds=5)
CLOCKS_APART = timedelta(seconds=10)
"""How far the clocks of two processes may differ; a twin that stands so little ahead is used."""
Claim = Literal["ours", "another's"]


@dataclass(frozen=True, slots=True)
class ChartKey:
    """One chart under one version of the models."""

    patient: str
    chart: str
    version: str


def instant(engine: sa.Engine, key: ChartKey, now: datetime, good_for: timedelta) -> datetime:
    """The instant at which the twin of this chart stands: `now` unless one stands at an earlier one that is still good."""
    with engine.begin() as db:
        db.execute(twin.delete().where(twin.c.at < naive(now - good_for)))
        db.execute(twin_part.delete().where(twin_part.c.at < naive(now - good_for)))
        row = insert(db, twin).values(patient_key=key.patient, chart=key.chart, version=key.version, at=naive(now))
        fresh = row.on_conflict_do_update(
            index_elements=["patient_key", "chart", "version"],
            set_={"at": naive(now)},
            where=twin.c.at > naive(now + CLOCKS_APART),
        )
        db.execute(fresh)
        return aware(db.execute(sa.select(twin.c.at).where(*_of(twin, key))).scalar_one())


def restart(engine: sa.Engine, key: ChartKey, now: datetime) -> None:
    """From now on the twin of this chart stands at `now`."""
    with engine.begin() as db:
        db.execute(twin.update().where(*_of(twin, key)).values(at=naive(now)))


def claimed(engine: sa.Engine, key: ChartKey, at: datetime, name: str, now: datetime) -> bytes | Claim:
    """The part of that name, if it was made; else who makes it: we (then nobody else will for `LEASE`) or another process."""
    with engine.begin() as db:
        row = insert(db, twin_part).values(
            patient_key=key.patient,
            chart=key.chart,
            version=key.version,
            at=naive(at),
            name=name,
            claimed_until=naive(now + LEASE),
        )
        takes = row.on_conflict_do_update(
            index_elements=["patient_key", "chart", "version", "at", "name"],
            set_={"claimed_until": naive(now + LEASE)},
            where=sa.and_(twin_part.c.body.is_(None), twin_part.c.claimed_until <= naive(now)),
        ).returning(twin_part.c.name)
        if db.execute(takes).first() is not None:
            return "ours"
        body = sa.select(twin_part.c.body).where(*_of(twin_part, key), twin_part.c.at == naive(at), twin_part.c.name == name)
        return db.execute(body).scalar() or "another's"


def keep(engine: sa.Engine, key: ChartKey, at: datetime, name: str, body: bytes) -> None:
    """Keep a part that we made; once forgotten meanwhile it stays so."""
    mine = (*_of(twin_part, key), twin_part.c.at == naive(at), twin_part.c.name == name)
    with engine.begin() as db:
        db.execute(twin_part.update().where(*mine).values(body=body))


def release(engine: sa.Engine, key: ChartKey, at: datetime, name: str) -> None:
    """Let others make a part that we could not make."""
    mine = (*_of(twin_part, key), twin_part.c.at == naive(at), twin_part.c.name == name, twin_part.c.body.is_(None))
    with engine.begin() as db:
        db.execute(twin_part.delete().where(*mine))


def forget_patient(db: sa.Connection, patient_key: str) -> None:
    """Delete every twin of this patient."""
    for table in (twin, twin_part):
        db.execute(table.delete().where(table.c.patient_key == patient_key))


def _of(table: sa.Table, key: ChartKey) -> tuple[sa.ColumnElement[bool], ...]:
    return table.c.patient_key == key.patient, table.c.chart == key.chart, table.c.version == key.version
