"""Tokens already seen: a JWT is good once, in all processes that share the database."""

import hashlib
from datetime import datetime

import sqlalchemy as sa

from service.store.database import by_dialect, naive
from service.store.tables import seen_token

_UNLESS_SEEN = by_dialect(lambda insert: insert(seen_token).on_conflict_do_nothing().returning(seen_token.c.issuer))


def first_use(engine: sa.Engine, issuer: str, jti: str, expires_at: datetime) -> bool:
    """Remember a token id until it expires; False when it was there already. Only a digest of the id is kept."""
    digest = hashlib.sha256(jti.encode()).hexdigest()
    row = {"issuer": issuer, "jti_digest": digest, "expires_at": naive(expires_at)}
    with engine.begin() as db:
        return db.execute(_UNLESS_SEEN(db), row).first() is not None


def forget_expired(db: sa.Connection, now: datetime) -> None:
    """Delete the ids of tokens that no longer count."""
    db.execute(seen_token.delete().where(seen_token.c.expires_at < naive(now)))
