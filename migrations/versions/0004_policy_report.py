"""Count what the Content-Security-Policy of a site's pages kept out: by day, and about nobody.

The table is working data: counts, which end after some weeks.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004_policy_report"
down_revision = "0003_log"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "policy_report",
        sa.Column("site", sa.String(32), nullable=False),
        sa.Column("day", sa.String(8), nullable=False, comment="YYYYMMDD, UTC"),
        sa.Column("directive", sa.String(32), nullable=False),
        sa.Column(
            "blocked", sa.String(255), nullable=False, comment="a host, or a kind in brackets"
        ),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("site", "day", "directive", "blocked", name="pk_policy_report"),
    )


def downgrade() -> None:
    op.drop_table("policy_report")
