"""Patients whose charts are followed between calls, and how far each kind of resource of a server has been read.

The patient's id is needed to ask the server; it is kept encrypted (AES-256-GCM, key derived from the patient key secret), for
hours, and only for clients with background refresh.
"""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from joserfc import jwe
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from service.store.database import aware, insert, naive
from service.store.tables import cursor, watched


@dataclass(frozen=True, slots=True)
class Watched:
    """One patient of one client. `encounter_id` = the one of the last call, which bounds what the fits read."""

    tenant: str
    patient_key: str
    patient_id: str
    encounter_id: str | None


class Seal:
    """Encrypts what only this service may read."""

    def __init__(self, secret: str) -> None:
        self._key = OctKey.import_key(hashlib.sha256(b"sealed patient id " + secret.encode()).digest())

    def close(self, patient_id: str, encounter_id: str | None) -> str:
        """Both ids as one sealed text."""
        content = json.dumps([patient_id, encounter_id])
        return jwe.encrypt_compact({"alg": "dir", "enc": "A256GCM"}, content, self._key)

    def open(self, text: str) -> tuple[str, str | None] | None:
        """The inverse; None when another key sealed it."""
        try:
            patient_id, encounter_id = json.loads(jwe.decrypt_compact(text, self._key).plaintext or b"")
        except (JoseError, ValueError):
            return None
        return str(patient_id), None if encounter_id is None else str(encounter_id)


def watch(engine: sa.Engine, seal: Seal, patient: Watched, now: datetime) -> None:
    """Follow this patient, seen now."""
    sealed = seal.close(patient.patient_id, patient.encounter_id)
    with engine.begin() as db:
        row = insert(db, watched).values(
            patient_key=patient.patient_key, tenant=patient.tenant, sealed=sealed, seen_at=naive(now)
        )
        db.execute(row.on_conflict_do_update(index_elements=["patient_key"], set_={"sealed": sealed, "seen_at": naive(now)}))


def followed(engine: sa.Engine, seal: Seal, tenant: str, since: datetime) -> tuple[Watched, ...]:
    """The patients of one client seen since then."""
    query = sa.select(watched).where(watched.c.tenant == tenant, watched.c.seen_at >= naive(since))
    with engine.connect() as db:
        found = [(row.patient_key, seal.open(row.sealed)) for row in db.execute(query.order_by(watched.c.patient_key))]
    return tuple(Watched(tenant, key, *ids) for key, ids in found if ids is not None)


def first_seen(engine: sa.Engine, tenant: str, since: datetime) -> datetime | None:
    """When the longest unseen of the patients of one client seen since then was last seen: until then a call read his chart."""
    query = sa.select(sa.func.min(watched.c.seen_at)).where(watched.c.tenant == tenant, watched.c.seen_at >= naive(since))
    with engine.connect() as db:
        found = db.execute(query).scalar()
    return None if found is None else aware(found)


def one(engine: sa.Engine, seal: Seal, patient_key: str) -> Watched | None:
    """One followed patient; None when he is not, or no longer."""
    with engine.connect() as db:
        row = db.execute(sa.select(watched).where(watched.c.patient_key == patient_key)).first()
    ids = None if row is None else seal.open(row.sealed)
    return None if row is None or ids is None else Watched(row.tenant, patient_key, *ids)


def read_up_to(engine: sa.Engine, tenant: str, kind: str) -> datetime | None:
    """How far one kind of resource has been read; None = never."""
    query = sa.select(cursor.c.read_up_to).where(cursor.c.tenant == tenant, cursor.c.kind == kind)
    with engine.connect() as db:
        found = db.execute(query).scalar()
    return None if found is None else aware(found)


def advance(engine: sa.Engine, tenant: str, kind: str, to: datetime) -> None:
    """Read further; never back."""
    with engine.begin() as db:
        row = insert(db, cursor).values(tenant=tenant, kind=kind, read_up_to=naive(to))
        forth = row.on_conflict_do_update(
            index_elements=["tenant", "kind"], set_={"read_up_to": naive(to)}, where=cursor.c.read_up_to < naive(to)
        )
        db.execute(forth)


def forget_patient(db: sa.Connection, patient_key: str) -> None:
    """Follow this patient no longer."""
    db.execute(watched.delete().where(watched.c.patient_key == patient_key))


def forget_before(db: sa.Connection, instant: datetime) -> None:
    """Follow no longer whom nobody has looked at since."""
    db.execute(watched.delete().where(watched.c.seen_at < naive(instant)))
