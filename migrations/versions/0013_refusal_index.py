"""Find the refusals whose time has come without reading everything that is older.

They have no subject, and lie among the grants in every other index.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013_refusal_index"
down_revision = "0012_report_delivery"
branch_labels = None
depends_on = None

_NAME = "ix_consent_event_without_subject"
_WITHOUT_SUBJECT = sa.text("subject IS NULL")


def upgrade() -> None:
    op.create_index(
        _NAME,
        "consent_event",
        ["id"],
        sqlite_where=_WITHOUT_SUBJECT,
        postgresql_where=_WITHOUT_SUBJECT,
    )


def downgrade() -> None:
    op.drop_index(_NAME, "consent_event")
