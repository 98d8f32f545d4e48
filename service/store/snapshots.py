"""Twins that other processes may use: which instant a chart's twin stands at, its parts, and who is making one just now.

A chart is known by the keyed hash of its patient, the digest of what it holds, and the version of the models. Every function
is one transaction. Rows are of use for minutes; they go when the next twin is kept, and within the hour.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

import sqlalchemy as sa

from service.store.database import Insert, aware, by_dialect, naive
from service.store.tables import twin, twin_part

GOOD_FOR = timedelta(minutes=5)
LEASE = timedelta(seconds=5)
CLOCKS_APART = timedelta(seconds=10)
"""How far the clocks of two processes may differ; a twin that stands so little ahead is used."""
Claim = Literal["ours", "another's"]


def _upsert_twin(insert: Insert) -> sa.UpdateBase:
    row = insert(twin)
    return row.on_conflict_do_update(
        index_elements=["patient_key", "chart", "version"],
        set_={"at": row.excluded.at},
        where=sa.or_(twin.c.at > sa.bindparam("too_far_ahead"), twin.c.at < sa.bindparam("too_old")),
    ).returning(twin.c.at)


def _upsert_part(insert: Insert) -> sa.UpdateBase:
    row = insert(twin_part)
    return row.on_conflict_do_update(
        index_elements=["patient_key", "chart", "version", "at", "name"],
        set_={"claimed_until": row.excluded.claimed_until},
        where=sa.and_(twin_part.c.body.is_(None), twin_part.c.claimed_until <= sa.bindparam("now")),
    ).returning(twin_part.c.name)


def _of(table: sa.Table) -> tuple[sa.ColumnElement[bool], ...]:
    return tuple(table.c[name] == sa.bindparam(f"the_{name}") for name in ("patient_key", "chart", "version"))


_THIS_PART = (*_of(twin_part), twin_part.c.at == sa.bindparam("the_at"), twin_part.c.name == sa.bindparam("the_name"))
_STANDS, _CLAIMED = by_dialect(_upsert_twin), by_dialect(_upsert_part)
_AT = sa.select(twin.c.at).where(*_of(twin))
_RESTART = twin.update().where(*_of(twin))
_BODY = sa.select(twin_part.c.body).where(*_THIS_PART)
_KEEP = twin_part.update().where(*_THIS_PART)
_RELEASE = twin_part.delete().where(*_THIS_PART, twin_part.c.body.is_(None))
_OLD = tuple(table.delete().where(table.c.at < sa.bindparam("before")) for table in (twin, twin_part))


@dataclass(frozen=True, slots=True)
class ChartKey:
    """One chart under one version of the models."""

    patient: str
    chart: str
    version: str


def instant(engine: sa.Engine, key: ChartKey, now: datetime) -> datetime:
    """The instant at which the twin of this chart stands: `now` unless one stands at an earlier one that is still good."""
    with engine.begin() as db:
        good = {"too_far_ahead": naive(now + CLOCKS_APART), "too_old": naive(now - GOOD_FOR)}
        ours = db.execute(_STANDS(db), {**_columns(key), "at": naive(now), **good}).scalar()
        return aware(db.execute(_AT, _this(key)).scalar_one() if ours is None else ours)


def restart(engine: sa.Engine, key: ChartKey, now: datetime) -> None:
    """From now on the twin of this chart stands at `now`."""
    with engine.begin() as db:
        db.execute(_RESTART, {**_this(key), "at": naive(now)})


def claimed(engine: sa.Engine, key: ChartKey, at: datetime, name: str, now: datetime) -> bytes | Claim:
    """The part of that name, if it was made; else who makes it: we (then nobody else will for `LEASE`) or another process."""
    row = {**_columns(key), "at": naive(at), "name": name, "claimed_until": naive(now + LEASE), "now": naive(now)}
    with engine.begin() as db:
        if db.execute(_CLAIMED(db), row).first() is not None:
            return "ours"
        return db.execute(_BODY, _this(key, at, name)).scalar() or "another's"


def keep(engine: sa.Engine, key: ChartKey, at: datetime, name: str, body: bytes) -> None:
    """Keep a part that we made, and none that is too old; once forgotten meanwhile it stays so."""
    with engine.begin() as db:
        db.execute(_KEEP, {**_this(key, at, name), "body": body})
        forget_before(db, at - GOOD_FOR)


def release(engine: sa.Engine, key: ChartKey, at: datetime, name: str) -> None:
    """Let others make a part that we could not make."""
    with engine.begin() as db:
        db.execute(_RELEASE, _this(key, at, name))


def forget_patient(db: sa.Connection, patient_key: str) -> None:
    """Delete every twin of this patient."""
    for table in (twin, twin_part):
        db.execute(table.delete().where(table.c.patient_key == patient_key))


def forget_before(db: sa.Connection, instant: datetime) -> None:
    """Delete the twins that stand before `instant`."""
    for old in _OLD:
        db.execute(old, {"before": naive(instant)})


def _columns(key: ChartKey) -> dict[str, object]:
    return {"patient_key": key.patient, "chart": key.chart, "version": key.version}


def _this(key: ChartKey, at: datetime | None = None, name: str | None = None) -> dict[str, object]:
    """The chart, or with an instant and a name one part of its twin, by the names that conditions give them."""
    part = {} if at is None else {"the_at": naive(at), "the_name": name}
    return {**{f"the_{column}": value for column, value in _columns(key).items()}, **part}
