"""Feedback on cards, kept once however often it is sent."""

from dataclasses import dataclass
from datetime import UTC, datetime

import sqlalchemy as sa

from service.store.tables import card, feedback


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


def keep(engine: sa.Engine, tenant: str, outcomes: tuple[Outcome, ...], received_at: datetime) -> int:
    """Keep each outcome that is new for (tenant, card, outcome, time). Returns how many were new."""
    received = received_at.astimezone(UTC).replace(tzinfo=None)
    new = 0
    with engine.begin() as db:
        for one in dict.fromkeys(outcomes):
            same = sa.and_(
                feedback.c.tenant == tenant,
                feedback.c.card == one.card,
                feedback.c.outcome == one.outcome,
                feedback.c.outcome_at == one.at,
            )
            if db.execute(sa.select(feedback.c.number).where(same)).first() is not None:
                continue
            known = db.execute(sa.select(card.c.uuid).where(card.c.uuid == one.card)).first() is not None
            db.execute(
                feedback.insert().values(
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
            )
            new += 1
    return new
