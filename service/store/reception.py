"""How clinicians received the cards: accepted, overridden and why, or not answered, by topic and indicator."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from cds_cards.override_reasons import OVERRIDE_REASONS
from service.call import ORDER_SELECT
from service.store.database import naive
from service.store.tables import card, feedback, invocation

OFFERED = frozenset(reason.code for reason in OVERRIDE_REASONS)
NO_REASON, OTHER_REASON = "no reason given", "a reason of the client's own"
FEWEST_TO_JUDGE, RARELY_ACCEPTED = 50, 0.05


@dataclass(frozen=True, slots=True)
class Reception:
    """Cards of one topic and indicator. What nobody answered is not an override. A reason of the client's own is counted, not
    told: it may hold anything."""

    topic: str
    indicator: str
    shown: int
    accepted: int
    overridden: int
    reasons: tuple[tuple[str, int], ...]

    @property
    def rarely_accepted(self) -> bool:
        """Whether the site may decide to show this as information only."""
        answered = self.accepted + self.overridden
        return answered >= FEWEST_TO_JUDGE and self.accepted < RARELY_ACCEPTED * answered


def reception(engine: sa.Engine, since: datetime, tenant: str | None = None) -> tuple[Reception, ...]:
    """The cards that went out since then (to one tenant, or to all), `order-select` left out; of several answers to one card
    the last counts."""
    called = sa.and_(invocation.c.at >= naive(since), invocation.c.hook != ORDER_SELECT)
    if tenant is not None:
        called = sa.and_(called, invocation.c.tenant == tenant)
    sent = (
        sa.select(card.c.topic, card.c.indicator, sa.func.count(sa.distinct(card.c.uuid)))
        .join(invocation, invocation.c.id == card.c.invocation_id)
        .where(called)
        .group_by(card.c.topic, card.c.indicator)
    )
    said = (
        sa.select(card.c.uuid, card.c.topic, card.c.indicator, feedback.c.outcome, feedback.c.reason_code)
        .select_from(feedback)
        .join(card, card.c.uuid == feedback.c.card)
        .join(invocation, sa.and_(invocation.c.id == card.c.invocation_id, invocation.c.tenant == feedback.c.tenant))
        .where(called)
        .order_by(feedback.c.number)
    )
    with engine.connect() as db:
        counts = {(row[0], row[1]): int(row[2]) for row in db.execute(sent)}
        last = {row.uuid: row for row in db.execute(said)}
    found: list[Reception] = []
    for (topic, indicator), shown in sorted(counts.items()):
        answers = [row for row in last.values() if (row.topic, row.indicator) == (topic, indicator)]
        overridden = [row for row in answers if row.outcome == "overridden"]
        reasons = Counter(_reason(row.reason_code) for row in overridden).most_common()
        found.append(
            Reception(topic, indicator, shown, len(answers) - len(overridden), len(overridden), tuple(sorted(reasons)))
        )
    return tuple(found)


def _reason(code: str | None) -> str:
    if code is None:
        return NO_REASON
    return code if code in OFFERED else OTHER_REASON
