"""Keep the exports that officers asked for, and how far each is.

Working data: a job is claimed by one worker at a time, and its row goes some months after its file.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009_export_job"
down_revision = "0008_check_run"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "export_job",
        sa.Column(
            "id", sa.String(36), nullable=False, comment="of the export, as in officer_action"
        ),
        sa.Column("site", sa.String(32), nullable=False),
        sa.Column("officer_id", sa.String(36), nullable=False),
        sa.Column("officer", sa.String(120), nullable=False),
        sa.Column("purpose", sa.String(16), nullable=False),
        sa.Column("reference", sa.Text(), nullable=True),
        sa.Column(
            "as_stored", sa.Boolean(), nullable=False, comment="pseudonyms are not keyed anew"
        ),
        sa.Column("form", sa.String(16), nullable=False),
        sa.Column("filter", sa.Text(), nullable=False, comment="JSON, as in the API"),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("worker", sa.String(36), nullable=True, comment="whoever makes it now"),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("beat_at", sa.BigInteger(), nullable=True, comment="when the worker was alive"),
        sa.Column("started_at", sa.BigInteger(), nullable=True),
        sa.Column("rows_expected", sa.BigInteger(), nullable=True),
        sa.Column("rows_done", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("rows", sa.BigInteger(), nullable=True),
        sa.Column("size", sa.BigInteger(), nullable=True),
        sa.Column("sha256", sa.String(64), nullable=True),
        sa.Column("expires_at", sa.BigInteger(), nullable=True, comment="when its file goes"),
        sa.Column("fault", sa.String(16), nullable=True),
        sa.Column("told", sa.Boolean(), nullable=False, comment="who asked knows that it ended"),
        sa.PrimaryKeyConstraint("id", name="pk_export_job"),
    )
    op.create_index("ix_export_job_site_id", "export_job", ["site", "id"])
    op.create_index("ix_export_job_state", "export_job", ["state"])
    op.create_index("ix_export_job_officer_id", "export_job", ["officer_id"])


def downgrade() -> None:
    op.drop_table("export_job")
