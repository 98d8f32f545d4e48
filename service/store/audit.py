"""Keeping and finding calls: who asked what, what was answered and why. Every function is one transaction."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import msgspec
import sqlalchemy as sa

from cds_cards.gist import Remembered
from service.call import ORDER_SELECT
from service.exact_json import CANONICAL
from service.store import predictions
from service.store import tables as t
from service.store.alerts import Alert
from service.store.alerts import keep as keep_alerts
from service.store.database import by_dialect, naive, one_at_a_time
from service.store.predictions import Promise

ONCE_IN = timedelta(hours=24)
FIRST = "0" * 64
_UNLESS_ANSWERED = by_dialect(
    lambda insert: insert(t.invocation).on_conflict_do_nothing(index_elements=["once"]).returning(t.invocation.c.id)
)
_CARDS, _SCENARIO, _AUDIT = t.card.insert(), t.scenario.insert(), t.audit.insert()
_NEWEST = sa.select(t.audit.c.chained).order_by(t.audit.c.number.desc()).limit(1)
_ANSWERED = (
    sa.select(t.scenario.c.answer)
    .join(t.invocation, t.invocation.c.id == t.scenario.c.invocation_id)
    .where(t.invocation.c.once == sa.bindparam("once"))
)
_SHOWN = (
    sa.select(t.card.c.once_key)
    .join(t.invocation, t.invocation.c.id == t.card.c.invocation_id)
    .where(t.invocation.c.patient_key == sa.bindparam("patient"), t.card.c.once_key.in_(sa.bindparam("keys", expanding=True)))
    .where(t.invocation.c.at > sa.bindparam("since"), t.invocation.c.at <= sa.bindparam("until"))
    .where(t.invocation.c.hook != ORDER_SELECT)
)


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
    predictions: tuple[Promise, ...] = ()


def record(engine: sa.Engine, call: Invocation) -> Mapping[str, object] | None:
    """Keep one call: its row, its cards, its patient data, and its link in the chain of digests.

    A complete answer is given once: when another process kept one to this very call first, nothing is kept and its answer is
    returned, which is the one to send.
    """
    answer = _canonical(call.answer)
    scenario = None if call.scenario is None else _canonical(call.scenario)
    final = call.status == 200 and not call.partial
    with engine.begin() as db:
        row: dict[str, object] = {
            "id": call.id,
            "tenant": call.tenant,
            "hook": call.hook,
            "hook_instance": call.hook_instance,
            "body_digest": call.body_digest,
            "patient_key": call.patient_key,
            "at": naive(call.at),
            "status": call.status,
            "reasons": list(call.reasons),
            "partial": call.partial,
            "ms": call.ms,
            "versions": dict(call.versions),
            "once": same_call(call.tenant, call.hook_instance, call.body_digest) if final else None,
        }
        if db.execute(_UNLESS_ANSWERED(db), row).first() is None:
            return _answered(db, call.tenant, call.hook_instance, call.body_digest)
        if call.cards:
            db.execute(_CARDS, [_card(call.id, shown) for shown in call.cards])
        keep_alerts(db, call.id, call.tenant, call.patient_key, call.hook, call.at, call.alerts)
        db.execute(_SCENARIO, {"invocation_id": call.id, "at": naive(call.at), "scenario": scenario, "answer": answer})
        predictions.await_outcome(db, call.id, call.tenant, call.patient_key, call.predictions)
        _append(db, call.id, None if scenario is None else _digest(scenario), _digest(answer))
    return None


def answered(engine: sa.Engine, tenant: str, hook_instance: str, body_digest: str) -> Mapping[str, object] | None:
    """The complete answer already given to this very call, or None."""
    with engine.connect() as db:
        return _answered(db, tenant, hook_instance, body_digest)


def _answered(db: sa.Connection, tenant: str, hook_instance: str, body_digest: str) -> Mapping[str, object] | None:
    found = db.execute(_ANSWERED, {"once": same_call(tenant, hook_instance, body_digest)}).scalar()
    return None if found is None else msgspec.json.decode(found, type=dict[str, object])


def same_call(tenant: str, hook_instance: str, body_digest: str) -> str:
    """By what a repetition of a call is recognised."""
    return _digest("\x1f".join((tenant, hook_instance, body_digest)))


def shown_within_a_day(engine: sa.Engine, patient_key: str, keys: Sequence[str], at: datetime) -> frozenset[str]:
    """Those of the keys under which a card was shown for this patient in the 24 h before `at`; what order-select showed
    does not count."""
    if not keys:
        return frozenset()
    by_digest = {_digest(key): key for key in keys}
    asked = {"patient": patient_key, "keys": list(by_digest), "since": naive(at - ONCE_IN), "until": naive(at)}
    with engine.connect() as db:
        return frozenset(by_digest[found] for found in db.execute(_SHOWN, asked).scalars())


def forget_before(db: sa.Connection, instant: datetime) -> int:
    """Delete the patient data of calls before `instant`; the audit stays. Returns how many calls lost them."""
    return _forget(db, sa.select(t.invocation.c.id).where(t.invocation.c.at < naive(instant)))


def forget_patient(db: sa.Connection, patient_key: str) -> int:
    """Delete the patient data of every call about this patient. Returns how many calls lost them."""
    theirs = sa.select(t.invocation.c.id).where(t.invocation.c.patient_key == patient_key)
    comments = sa.select(t.card.c.uuid).where(t.card.c.invocation_id.in_(theirs))
    db.execute(t.feedback.update().where(t.feedback.c.card.in_(comments)).values(comment=None))
    return _forget(db, theirs)


def _forget(db: sa.Connection, invocations: sa.Select[tuple[str]]) -> int:
    """A call whose answer is gone cannot be answered again from memory, so it may be answered anew."""
    kept = sa.and_(t.card.c.fingerprint.is_not(None), t.card.c.invocation_id.in_(invocations))
    final = sa.and_(t.invocation.c.once.is_not(None), t.invocation.c.id.in_(invocations))
    db.execute(t.card.update().where(kept).values(gist=sa.null(), fingerprint=None))
    withheld = sa.and_(t.alert.c.card.is_not(None), t.alert.c.invocation_id.in_(invocations))
    db.execute(t.alert.update().where(withheld).values(card=None))
    db.execute(t.invocation.update().where(final).values(once=None))
    return db.execute(t.scenario.delete().where(t.scenario.c.invocation_id.in_(invocations))).rowcount


def chain_is_whole(engine: sa.Engine) -> bool:
    """Whether no row of the audit was changed, removed or put in between."""
    return first_broken(engine) is None


def first_broken(engine: sa.Engine) -> int | None:
    """The number of the first entry that does not follow from the one before it; None when the chain is whole."""
    previous = FIRST
    with engine.connect() as db:
        for row in db.execute(sa.select(t.audit).order_by(t.audit.c.number)):
            link = _link(previous, row.invocation_id, row.scenario_digest, row.answer_digest)
            if (row.previous, row.chained) != (previous, link):
                return int(row.number)
            previous = link
    return None


def _card(invocation_id: str, shown: CardShown) -> dict[str, object]:
    known = shown.remembered
    return {
        "uuid": shown.uuid,
        "invocation_id": invocation_id,
        "topic": shown.topic,
        "indicator": shown.indicator,
        "once_key": None if shown.once_key is None else _digest(shown.once_key),
        "drug": None if known is None else known.drug,
        "fingerprint": None if known is None else known.fingerprint,
        "gist": None if known is None else known.gist.as_json(),
    }


def _append(db: sa.Connection, invocation_id: str, scenario_digest: str | None, answer_digest: str) -> None:
    one_at_a_time(db, "audit")
    previous = db.execute(_NEWEST).scalar() or FIRST
    row = {
        "invocation_id": invocation_id,
        "scenario_digest": scenario_digest,
        "answer_digest": answer_digest,
        "previous": previous,
        "chained": _link(previous, invocation_id, scenario_digest, answer_digest),
    }
    db.execute(_AUDIT, row)


def _link(previous: str, invocation_id: str, scenario_digest: str | None, answer_digest: str) -> str:
    return _digest("|".join((previous, invocation_id, scenario_digest or "", answer_digest)))


def _canonical(document: Mapping[str, object]) -> str:
    return CANONICAL.encode(document).decode()


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
