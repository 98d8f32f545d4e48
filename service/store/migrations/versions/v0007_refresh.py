"""Patients whose charts are followed, how far a server has been read, and work in the background."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the three."""
    op.create_table(
        "watched",
        sa.Column("patient_key", sa.String(64), primary_key=True),
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("sealed", sa.Text, nullable=False),
        sa.Column("seen_at", sa.DateTime, nullable=False),
    )
    op.create_index("watched_tenant", "watched", ["tenant", "seen_at"])
    op.create_table(
        "cursor",
        sa.Column("tenant", sa.String(64), primary_key=True),
        sa.Column("kind", sa.String(64), primary_key=True),
        sa.Column("read_up_to", sa.DateTime, nullable=False),
    )
    op.create_table(
        "job",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("due_at", sa.DateTime, nullable=False),
        sa.Column("claimed_until", sa.DateTime),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("again", sa.Boolean, nullable=False),
        sa.UniqueConstraint("kind", "key"),
    )
    op.create_index("job_due", "job", ["due_at"])


def downgrade() -> None:
    """Drop them."""
    for table in ("job", "cursor", "watched"):
        op.drop_table(table)
