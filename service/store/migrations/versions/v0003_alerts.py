"""Every card a call deserved, shown or withheld, and what became of those withheld."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "alert",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("invocation_id", sa.String(36), sa.ForeignKey("invocation.id"), nullable=False),
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("patient_key", sa.String(64), nullable=False),
        sa.Column("hook", sa.String(64), nullable=False),
        sa.Column("at", sa.DateTime, nullable=False),
        sa.Column("card_uuid", sa.String(36)),
        sa.Column("rule", sa.String(100), nullable=False),
        sa.Column("indicator", sa.String(8), nullable=False),
        sa.Column("signs", sa.JSON, nullable=False),
        sa.Column("stay_key", sa.String(64)),
        sa.Column("withheld_by", sa.String(16)),
        sa.Column("reason", sa.Text),
        sa.Column("event", sa.String(32)),
        sa.Column("happened", sa.Boolean),
        sa.Column("card", sa.JSON),
    )
    op.create_index("alert_patient", "alert", ["patient_key", "at"])
    op.create_index("alert_card", "alert", ["card_uuid"])
    op.create_index("alert_call", "alert", ["invocation_id"])


def downgrade() -> None:
    """Drop it."""
    op.drop_table("alert")
