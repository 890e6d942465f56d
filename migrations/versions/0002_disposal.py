"""Let evidence of consent end: a queue of what may be deleted, a list of what is restricted.

From here on consent_event lets a row go if disposal_queue names it, and no other. Both tables
are working data.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002_disposal"
down_revision = "0001_initial"
branch_labels = None
depends_on = None

REASONS = "reason IN ('erasure', 'retention_grant', 'retention_refusal')"
DELETE_TRIGGER = "consent_event_refuses_delete"

REFUSE_UNQUEUED_ON_POSTGRESQL = """
CREATE FUNCTION refuse_delete_of_unqueued() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM disposal_queue WHERE event_id = OLD.id) THEN
    RETURN OLD;
  END IF;
  RAISE EXCEPTION '% is evidence: % is refused', TG_TABLE_NAME, TG_OP
    USING ERRCODE = 'restrict_violation';
END
$$
"""

REFUSE_UNQUEUED_ON_SQLITE = """
CREATE TRIGGER consent_event_refuses_delete BEFORE DELETE ON consent_event
WHEN NOT EXISTS (SELECT 1 FROM disposal_queue WHERE event_id = OLD.id)
BEGIN SELECT RAISE(ABORT, 'consent_event is evidence: DELETE is refused'); END
"""


def upgrade() -> None:
    create_tables()
    if op.get_bind().dialect.name == "postgresql":
        op.execute(REFUSE_UNQUEUED_ON_POSTGRESQL)
        op.execute(f"DROP TRIGGER {DELETE_TRIGGER} ON consent_event")
        refuse_delete_on_postgresql("refuse_delete_of_unqueued")
        return
    op.execute(f"DROP TRIGGER {DELETE_TRIGGER}")
    op.execute(REFUSE_UNQUEUED_ON_SQLITE)


def create_tables() -> None:
    op.create_table(
        "disposal_queue",
        sa.Column("event_id", sa.String(36), nullable=False),
        sa.Column("reason", sa.String(32), nullable=False),
        sa.Column("queued_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(REASONS, name=op.f("ck_disposal_queue_reason_known")),
        sa.PrimaryKeyConstraint("event_id", name="pk_disposal_queue"),
    )
    op.create_table(
        "restriction",
        sa.Column("event_id", sa.String(36), nullable=False),
        sa.Column("restricted_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("event_id", name="pk_restriction"),
    )


def refuse_delete_on_postgresql(function: str) -> None:
    """ENABLE ALWAYS: `session_replication_role = replica` does not switch this off."""
    op.execute(
        f"CREATE TRIGGER {DELETE_TRIGGER} BEFORE DELETE ON consent_event "
        f"FOR EACH ROW EXECUTE FUNCTION {function}()"
    )
    op.execute(f"ALTER TABLE consent_event ENABLE ALWAYS TRIGGER {DELETE_TRIGGER}")


def downgrade() -> None:
    """Take disposal out again; refused while rows wait for it or are restricted."""
    connection = op.get_bind()
    for table, held in (("restriction", "restrictions"), ("disposal_queue", "rows to be removed")):
        if connection.scalar(sa.select(sa.literal(1)).select_from(sa.table(table)).limit(1)):
            raise RuntimeError(f"{table} holds {held}; dropping it is refused")
    if connection.dialect.name == "postgresql":
        op.execute(f"DROP TRIGGER {DELETE_TRIGGER} ON consent_event")
        op.execute("DROP FUNCTION refuse_delete_of_unqueued()")
        refuse_delete_on_postgresql("refuse_change_of_evidence")
    else:
        op.execute(f"DROP TRIGGER {DELETE_TRIGGER}")
        op.execute(
            f"CREATE TRIGGER {DELETE_TRIGGER} BEFORE DELETE ON consent_event "
            f"BEGIN SELECT RAISE(ABORT, 'consent_event is evidence: DELETE is refused'); END"
        )
    op.drop_table("restriction")
    op.drop_table("disposal_queue")
