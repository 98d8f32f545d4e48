"""Twins that other processes may use."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the instants and the parts of twins."""
    op.create_table(
        "twin",
        sa.Column("patient_key", sa.String(64), primary_key=True),
        sa.Column("chart", sa.String(16), primary_key=True),
        sa.Column("version", sa.String(64), primary_key=True),
        sa.Column("at", sa.DateTime, nullable=False),
    )
    op.create_index("ix_twin_at", "twin", ["at"])
    op.create_table(
        "twin_part",
        sa.Column("patient_key", sa.String(64), primary_key=True),
        sa.Column("chart", sa.String(16), primary_key=True),
        sa.Column("version", sa.String(64), primary_key=True),
        sa.Column("at", sa.DateTime, primary_key=True),
        sa.Column("name", sa.String(100), primary_key=True),
        sa.Column("claimed_until", sa.DateTime, nullable=False),
        sa.Column("body", sa.LargeBinary),
    )
    op.create_index("ix_twin_part_at", "twin_part", ["at"])


def downgrade() -> None:
    """Drop them."""
    op.drop_table("twin_part")
    op.drop_table("twin")
