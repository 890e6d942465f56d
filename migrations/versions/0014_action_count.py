"""Keep the signed count of officers' acts for each batch of a log that has any.

Logs whose acts were sealed before have none for them: the first count of each begins with what
is there.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014_action_count"
down_revision = "0013_refusal_index"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "action_count",
        sa.Column("log_id", sa.String(64), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("actions", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False, comment="when it was signed"),
        sa.Column("note", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("log_id", "size", name="pk_action_count"),
    )


def downgrade() -> None:
    op.drop_table("action_count")
