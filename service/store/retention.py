"""How long patient data stay: every table is asked here, so that none is forgotten to be asked."""

from datetime import datetime, timedelta

import sqlalchemy as sa

from service.store import audit, feedback, predictions, questioned, snapshots, tokens, watched

LONGEST_FOLLOWED = timedelta(hours=72)
LATE_CHARTING = timedelta(days=2)
"""A value may be charted this long after it was measured; then its prediction stays without outcome."""


def keep_to(engine: sa.Engine, days: int, now: datetime) -> int:
    """Delete the patient data that are older than so many days, and what has no use any more. Returns how many calls lost
    theirs."""
    oldest = now - timedelta(days=days)
    predictions.expire(engine, now - LATE_CHARTING)
    with engine.begin() as db:
        predictions.forget_before(db, oldest)
        questioned.forget_before(db, oldest)
        feedback.forget_comments_before(db, oldest)
        tokens.forget_expired(db, now)
        watched.forget_before(db, now - LONGEST_FOLLOWED)
        snapshots.forget_before(db, now - snapshots.GOOD_FOR)
        return audit.forget_before(db, oldest)


def forget_patient(engine: sa.Engine, patient_key: str) -> int:
    """Delete what is stored of one patient; digests, timings, topics and answers to cards stay, under a hash that nothing leads
    to. Returns how many calls lost their data."""
    with engine.begin() as db:
        predictions.forget_patient(db, patient_key)
        questioned.forget_patient(db, patient_key)
        snapshots.forget_patient(db, patient_key)
        watched.forget_patient(db, patient_key)
        count = audit.forget_patient(db, patient_key)
    if engine.dialect.name == "sqlite":
        with engine.connect() as db:
            db.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    return count
