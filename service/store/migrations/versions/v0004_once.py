"""A complete answer is given once: two processes that answer the same call at the same time keep one."""

import hashlib

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Give every complete answer its digest; of answers that were kept twice the first has it."""
    op.add_column("invocation", sa.Column("once", sa.String(64)))
    _fill(op.get_bind())
    op.create_index("invocation_once", "invocation", ["once"], unique=True)
    op.drop_index("invocation_again", "invocation")
    op.create_index("invocation_at", "invocation", ["at"])
    op.create_index("ix_card_invocation_id", "card", ["invocation_id"])


def downgrade() -> None:
    """Take the digest away."""
    op.drop_index("ix_card_invocation_id", "card")
    op.drop_index("invocation_at", "invocation")
    op.create_index("invocation_again", "invocation", ["tenant", "body_digest", "hook_instance"])
    op.drop_index("invocation_once", "invocation")
    op.drop_column("invocation", "once")


def _fill(db: sa.Connection) -> None:
    names = ("id", "tenant", "hook_instance", "body_digest", "at", "once")
    whole: list[sa.ColumnClause[str]] = [sa.column(name, sa.String) for name in names]
    calls = sa.table("invocation", *whole, sa.column("status", sa.Integer), sa.column("partial", sa.Boolean))
    kept = sa.table("scenario", sa.column("invocation_id", sa.String))
    complete = sa.and_(calls.c.status == 200, sa.not_(calls.c.partial), calls.c.id.in_(sa.select(kept.c.invocation_id)))
    seen: set[str] = set()
    for row in db.execute(sa.select(calls).where(complete).order_by(calls.c.at)).all():
        text = "\x1f".join((row.tenant, row.hook_instance, row.body_digest))
        digest = hashlib.sha256(text.encode()).hexdigest()
        if digest not in seen:
            seen.add(digest)
            db.execute(calls.update().where(calls.c.id == row.id).values(once=digest))
