"""Work to be done in the background by whichever process is free: once, in order of when it is due, again after a crash.

A job is known by its kind and key; asking for one that waits already changes nothing, asking for one that is being done makes
it be done once more. Whoever takes a job has it for a time; if he dies, another takes it then.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

import sqlalchemy as sa

from service.store.database import insert, naive
from service.store.tables import job

Kind = Literal["catch up", "refresh"]
LEASE = timedelta(minutes=2)
MOST_ATTEMPTS = 5
WAIT = timedelta(seconds=30)
"""Before a second try; doubled each time."""


@dataclass(frozen=True, slots=True)
class Job:
    """One piece of work: what, about whom, and which try this is."""

    number: int
    kind: str
    key: str
    attempt: int


def ask_for(engine: sa.Engine, kind: Kind, key: str, due: datetime) -> None:
    """Have this done, no later than any earlier wish for the same."""
    with engine.begin() as db:
        row = insert(db, job).values(kind=kind, key=key, due_at=naive(due), attempts=0, again=False)
        earlier = sa.case((job.c.due_at < naive(due), job.c.due_at), else_=naive(due))
        db.execute(
            row.on_conflict_do_update(
                index_elements=["kind", "key"], set_={"due_at": earlier, "again": job.c.claimed_until.is_not(None)}
            )
        )


def plan(engine: sa.Engine, kind: Kind, key: str, due: datetime) -> None:
    """Have this done then, if nothing is planned for it."""
    with engine.begin() as db:
        row = insert(db, job).values(kind=kind, key=key, due_at=naive(due), attempts=0, again=False)
        db.execute(row.on_conflict_do_nothing(index_elements=["kind", "key"]))


def take(engine: sa.Engine, now: datetime) -> Job | None:
    """The job that has been due longest and that nobody has, which is ours until the lease ends."""
    free = sa.or_(job.c.claimed_until.is_(None), job.c.claimed_until <= naive(now))
    longest = (
        sa.select(job.c.number)
        .where(job.c.due_at <= naive(now), free)
        .order_by(job.c.due_at, job.c.number)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    taken = (
        job.update()
        .where(job.c.number == longest.scalar_subquery(), free)
        .values(claimed_until=naive(now + LEASE), attempts=job.c.attempts + 1)
        .returning(job.c.number, job.c.kind, job.c.key, job.c.attempts)
    )
    with engine.begin() as db:
        row = db.execute(taken).first()
        return None if row is None else Job(row.number, row.kind, row.key, row.attempts)


def done(engine: sa.Engine, finished: Job, now: datetime) -> None:
    """It was done; if it was asked for meanwhile it is due again."""
    with engine.begin() as db:
        _finish(db, finished, now)


def failed(engine: sa.Engine, tried: Job, now: datetime) -> bool:
    """It could not be done: tried again later, five times in all. Returns whether it will be."""
    with engine.begin() as db:
        if tried.attempt >= MOST_ATTEMPTS:
            _finish(db, tried, now)
            return False
        due = now + WAIT * 2 ** (tried.attempt - 1)
        db.execute(job.update().where(_mine(tried)).values(claimed_until=None, due_at=naive(due)))
        return True


def waiting(engine: sa.Engine, now: datetime) -> tuple[int, float]:
    """How many jobs are due and not done, and for how many seconds the oldest has been."""
    query = sa.select(sa.func.count(), sa.func.min(job.c.due_at)).where(job.c.due_at <= naive(now))
    with engine.connect() as db:
        count, oldest = db.execute(query).one()
    return int(count), 0.0 if oldest is None else (naive(now) - oldest).total_seconds()


def _finish(db: sa.Connection, finished: Job, now: datetime) -> None:
    db.execute(job.delete().where(_mine(finished), job.c.again.is_(False)))
    again = {"claimed_until": None, "due_at": naive(now), "attempts": 0, "again": False}
    db.execute(job.update().where(_mine(finished)).values(again))


def _mine(taken: Job) -> sa.ColumnElement[bool]:
    """A job whose lease ended and that another took meanwhile is not ours any more."""
    return sa.and_(job.c.number == taken.number, job.c.attempts == taken.attempt)
