"""Tokens already seen: a JWT is good once, in all processes that share the database."""

import hashlib
from datetime import datetime

import sqlalchemy as sa

from service.store.database import insert, naive
from service.store.tables import seen_token


def first_use(engine: sa.Engine, issuer: str, jti: str, expires_at: datetime) -> bool:
    """Remember a token id until it expires; False when it was there already. Only a digest of the id is kept."""
    digest = hashlib.sha256(jti.encode()).hexdigest()
    with engine.begin() as db:
        row = insert(db, seen_token).values(issuer=issuer, jti_digest=digest, expires_at=naive(expires_at))
        return db.execute(row.on_conflict_do_nothing().returning(seen_token.c.issuer)).first() is not None


def forget_expired(db: sa.Connection, now: datetime) -> None:
    """Delete the ids of tokens that no longer count."""
    db.execute(seen_token.delete().where(seen_token.c.expires_at < naive(now)))
