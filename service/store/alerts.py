"""Every card that a call deserved, shown or withheld, and what became of the patients of those that were withheld.

One row a card: the rule it came from, how loud, and, where it did not go out, which part of the policy withheld it and why.
A withheld card that warned of an event waits until the chart shows whether the event came.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from cds_cards.past import Acceptance, Shown
from cds_cards.restraint import UNASKED
from cds_cards.rules import DEMOTED_OVER_DAYS
from service.store.database import aware, naive
from service.store.tables import alert, feedback, invocation

A_DAY = timedelta(hours=24)
WAITS = timedelta(days=7)
"""A chart that is not opened again for so long will not tell what happened."""
SILENT = "silent"
_ADD = alert.insert()
_LATELY = (
    sa.select(alert.c.rule, alert.c.indicator, alert.c.signs, alert.c.at, alert.c.withheld_by)
    .where(alert.c.patient_key == sa.bindparam("patient"), alert.c.hook.in_(UNASKED))
    .where(alert.c.withheld_by.is_(None) | (alert.c.withheld_by == SILENT))
    .where(alert.c.at > sa.bindparam("since"), alert.c.at <= sa.bindparam("until"))
    .order_by(alert.c.at)
)
_WAITING = (
    sa.select(alert.c.number, alert.c.rule, alert.c.withheld_by, alert.c.event, alert.c.at)
    .where(alert.c.patient_key == sa.bindparam("patient"), alert.c.withheld_by.is_not(None))
    .where(alert.c.event.is_not(None), alert.c.happened.is_(None), alert.c.at > sa.bindparam("since"))
)


@dataclass(frozen=True, slots=True)
class Alert:
    """One card of a call. `by` None = it was shown; `stay` = keyed hash of the stay; `card` = the withheld card as JSON."""

    rule: str
    indicator: str
    uuid: str | None
    signs: tuple[str, ...] = ()
    stay: str | None = None
    by: str | None = None
    reason: str | None = None
    event: str | None = None
    card: Mapping[str, object] | None = None


@dataclass(frozen=True, slots=True)
class Waiting:
    """A withheld card whose event may still come: number of its row, rule, who withheld it, the event, and since when."""

    number: int
    rule: str
    by: str
    event: str
    since: datetime


def keep(
    db: sa.Connection, invocation: str, tenant: str, patient_key: str, hook: str, at: datetime, rows: Iterable[Alert]
) -> None:
    """Keep the cards of one call, within the transaction that keeps the call."""
    kept = [
        {
            "invocation_id": invocation,
            "tenant": tenant,
            "patient_key": patient_key,
            "hook": hook,
            "at": naive(at),
            "card_uuid": row.uuid,
            "rule": row.rule,
            "indicator": row.indicator,
            "signs": list(row.signs),
            "stay_key": row.stay,
            "withheld_by": row.by,
            "reason": row.reason,
            "event": row.event,
            "card": None if row.card is None else dict(row.card),
        }
        for row in rows
    ]
    if kept:
        db.execute(_ADD, kept)


def lately(db: sa.Connection, patient_key: str, at: datetime) -> tuple[tuple[Shown, ...], tuple[Shown, ...]]:
    """The cards that this patient's chart showed unasked in the 24 h before `at`, and those that silence alone withheld."""
    rows = db.execute(_LATELY, {"patient": patient_key, "since": naive(at - A_DAY), "until": naive(at)}).all()
    found: dict[str | None, list[Shown]] = {None: [], SILENT: []}
    for r in rows:
        found[r.withheld_by].append(Shown(r.rule, r.indicator, frozenset(r.signs), (naive(at) - r.at) / timedelta(hours=1)))
    return tuple(found[None]), tuple(found[SILENT])


def acceptance(db: sa.Connection, tenant: str, rules: Collection[str], at: datetime) -> dict[str, Acceptance]:
    """How the cards of these rules were answered in the last month; a card counts once, as accepted if it ever was."""
    if not rules:
        return {}
    accepted = sa.func.max(sa.case((feedback.c.outcome == "accepted", 1), else_=0))
    query = (
        sa.select(alert.c.rule, accepted)
        .join(feedback, sa.and_(feedback.c.card == alert.c.card_uuid, feedback.c.tenant == alert.c.tenant))
        .where(alert.c.tenant == tenant, alert.c.rule.in_(rules), alert.c.withheld_by.is_(None))
        .where(alert.c.at > naive(at - timedelta(days=DEMOTED_OVER_DAYS)))
        .group_by(alert.c.rule, alert.c.card_uuid)
    )
    answers: dict[str, list[int]] = {}
    for rule, taken in db.execute(query):
        answers.setdefault(rule, []).append(taken)
    return {rule: Acceptance(len(found), sum(found)) for rule, found in answers.items()}


def waiting(engine: sa.Engine, patient_key: str, at: datetime) -> tuple[Waiting, ...]:
    """Withheld cards of this patient whose event is still open."""
    with engine.connect() as db:
        rows = db.execute(_WAITING, {"patient": patient_key, "since": naive(at - WAITS)})
        return tuple(Waiting(n, rule, by, event, aware(since)) for n, rule, by, event, since in rows)


def settle(engine: sa.Engine, outcomes: Mapping[int, bool]) -> None:
    """Write what became of withheld cards, by the number of their row."""
    if not outcomes:
        return
    with engine.begin() as db:
        for number, happened in outcomes.items():
            db.execute(alert.update().where(alert.c.number == number).values(happened=happened))


@dataclass(frozen=True, slots=True)
class Line:
    """Cards of one rule that were shown (`by` None) or that one part of the policy withheld; of how many of these the chart
    later told whether the event came, and how often it had."""

    rule: str
    by: str | None
    cards: int
    decided: int
    events: int


@dataclass(frozen=True, slots=True)
class Summary:
    """What was shown and withheld, over so many days on which a patient's chart was asked about."""

    patient_days: int
    lines: tuple[Line, ...]

    def per_day(self, cards: int) -> float:
        """So many cards, per patient-day."""
        return round(cards / self.patient_days, 3) if self.patient_days else 0.0


def summary(engine: sa.Engine, tenant: str | None, since: datetime) -> Summary:
    """By rule and by what withheld it, for one tenant or for all."""
    events = sa.func.coalesce(sa.func.sum(sa.case((alert.c.happened.is_(True), 1), else_=0)), 0)
    lines = (
        sa.select(alert.c.rule, alert.c.withheld_by, sa.func.count(), sa.func.count(alert.c.happened), events)
        .where(alert.c.at >= naive(since), *(() if tenant is None else (alert.c.tenant == tenant,)))
        .group_by(alert.c.rule, alert.c.withheld_by)
        .order_by(alert.c.rule, alert.c.withheld_by)
    )
    asked_about = (
        sa.select(invocation.c.patient_key, sa.func.date(invocation.c.at))
        .where(invocation.c.at >= naive(since), *(() if tenant is None else (invocation.c.tenant == tenant,)))
        .distinct()
        .subquery()
    )
    with engine.connect() as db:
        days = db.execute(sa.select(sa.func.count()).select_from(asked_about)).scalar_one()
        return Summary(days, tuple(Line(rule, by, *map(int, counts)) for rule, by, *counts in db.execute(lines)))
