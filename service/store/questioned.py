"""Data that a clinician called wrong, known by variable, time and a digest of the value."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import msgspec
import sqlalchemy as sa

from service.store.database import aware, insert, naive
from service.store.tables import card, invocation, questioned, scenario
from twin_engine import scenario_json
from twin_engine.patient.record import Measurement
from twin_engine.registry import needs
from twin_engine.scenario_json import ScenarioError

_SINCE = sa.select(questioned).where(
    questioned.c.patient_key == sa.bindparam("patient"), questioned.c.said_at >= sa.bindparam("since")
)


@dataclass(frozen=True, slots=True)
class Mark:
    """One datum that was called wrong. A corrected value has another digest, so the mark is not about it."""

    variable: str
    measured_at: datetime
    value_digest: str


def mark_of(measured: Measurement) -> Mark:
    """How a charted value is recognised again."""
    digest = hashlib.sha256(f"{measured.value!r} {measured.unit}".encode()).hexdigest()
    return Mark(measured.variable, measured.time, digest)


def question(engine: sa.Engine, tenant: str, cards: Iterable[str], said_at: datetime) -> int:
    """Mark the newest values that these cards rested on. Returns how many are new. A card whose data were deleted since marks
    nothing."""
    query = (
        sa.select(card.c.uuid, card.c.drug, invocation.c.patient_key, scenario.c.scenario)
        .join(invocation, invocation.c.id == card.c.invocation_id)
        .join(scenario, scenario.c.invocation_id == invocation.c.id)
        .where(invocation.c.tenant == tenant, card.c.uuid.in_(tuple(cards)))
        .where(card.c.drug.is_not(None), scenario.c.scenario.is_not(None))
    )
    new = 0
    with engine.begin() as db:
        for row in db.execute(query).all():
            for one in _newest(row.drug, row.scenario):
                added = insert(db, questioned).values(
                    patient_key=row.patient_key,
                    card=row.uuid,
                    variable=one.variable,
                    measured_at=naive(one.measured_at),
                    value_digest=one.value_digest,
                    said_at=naive(said_at),
                )
                kept = added.on_conflict_do_nothing().returning(questioned.c.number)
                new += db.execute(kept).first() is not None
    return new


def of_patient(db: sa.Connection, patient_key: str, since: datetime) -> tuple[frozenset[Mark], ...]:
    """What was called wrong of this patient since then, together what one card rested on."""
    found: dict[str, set[Mark]] = {}
    for row in db.execute(_SINCE, {"patient": patient_key, "since": naive(since)}):
        found.setdefault(row.card, set()).add(Mark(row.variable, aware(row.measured_at), row.value_digest))
    return tuple(frozenset(marks) for marks in found.values())


def forget_patient(db: sa.Connection, patient_key: str) -> None:
    """Delete the marks of one patient."""
    db.execute(questioned.delete().where(questioned.c.patient_key == patient_key))


def forget_before(db: sa.Connection, instant: datetime) -> None:
    """Delete marks made before `instant`."""
    db.execute(questioned.delete().where(questioned.c.said_at < naive(instant)))


def _newest(drug: str, document: str) -> Iterable[Mark]:
    try:
        then = scenario_json.read(msgspec.json.decode(document))
    except ScenarioError:
        return ()
    read = (then.record.latest(variable, then.at) for variable in sorted({drug, *needs(drug)}))
    return tuple(mark_of(measured) for measured in read if measured is not None)
