"""Keep which regular report was sent to whom."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012_report_delivery"
down_revision = "0011_sealed_action"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "report_delivery",
        sa.Column("month", sa.String(7), nullable=False, comment="YYYY-MM, UTC"),
        sa.Column("site", sa.String(32), nullable=False),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column(
            "recipient",
            sa.String(320),
            nullable=False,
            comment="an officer's address, or the host of a webhook",
        ),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("next_try_at", sa.BigInteger, nullable=False),
        sa.Column(
            "claimed_until",
            sa.BigInteger,
            comment="while a process sends it; afterwards another one may",
        ),
        sa.Column("sent_at", sa.BigInteger),
        sa.Column("error", sa.Text, nullable=False, comment="of the last try; else empty"),
        sa.PrimaryKeyConstraint("month", "site", "kind", "recipient", name="pk_report_delivery"),
        sa.CheckConstraint(
            "kind IN ('mail', 'webhook')", name=op.f("ck_report_delivery_kind_known")
        ),
    )


def downgrade() -> None:
    op.drop_table("report_delivery")
