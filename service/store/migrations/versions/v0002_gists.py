"""What a card claimed, so that an answered card is recognised when the same order comes again."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the fingerprint of the order and the gist of the card."""
    op.add_column("card", sa.Column("fingerprint", sa.String(64)))
    op.add_column("card", sa.Column("gist", sa.JSON))
    op.create_index("feedback_card", "feedback", ["tenant", "card"])


def downgrade() -> None:
    """Drop them."""
    op.drop_index("feedback_card", "feedback")
    op.drop_column("card", "gist")
    op.drop_column("card", "fingerprint")
