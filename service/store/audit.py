"""Keeping and finding calls: who asked what, what was answered and why. Every function is one transaction."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import msgspec
import sqlalchemy as sa

from cds_cards.gist import Remembered
from service.call import ORDER_SELECT
from service.exact_json import CANONICAL
from service.store import tables as t
from service.store.alerts import Alert
from service.store.alerts import keep as keep_alerts

ONCE_IN = timedelta(hours=24)
FIRST = "0" * 64


@dataclass(frozen=True, slots=True)
class CardShown:
    """A card that went out. `once_key` = topic and reason of a card that is shown once a day, None for others;
    `remembered` = what is needed to recognise it when the same order comes again."""

    uuid: str
    topic: str
    indicator: str
    once_key: str | None = None
    remembered: Remembered | None = None


@dataclass(frozen=True, slots=True)
class Invocation:
    """One call as it is audited. `patient_key` is a keyed hash; `scenario` and `answer` are patient data."""

    id: str
    tenant: str
    hook: str
    hook_instance: str
    body_digest: str
    patient_key: str
    at: datetime
    status: int
    answer: Mapping[str, object]
    ms: float
    scenario: Mapping[str, object] | None = None
    reasons: tuple[str, ...] = ()
    partial: bool = False
    cards: tuple[CardShown, ...] = ()
    alerts: tuple[Alert, ...] = ()
    versions: Mapping[str, str] = field(default_factory=dict[str, str])


def record(engine: sa.Engine, call: Invocation) -> None:
    """Keep one call: its row, its cards, its patient data, and its link in the chain of digests."""
    answer = _canonical(call.answer)
    scenario = None if call.scenario is None else _canonical(call.scenario)
    with engine.begin() as db:
        db.execute(
            t.invocation.insert().values(
                id=call.id,
                tenant=call.tenant,
                hook=call.hook,
                hook_instance=call.hook_instance,
                body_digest=call.body_digest,
                patient_key=call.patient_key,
                at=_naive(call.at),
                status=call.status,
                reasons=list(call.reasons),
                partial=call.partial,
                ms=call.ms,
                versions=dict(call.versions),
            )
        )
        for shown in call.cards:
            db.execute(
                t.card.insert().values(
                    uuid=shown.uuid,
                    invocation_id=call.id,
                    topic=shown.topic,
                    indicator=shown.indicator,
                    once_key=None if shown.once_key is None else _digest(shown.once_key),
                    fingerprint=None if shown.remembered is None else shown.remembered.fingerprint,
                    gist=None if shown.remembered is None else shown.remembered.gist.as_json(),
                )
            )
        keep_alerts(db, call.id, call.tenant, call.patient_key, call.hook, call.at, call.alerts)
        db.execute(t.scenario.insert().values(invocation_id=call.id, at=_naive(call.at), scenario=scenario, answer=answer))
        _append(db, call.id, None if scenario is None else _digest(scenario), _digest(answer))


def answered(engine: sa.Engine, tenant: str, hook_instance: str, body_digest: str) -> Mapping[str, object] | None:
    """The complete answer already given to this very call, or None."""
    query = (
        sa.select(t.scenario.c.answer)
        .join(t.invocation, t.invocation.c.id == t.scenario.c.invocation_id)
        .where(t.invocation.c.tenant == tenant, t.invocation.c.body_digest == body_digest)
        .where(t.invocation.c.hook_instance == hook_instance, t.invocation.c.status == 200)
        .where(t.invocation.c.partial.is_(False))
        .limit(1)
    )
    with engine.connect() as db:
        found = db.execute(query).scalar()
    return None if found is None else msgspec.json.decode(found, type=dict[str, object])


def shown_within_a_day(engine: sa.Engine, patient_key: str, keys: Sequence[str], at: datetime) -> frozenset[str]:
    """Those of the keys under which a card was shown for this patient in the 24 h before `at`; what order-select showed
    does not count."""
    if not keys:
        return frozenset()
    by_digest = {_digest(key): key for key in keys}
    query = (
        sa.select(t.card.c.once_key)
        .join(t.invocation, t.invocation.c.id == t.card.c.invocation_id)
        .where(t.invocation.c.patient_key == patient_key, t.card.c.once_key.in_(by_digest))
        .where(t.invocation.c.at > _naive(at - ONCE_IN), t.invocation.c.at <= _naive(at), t.invocation.c.hook != ORDER_SELECT)
    )
    with engine.connect() as db:
        return frozenset(by_digest[found] for found in db.execute(query).scalars())


def forget_before(engine: sa.Engine, instant: datetime) -> int:
    """Delete the patient data of calls before `instant`; the audit stays. Returns how many calls lost them."""
    old = sa.select(t.invocation.c.id).where(t.invocation.c.at < _naive(instant))
    with engine.begin() as db:
        db.execute(_without_gists(old))
        db.execute(_without_cards(old))
        return db.execute(t.scenario.delete().where(t.scenario.c.at < _naive(instant))).rowcount


def forget_patient(engine: sa.Engine, patient_key: str) -> int:
    """Delete the patient data of every call about this patient. Returns how many calls lost them."""
    theirs = sa.select(t.invocation.c.id).where(t.invocation.c.patient_key == patient_key)
    with engine.begin() as db:
        db.execute(_without_gists(theirs))
        db.execute(_without_cards(theirs))
        return db.execute(t.scenario.delete().where(t.scenario.c.invocation_id.in_(theirs))).rowcount


def _without_gists(invocations: sa.Select[tuple[str]]) -> sa.Update:
    kept = sa.and_(t.card.c.fingerprint.is_not(None), t.card.c.invocation_id.in_(invocations))
    return t.card.update().where(kept).values(gist=sa.null(), fingerprint=None)


def _without_cards(invocations: sa.Select[tuple[str]]) -> sa.Update:
    kept = sa.and_(t.alert.c.card.is_not(None), t.alert.c.invocation_id.in_(invocations))
    return t.alert.update().where(kept).values(card=None)


def chain_is_whole(engine: sa.Engine) -> bool:
    """Whether no row of the audit was changed, removed or put in between."""
    previous = FIRST
    with engine.connect() as db:
        for row in db.execute(sa.select(t.audit).order_by(t.audit.c.number)):
            if row.previous != previous:
                return False
            previous = _link(previous, row.invocation_id, row.scenario_digest, row.answer_digest)
            if row.chained != previous:
                return False
    return True


def _append(db: sa.Connection, invocation_id: str, scenario_digest: str | None, answer_digest: str) -> None:
    newest = sa.select(t.audit.c.chained).order_by(t.audit.c.number.desc()).limit(1)
    previous = db.execute(newest).scalar() or FIRST
    db.execute(
        t.audit.insert().values(
            invocation_id=invocation_id,
            scenario_digest=scenario_digest,
            answer_digest=answer_digest,
            previous=previous,
            chained=_link(previous, invocation_id, scenario_digest, answer_digest),
        )
    )


def _link(previous: str, invocation_id: str, scenario_digest: str | None, answer_digest: str) -> str:
    return _digest("|".join((previous, invocation_id, scenario_digest or "", answer_digest)))


def _canonical(document: Mapping[str, object]) -> str:
    return CANONICAL.encode(document).decode()


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _naive(instant: datetime) -> datetime:
    """UTC without its zone, as every database keeps it."""
    return instant.astimezone(UTC).replace(tzinfo=None)
