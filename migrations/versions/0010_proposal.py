"""Keep proposed publications and who approved them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010_proposal"
down_revision = "0009_export_job"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "proposal",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("site", sa.String(32), nullable=False),
        sa.Column(
            "digest",
            sa.String(64),
            nullable=False,
            comment="of all that is proposed; approvals name it",
        ),
        sa.Column(
            "base", sa.BigInteger(), nullable=False, comment="the publication it is to replace"
        ),
        sa.Column("source_name", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False, comment="the site's TOML file"),
        sa.Column("notice_hash", sa.String(64), nullable=False),
        sa.Column("notice", sa.Text(), nullable=False, comment="the document, canonical"),
        sa.Column("policy_version", sa.String(64), nullable=False),
        sa.Column("deployment", sa.Text(), nullable=False, comment="JSON, canonical"),
        sa.Column("findings", sa.Text(), nullable=False, comment="JSON: the gate's"),
        sa.Column(
            "is_measured", sa.Boolean(), nullable=False, comment="a browser measured the buttons"
        ),
        sa.Column("approvals", sa.Integer(), nullable=False, comment="how many it needs"),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("proposed_by", sa.String(120), nullable=False),
        sa.Column(
            "proposer_id", sa.String(36), comment="of the person, where it is one of the console"
        ),
        sa.Column("proposed_at", sa.BigInteger(), nullable=False),
        sa.Column("outcome", sa.String(16)),
        sa.Column("closed_by", sa.String(120)),
        sa.Column("closed_at", sa.BigInteger()),
        sa.Column("publication", sa.BigInteger(), comment="that came of it"),
        sa.CheckConstraint(
            "outcome IN ('published', 'declined', 'withdrawn', 'replaced')",
            name=op.f("ck_proposal_outcome_known"),
        ),
        sa.PrimaryKeyConstraint("id", name="pk_proposal"),
    )
    op.create_index("ix_proposal_site_id", "proposal", ["site", "id"])
    op.create_table(
        "proposal_answer",
        sa.Column("proposal_id", sa.String(36), nullable=False),
        sa.Column("officer_id", sa.String(36), nullable=False),
        sa.Column("officer", sa.String(120), nullable=False),
        sa.Column("answer", sa.String(8), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "answer IN ('approve', 'decline')", name=op.f("ck_proposal_answer_answer_known")
        ),
        sa.PrimaryKeyConstraint("proposal_id", "officer_id", name="pk_proposal_answer"),
    )
    op.create_table(
        "publication_act",
        sa.Column("publication", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("officer", sa.String(120), nullable=False),
        sa.Column("proposal_id", sa.String(36)),
        sa.Column("source_name", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("findings", sa.Text(), nullable=False),
        sa.Column("is_measured", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("publication", name="pk_publication_act"),
    )


def downgrade() -> None:
    op.drop_table("publication_act")
    op.drop_table("proposal_answer")
    op.drop_index("ix_proposal_site_id", "proposal")
    op.drop_table("proposal")
