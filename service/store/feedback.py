"""Feedback on cards, kept once however often it is sent."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from cds_cards.gist import Answered, Gist
from service.store.database import insert, naive
from service.store.tables import alert, card, feedback, invocation

_ANSWERED = (
    sa.select(
        card.c.fingerprint,
        card.c.gist,
        feedback.c.outcome,
        feedback.c.reason_code,
        feedback.c.received_at,
        alert.c.stay_key,
    )
    .select_from(feedback)
    .join(card, sa.and_(card.c.uuid == feedback.c.card, card.c.fingerprint.is_not(None)))
    .join(invocation, invocation.c.id == card.c.invocation_id)
    .outerjoin(alert, sa.and_(alert.c.card_uuid == card.c.uuid, alert.c.invocation_id == invocation.c.id))
    .where(feedback.c.tenant == sa.bindparam("tenant"), invocation.c.tenant == sa.bindparam("tenant"))
    .where(invocation.c.patient_key == sa.bindparam("patient"), feedback.c.received_at >= sa.bindparam("since"))
    .order_by(feedback.c.number, invocation.c.at)
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one card: accepted or overridden, when, with which suggestions or reason."""

    card: str
    outcome: str
    at: str
    suggestions: tuple[str, ...] = ()
    reason_system: str | None = None
    reason_code: str | None = None
    comment: str | None = None


def keep(engine: sa.Engine, tenant: str, outcomes: tuple[Outcome, ...], received_at: datetime) -> tuple[Outcome, ...]:
    """Keep each outcome that is new for (tenant, card, outcome, time). Returns the new ones."""
    received = naive(received_at)
    new: list[Outcome] = []
    with engine.begin() as db:
        for one in dict.fromkeys(outcomes):
            theirs = sa.select(card.c.uuid).join(invocation, invocation.c.id == card.c.invocation_id)
            known = db.execute(theirs.where(card.c.uuid == one.card, invocation.c.tenant == tenant)).first() is not None
            added = db.execute(
                insert(db, feedback)
                .values(
                    tenant=tenant,
                    card=one.card,
                    outcome=one.outcome,
                    outcome_at=one.at,
                    suggestions=list(one.suggestions),
                    reason_system=one.reason_system,
                    reason_code=one.reason_code,
                    comment=one.comment,
                    known_card=known,
                    received_at=received,
                )
                .on_conflict_do_nothing(index_elements=["tenant", "card", "outcome", "outcome_at"])
                .returning(feedback.c.number)
            )
            if added.first() is not None:
                new.append(one)
    return tuple(new)


def answered_since(
    db: sa.Connection, tenant: str, patient_key: str, since: datetime, at: datetime, stay: str | None = None
) -> dict[str, Answered]:
    """This patient's cards with feedback received since then, by the fingerprint of the order; the newest of each. `stay` =
    keyed hash of the stay of now."""
    now = naive(at)
    found: dict[str, Answered] = {}
    for row in db.execute(_ANSWERED, {"tenant": tenant, "patient": patient_key, "since": naive(since)}):
        age_h, same = (now - row.received_at) / timedelta(hours=1), stay is not None and row.stay_key == stay
        found[row.fingerprint] = Answered(Gist.from_json(row.gist), row.outcome, row.reason_code, age_h, same)
    return found


def forget_comments_before(db: sa.Connection, instant: datetime) -> None:
    """Delete the free text received before `instant`: it may name anybody."""
    old = sa.and_(feedback.c.received_at < naive(instant), feedback.c.comment.is_not(None))
    db.execute(feedback.update().where(old).values(comment=None))
