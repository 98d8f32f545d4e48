"""Predictions that await their outcome, and data that a clinician called wrong."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add both, and the drug that a card is about."""
    op.add_column("card", sa.Column("drug", sa.String(64)))
    op.create_table(
        "prediction",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("invocation_id", sa.String(36), sa.ForeignKey("invocation.id"), nullable=False),
        sa.Column("patient_key", sa.String(64)),
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("topic", sa.String(100)),
        sa.Column("drug", sa.String(64), nullable=False),
        sa.Column("option", sa.String(300), nullable=False),
        sa.Column("variable", sa.String(64), nullable=False),
        sa.Column("made_at", sa.DateTime, nullable=False),
        sa.Column("closes_at", sa.DateTime, nullable=False),
        sa.Column("version", sa.String(64), nullable=False),
        sa.Column("groups", sa.JSON, nullable=False),
        sa.Column("status", sa.String(10), nullable=False),
        sa.Column("why", sa.String(100)),
        sa.Column("lead_h", sa.Float),
        sa.Column("unit", sa.String(32)),
        sa.Column("error", sa.Float),
        sa.Column("relative", sa.Float),
        sa.Column("inside", sa.Boolean),
        sa.UniqueConstraint("invocation_id", "option", "variable"),
    )
    op.create_index("prediction_awaiting", "prediction", ["patient_key", "status"])
    op.create_index("ix_prediction_made_at", "prediction", ["made_at"])
    op.create_table(
        "questioned",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("patient_key", sa.String(64), nullable=False),
        sa.Column("card", sa.String(36), nullable=False),
        sa.Column("variable", sa.String(64), nullable=False),
        sa.Column("measured_at", sa.DateTime, nullable=False),
        sa.Column("value_digest", sa.String(64), nullable=False),
        sa.Column("said_at", sa.DateTime, nullable=False),
        sa.UniqueConstraint("card", "variable"),
    )
    op.create_index("ix_questioned_patient_key", "questioned", ["patient_key"])
    op.create_index("ix_questioned_said_at", "questioned", ["said_at"])


def downgrade() -> None:
    """Drop them."""
    op.drop_table("questioned")
    op.drop_table("prediction")
    op.drop_column("card", "drug")
