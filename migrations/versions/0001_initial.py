"""All tables of the first version, and the triggers that hold evidence append-only.

An evidence row is never updated and never deleted. Each refusal is a trigger of its own, named
<table>_refuses_<operation>, so that a later migration can put a narrower one in the place of
<table>_refuses_delete. SQLite has one more per table: INSERT OR REPLACE deletes the row in its
way without asking the delete trigger.

Changing a table in batch mode on SQLite makes it anew, without its triggers: such a migration
has to make them again.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001_initial"
down_revision = None
branch_labels = None
depends_on = None

EVIDENCE_KEYS = {
    "consent_event": "id",
    "notice": "notice_hash",
    "policy": "version",
    "publication": "id",
    "log": "log_id",
    "officer_action": "id",
}

REFUSE_ON_POSTGRESQL = """
CREATE FUNCTION refuse_change_of_evidence() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is evidence: % is refused', TG_TABLE_NAME, TG_OP
    USING ERRCODE = 'restrict_violation';
END
$$
"""


def upgrade() -> None:
    create_evidence_tables()
    create_working_tables()
    if op.get_bind().dialect.name == "postgresql":
        op.execute(REFUSE_ON_POSTGRESQL)
        for table in EVIDENCE_KEYS:
            protect_on_postgresql(table)
    else:
        for table, key in EVIDENCE_KEYS.items():
            protect_on_sqlite(table, key)


def protect_on_postgresql(table: str) -> None:
    """ENABLE ALWAYS: `session_replication_role = replica` does not switch these off."""
    for operation, each in (("update", "ROW"), ("delete", "ROW"), ("truncate", "STATEMENT")):
        name = f"{table}_refuses_{operation}"
        op.execute(
            f"CREATE TRIGGER {name} BEFORE {operation.upper()} ON {table} "
            f"FOR EACH {each} EXECUTE FUNCTION refuse_change_of_evidence()"
        )
        op.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}")


def protect_on_sqlite(table: str, key: str) -> None:
    for operation in ("update", "delete"):
        op.execute(
            f"CREATE TRIGGER {table}_refuses_{operation} BEFORE {operation.upper()} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, "
            f"'{table} is evidence: {operation.upper()} is refused'); END"
        )
    op.execute(
        f"CREATE TRIGGER {table}_refuses_replace BEFORE INSERT ON {table} "  # noqa: S608 -- names
        f"WHEN EXISTS (SELECT 1 FROM {table} WHERE {key} = NEW.{key}) "
        f"BEGIN SELECT RAISE(ABORT, '{table} is evidence: {key} exists already'); END"
    )


def downgrade() -> None:
    """Remove everything; refuses while there is any evidence."""
    connection = op.get_bind()
    for table in EVIDENCE_KEYS:
        if connection.scalar(sa.select(sa.literal(1)).select_from(sa.table(table)).limit(1)):
            raise RuntimeError(f"{table} holds evidence; dropping it is refused")
    for table in (
        "officer_action",
        "officer",
        "refusal_total",
        "submission",
        "log_pending",
        "consent_event",
        "log",
        "publication",
        "policy",
        "notice",
    ):
        op.drop_table(table)
    if connection.dialect.name == "postgresql":
        op.execute("DROP FUNCTION refuse_change_of_evidence()")


def millis(name: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), nullable=nullable)


def create_evidence_tables() -> None:
    for table, key in (("notice", "notice_hash"), ("policy", "version")):
        scope = [sa.Column("scope_hash", sa.String(64), nullable=False)]
        op.create_table(
            table,
            sa.Column(key, sa.String(64), nullable=False),
            sa.Column("site", sa.String(32), nullable=False),
            *(scope if table == "notice" else []),
            sa.Column("document", sa.Text(), nullable=False),
            millis("stored_at"),
            sa.PrimaryKeyConstraint(key, name=f"pk_{table}"),
        )
    op.create_table(
        "publication",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("site", sa.String(32), nullable=False),
        sa.Column("notice_hash", sa.String(64), nullable=False),
        sa.Column("scope_hash", sa.String(64), nullable=False),
        sa.Column("policy_version", sa.String(64), nullable=False),
        sa.Column(
            "deployment",
            sa.Text(),
            nullable=False,
            comment="origins, service_url, log and other settings, as JSON",
        ),
        millis("published_at"),
        sa.PrimaryKeyConstraint("id", name="pk_publication"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_publication_site_id", "publication", ["site", "id"])
    op.create_table(
        "log",
        sa.Column("log_id", sa.String(64), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        millis("created_at"),
        sa.PrimaryKeyConstraint("log_id", name="pk_log"),
    )
    create_consent_event()
    op.create_table(
        "officer_action",
        sa.Column("id", sa.String(36), nullable=False),
        millis("at"),
        sa.Column("officer", sa.String(120), nullable=False),
        sa.Column("action", sa.String(32), nullable=False),
        sa.Column("subject_id", sa.String(36), nullable=False, comment="an export, …"),
        sa.Column("detail", sa.Text(), nullable=False, comment="JSON: filter, count, digest"),
        sa.PrimaryKeyConstraint("id", name="pk_officer_action"),
    )
    op.create_index("ix_officer_action_subject_id", "officer_action", ["subject_id"])


def create_consent_event() -> None:
    op.create_table(
        "consent_event",
        sa.Column("id", sa.String(36), nullable=False),
        millis("at"),
        sa.Column("site", sa.String(32), nullable=False),
        sa.Column("event", sa.String(16), nullable=False),
        sa.Column("choices", sa.Text(), nullable=False, comment="JSON"),
        sa.Column("control", sa.String(16), nullable=False),
        sa.Column("layer", sa.String(8), nullable=False),
        sa.Column("language", sa.String(16), nullable=False),
        sa.Column("notice", sa.String(64), nullable=False),
        sa.Column("scope", sa.String(64), nullable=False),
        sa.Column("build", sa.String(64), nullable=False),
        millis("valid_until"),
        sa.Column("page_group", sa.String(32), nullable=True),
        sa.Column("prev", sa.String(36), nullable=True),
        sa.Column("subject", sa.String(64), nullable=True),
        sa.Column("gpc", sa.Boolean(), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.Column("entry", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("length(salt) = 64", name=op.f("ck_consent_event_salt_length")),
        sa.CheckConstraint("length(entry) = 32", name=op.f("ck_consent_event_entry_length")),
        sa.CheckConstraint(
            "event IN ('granted', 'partly_granted', 'refused', 'withdrawn', 'renewed')",
            name=op.f("ck_consent_event_event_known"),
        ),
        sa.CheckConstraint(
            "event <> 'refused' OR subject IS NULL",
            name=op.f("ck_consent_event_refusal_has_no_subject"),
        ),
        sa.CheckConstraint(
            "prev IS NULL OR subject IS NOT NULL", name=op.f("ck_consent_event_prev_has_subject")
        ),
        sa.PrimaryKeyConstraint("id", name="pk_consent_event"),
    )
    op.create_index("ix_consent_event_subject_id", "consent_event", ["subject", "id"])
    op.create_index("ix_consent_event_site_id", "consent_event", ["site", "id"])
    op.create_index("ix_consent_event_at", "consent_event", ["at"])


def create_working_tables() -> None:
    op.create_table(
        "log_pending",
        sa.Column("event_id", sa.String(36), nullable=False),
        sa.Column("log_id", sa.String(64), nullable=False),
        sa.Column("entry", sa.LargeBinary(), nullable=False),
        millis("enqueued_at"),
        sa.PrimaryKeyConstraint("event_id", name="pk_log_pending"),
    )
    op.create_index("ix_log_pending_log_id_event_id", "log_pending", ["log_id", "event_id"])
    op.create_table(
        "submission",
        sa.Column("key", sa.String(64), nullable=False, comment="keyed hash of the id"),
        sa.Column("content", sa.String(64), nullable=False, comment="keyed digest of the rest"),
        sa.Column(
            "presented",
            sa.String(64),
            nullable=False,
            comment="digest of the choice cookie the act came with",
        ),
        sa.Column("event_id", sa.String(36), nullable=True),
        sa.Column(
            "answer",
            sa.Text(),
            nullable=True,
            comment="JSON, only where no event was stored (count mode)",
        ),
        millis("answered_at"),
        sa.PrimaryKeyConstraint("key", name="pk_submission"),
    )
    op.create_index("ix_submission_answered_at", "submission", ["answered_at"])
    op.create_table(
        "refusal_total",
        sa.Column("site", sa.String(32), nullable=False),
        sa.Column("day", sa.String(8), nullable=False, comment="YYYYMMDD, UTC"),
        sa.Column("notice", sa.String(64), nullable=False),
        sa.Column("language", sa.String(16), nullable=False),
        sa.Column("layer", sa.String(8), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint(
            "site", "day", "notice", "language", "layer", name="pk_refusal_total"
        ),
    )
    op.create_table(
        "officer",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.Column("sites", sa.Text(), nullable=False, comment='JSON list, ["*"]: all'),
        millis("created_at"),
        millis("revoked_at", nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_officer"),
        sa.UniqueConstraint("name", name="uq_officer_name"),
        sa.UniqueConstraint("token_hash", name="uq_officer_token_hash"),
    )
