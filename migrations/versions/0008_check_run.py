"""Keep what the last checks of the service found, and count the acts that came late."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008_check_run"
down_revision = "0007_officer_look"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "check_run",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column(
            "asked_by",
            sa.String(120),
            nullable=True,
            comment="a person of the console; nothing for the daily check",
        ),
        sa.Column("asked_at", sa.BigInteger, nullable=False),
        sa.Column("started_at", sa.BigInteger, nullable=True),
        sa.Column("ended_at", sa.BigInteger, nullable=True),
        sa.Column("outcome", sa.String(16), nullable=True),
        sa.Column("result", sa.Text, nullable=True, comment="JSON"),
        sa.CheckConstraint("kind IN ('log', 'service')", name="kind_known"),
        sa.CheckConstraint(
            "outcome IN ('ok', 'warning', 'problem', 'failed', 'interrupted')",
            name="outcome_known",
        ),
        sa.CheckConstraint("(ended_at IS NULL) = (outcome IS NULL)", name="end_has_outcome"),
        sa.PrimaryKeyConstraint("id", name="pk_check_run"),
    )
    op.create_index("ix_check_run_kind_asked_at", "check_run", ["kind", "asked_at"])
    op.create_table(
        "late_total",
        sa.Column("site", sa.String(32), nullable=False),
        sa.Column("day", sa.String(8), nullable=False, comment="YYYYMMDD, UTC"),
        sa.Column("count", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("site", "day", name="pk_late_total"),
    )


def downgrade() -> None:
    op.drop_table("late_total")
    op.drop_table("check_run")
