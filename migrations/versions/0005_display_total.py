"""Count displays of the banner and acts by day, for reports; about nobody.

These are totals, kept for as long as the installation: they hold no identifier.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005_display_total"
down_revision = "0004_policy_report"
branch_labels = None
depends_on = None

_PLACE = ("site", "day", "notice", "language")
_KIND = ("event", "control", "layer", "is_first", "choices")


def upgrade() -> None:
    op.create_table(
        "display_total",
        *_place(),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint(*_PLACE, name="pk_display_total"),
    )
    op.create_table(
        "event_total",
        *_place(),
        sa.Column("event", sa.String(16), nullable=False),
        sa.Column("control", sa.String(16), nullable=False),
        sa.Column("layer", sa.String(8), nullable=False),
        sa.Column("is_first", sa.Boolean(), nullable=False, comment="no event before it is known"),
        sa.Column("choices", sa.String(1024), nullable=False, comment="JSON, as in consent_event"),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint(*_PLACE, *_KIND, name="pk_event_total"),
    )
    op.create_table(
        "event_day",
        sa.Column("day", sa.String(8), nullable=False, comment="YYYYMMDD, UTC"),
        sa.Column("counted_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("day", name="pk_event_day"),
    )


def downgrade() -> None:
    op.drop_table("event_day")
    op.drop_table("event_total")
    op.drop_table("display_total")


def _place() -> tuple[sa.Column[str], ...]:
    return (
        sa.Column("site", sa.String(32), nullable=False),
        sa.Column("day", sa.String(8), nullable=False, comment="YYYYMMDD, UTC"),
        sa.Column("notice", sa.String(64), nullable=False),
        sa.Column("language", sa.String(16), nullable=False),
    )
