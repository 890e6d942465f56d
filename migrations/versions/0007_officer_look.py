"""Link what officers looked at to the records, so that a person can be told who looked.

The link is working data beside the actions, which name no visitor: it goes with its record.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007_officer_look"
down_revision = "0006_console"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "officer_look",
        sa.Column(
            "look", sa.String(36), nullable=False, comment="subject_id of the officer_action"
        ),
        sa.Column("event_id", sa.String(36), nullable=False),
        sa.PrimaryKeyConstraint("look", name="pk_officer_look"),
    )
    op.create_index("ix_officer_look_event_id", "officer_look", ["event_id"])


def downgrade() -> None:
    op.drop_table("officer_look")
