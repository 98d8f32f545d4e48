"""Tokens already seen: a JWT is good once, in all processes that share the database."""

import hashlib
from datetime import UTC, datetime

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from service.store.tables import seen_token


def first_use(engine: sa.Engine, issuer: str, jti: str, expires_at: datetime, now: datetime) -> bool:
    """Remember a token id until it expires; False when it was there already. Only a digest of the id is kept."""
    digest = hashlib.sha256(jti.encode()).hexdigest()
    with engine.begin() as db:
        db.execute(seen_token.delete().where(seen_token.c.expires_at < now.astimezone(UTC).replace(tzinfo=None)))
    until = expires_at.astimezone(UTC).replace(tzinfo=None)
    try:
        with engine.begin() as db:
            db.execute(seen_token.insert().values(issuer=issuer, jti_digest=digest, expires_at=until))
    except IntegrityError:
        return False
    return True
