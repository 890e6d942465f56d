"""Let evidence of consent end: a queue of what may be deleted, and a record of what was.

From here on consent_event lets a row go if disposal_queue names it, and no other. The queue is
working data; a disposal is evidence itself, append-only as the rest.
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
        for operation, each in (("update", "ROW"), ("delete", "ROW"), ("truncate", "STATEMENT")):
            protect_on_postgresql("disposal", operation, each, "refuse_change_of_evidence")
        op.execute(REFUSE_UNQUEUED_ON_POSTGRESQL)
        op.execute(f"DROP TRIGGER {DELETE_TRIGGER} ON consent_event")
        protect_on_postgresql("consent_event", "delete", "ROW", "refuse_delete_of_unqueued")
        return
    for operation in ("update", "delete"):
        refuse_on_sqlite("disposal", operation)
    op.execute(
        "CREATE TRIGGER disposal_refuses_replace BEFORE INSERT ON disposal "
        "WHEN EXISTS (SELECT 1 FROM disposal WHERE id = NEW.id) "
        "BEGIN SELECT RAISE(ABORT, 'disposal is evidence: id exists already'); END"
    )
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
        "disposal",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(32), nullable=False),
        sa.Column("policy", sa.Text(), nullable=False, comment="the rule, in words"),
        sa.Column("role", sa.String(16), nullable=False, comment="service or operator"),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.CheckConstraint(REASONS, name=op.f("ck_disposal_reason_known")),
        sa.PrimaryKeyConstraint("id", name="pk_disposal"),
    )


def protect_on_postgresql(table: str, operation: str, each: str, function: str) -> None:
    """ENABLE ALWAYS: `session_replication_role = replica` does not switch these off."""
    name = f"{table}_refuses_{operation}"
    op.execute(
        f"CREATE TRIGGER {name} BEFORE {operation.upper()} ON {table} "
        f"FOR EACH {each} EXECUTE FUNCTION {function}()"
    )
    op.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}")


def refuse_on_sqlite(table: str, operation: str) -> None:
    op.execute(
        f"CREATE TRIGGER {table}_refuses_{operation} BEFORE {operation.upper()} ON {table} "
        f"BEGIN SELECT RAISE(ABORT, '{table} is evidence: {operation.upper()} is refused'); END"
    )


def downgrade() -> None:
    """Take disposal out again; refused while rows wait for it or were removed by it."""
    connection = op.get_bind()
    for table, held in (("disposal", "evidence"), ("disposal_queue", "rows to be removed")):
        if connection.scalar(sa.select(sa.literal(1)).select_from(sa.table(table)).limit(1)):
            raise RuntimeError(f"{table} holds {held}; dropping it is refused")
    if connection.dialect.name == "postgresql":
        op.execute(f"DROP TRIGGER {DELETE_TRIGGER} ON consent_event")
        op.execute("DROP FUNCTION refuse_delete_of_unqueued()")
        protect_on_postgresql("consent_event", "delete", "ROW", "refuse_change_of_evidence")
    else:
        op.execute(f"DROP TRIGGER {DELETE_TRIGGER}")
        refuse_on_sqlite("consent_event", "delete")
    op.drop_table("disposal")
    op.drop_table("disposal_queue")
