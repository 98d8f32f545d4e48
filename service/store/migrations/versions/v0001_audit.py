"""The audit of calls, feedback, and tokens seen."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the first tables."""
    op.create_table(
        "invocation",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("hook", sa.String(64), nullable=False),
        sa.Column("hook_instance", sa.String(2048), nullable=False),
        sa.Column("body_digest", sa.String(64), nullable=False),
        sa.Column("patient_key", sa.String(64), nullable=False),
        sa.Column("at", sa.DateTime, nullable=False),
        sa.Column("status", sa.Integer, nullable=False),
        sa.Column("reasons", sa.JSON, nullable=False),
        sa.Column("partial", sa.Boolean, nullable=False),
        sa.Column("ms", sa.Float, nullable=False),
        sa.Column("versions", sa.JSON, nullable=False),
    )
    op.create_index("invocation_again", "invocation", ["tenant", "body_digest", "hook_instance"])
    op.create_index("invocation_patient", "invocation", ["patient_key", "at"])
    op.create_table(
        "card",
        sa.Column("uuid", sa.String(36), primary_key=True),
        sa.Column("invocation_id", sa.String(36), sa.ForeignKey("invocation.id"), primary_key=True),
        sa.Column("topic", sa.String(100), nullable=False),
        sa.Column("indicator", sa.String(8), nullable=False),
        sa.Column("once_key", sa.String(64)),
    )
    op.create_table(
        "audit",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("invocation_id", sa.String(36), sa.ForeignKey("invocation.id"), nullable=False),
        sa.Column("scenario_digest", sa.String(64)),
        sa.Column("answer_digest", sa.String(64), nullable=False),
        sa.Column("previous", sa.String(64), nullable=False, unique=True),
        sa.Column("chained", sa.String(64), nullable=False, unique=True),
    )
    op.create_table(
        "scenario",
        sa.Column("invocation_id", sa.String(36), sa.ForeignKey("invocation.id"), primary_key=True),
        sa.Column("at", sa.DateTime, nullable=False),
        sa.Column("scenario", sa.Text),
        sa.Column("answer", sa.Text, nullable=False),
    )
    op.create_index("ix_scenario_at", "scenario", ["at"])
    op.create_table(
        "feedback",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("card", sa.String(64), nullable=False),
        sa.Column("outcome", sa.String(16), nullable=False),
        sa.Column("outcome_at", sa.String(64), nullable=False),
        sa.Column("suggestions", sa.JSON, nullable=False),
        sa.Column("reason_system", sa.String(255)),
        sa.Column("reason_code", sa.String(255)),
        sa.Column("comment", sa.Text),
        sa.Column("known_card", sa.Boolean, nullable=False),
        sa.Column("received_at", sa.DateTime, nullable=False),
        sa.UniqueConstraint("tenant", "card", "outcome", "outcome_at"),
    )
    op.create_table(
        "seen_token",
        sa.Column("issuer", sa.String(255), primary_key=True),
        sa.Column("jti_digest", sa.String(64), primary_key=True),
        sa.Column("expires_at", sa.DateTime, nullable=False),
    )
    op.create_index("ix_seen_token_expires_at", "seen_token", ["expires_at"])


def downgrade() -> None:
    """Drop the first tables."""
    for table in ("seen_token", "feedback", "scenario", "audit", "card", "invocation"):
        op.drop_table(table)
