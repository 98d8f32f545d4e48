"""Predictions that went out, until their outcome is charted, and how far off they were. No predicted or measured value is kept:
the scenario of the call gives the prediction again."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

import sqlalchemy as sa

from service.store.database import aware, naive
from service.store.tables import prediction as p
from service.store.tables import scenario

Status = Literal["awaiting", "scored", "void", "expired"]
NOT_MEASURED = "not measured in time"
_ADD = p.insert()
_AWAITING = (
    sa.select(p, scenario.c.scenario.label("document"))
    .join(scenario, scenario.c.invocation_id == p.c.invocation_id)
    .where(p.c.patient_key == sa.bindparam("patient"), p.c.status == "awaiting", p.c.made_at < sa.bindparam("before"))
    .where(scenario.c.scenario.is_not(None))
    .order_by(p.c.number)
    .limit(sa.bindparam("most"))
)


@dataclass(frozen=True, slots=True)
class Promise:
    """One variable as predicted under one option for (`made_at`, `closes_at`]. `topic` of the card that showed it; None = the
    call was silent about it. `version` of the core; `groups` by which calibration is broken down."""

    topic: str | None
    drug: str
    option: str
    variable: str
    made_at: datetime
    closes_at: datetime
    version: str
    groups: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class Awaiting:
    """A promise that is open, with the scenario of its call."""

    number: int
    promise: Promise
    scenario: str


@dataclass(frozen=True, slots=True)
class Score:
    """What became of a promise: how far the median was from the measured value (`error` in `unit`, predicted minus measured;
    `relative` to it), and whether the 90 % interval held it. `void` with the reason when it cannot be judged."""

    status: Status
    why: str | None = None
    lead_h: float | None = None
    unit: str | None = None
    error: float | None = None
    relative: float | None = None
    inside: bool | None = None


@dataclass(frozen=True, slots=True)
class Scored:
    """One scored prediction, as calibration needs it."""

    topic: str | None
    drug: str
    variable: str
    unit: str
    groups: Mapping[str, str]
    lead_h: float
    error: float
    relative: float | None
    inside: bool


def await_outcome(db: sa.Connection, call: str, tenant: str, patient_key: str, promises: Iterable[Promise]) -> None:
    """Keep the promises of one call, in the transaction that keeps the call."""
    rows = [
        {
            "invocation_id": call,
            "patient_key": patient_key,
            "tenant": tenant,
            "topic": one.topic,
            "drug": one.drug,
            "option": one.option,
            "variable": one.variable,
            "made_at": naive(one.made_at),
            "closes_at": naive(one.closes_at),
            "version": one.version,
            "groups": dict(one.groups),
            "status": "awaiting",
        }
        for one in promises
    ]
    if rows:
        db.execute(_ADD, rows)


def awaiting(engine: sa.Engine, patient_key: str, before: datetime, most: int) -> tuple[Awaiting, ...]:
    """The oldest open promises of one patient that were made before `before`."""
    asked = {"patient": patient_key, "before": naive(before), "most": most}
    with engine.connect() as db:
        return tuple(Awaiting(row.number, _promise(row), row.document) for row in db.execute(_AWAITING, asked))


def settle(engine: sa.Engine, number: int, score: Score) -> bool:
    """Close a promise; False when another process did already."""
    mine = sa.and_(p.c.number == number, p.c.status == "awaiting")
    values = {
        "status": score.status,
        "why": score.why,
        "lead_h": score.lead_h,
        "unit": score.unit,
        "error": score.error,
        "relative": score.relative,
        "inside": score.inside,
    }
    with engine.begin() as db:
        return db.execute(p.update().where(mine).values(values)).rowcount == 1


def expire(engine: sa.Engine, closed_before: datetime) -> int:
    """Close the promises whose time is over without a measured value. Returns how many."""
    late = sa.and_(p.c.status == "awaiting", p.c.closes_at < naive(closed_before))
    with engine.begin() as db:
        return db.execute(p.update().where(late).values(status="expired", why=NOT_MEASURED)).rowcount


def scored_since(engine: sa.Engine, since: datetime) -> tuple[Scored, ...]:
    """What was scored of the predictions made since then."""
    query = sa.select(p).where(p.c.status == "scored", p.c.made_at >= naive(since)).order_by(p.c.number)
    with engine.connect() as db:
        return tuple(
            Scored(r.topic, r.drug, r.variable, r.unit, r.groups, r.lead_h, r.error, r.relative, r.inside)
            for r in db.execute(query)
        )


def states_since(engine: sa.Engine, since: datetime) -> dict[str, int]:
    """How many predictions made since then are awaiting, scored, and void or expired by reason."""
    words = sa.func.coalesce(p.c.why, p.c.status)
    query = sa.select(words, sa.func.count()).where(p.c.made_at >= naive(since)).group_by(words).order_by(words)
    with engine.connect() as db:
        return {str(word): int(count) for word, count in db.execute(query)}


def forget_patient(db: sa.Connection, patient_key: str) -> None:
    """Delete every promise made for this patient, scored or not."""
    db.execute(p.delete().where(p.c.patient_key == patient_key))


def forget_before(db: sa.Connection, instant: datetime) -> None:
    """No longer know of whom the promises made before `instant` spoke; errors stay for calibration."""
    old = sa.and_(p.c.made_at < naive(instant), p.c.patient_key.is_not(None))
    db.execute(p.update().where(old).values(patient_key=None))


def _promise(row: sa.Row[tuple[object, ...]]) -> Promise:
    return Promise(
        row.topic, row.drug, row.option, row.variable, aware(row.made_at), aware(row.closes_at), row.version, row.groups
    )
