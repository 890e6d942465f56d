"""The tamper-evident log: its own records, its tree, signed heads, anchors and public keys.

With it come the builds and pictures of what was shown, which the log's records name.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003_log"
down_revision = "0002_disposal"
branch_labels = None
depends_on = None

EVIDENCE_KEYS = {"log_record": "id", "build": "digest", "picture": "id"}
TABLES = (
    "picture",
    "build",
    "log_key",
    "log_anchor",
    "log_checkpoint",
    "log_state",
    "log_tile",
    "log_index",
    "log_record",
)


def upgrade() -> None:
    create_records()
    create_tree()
    create_heads()
    create_what_was_shown()
    protect = protect_on_sqlite
    if op.get_bind().dialect.name == "postgresql":
        protect = protect_on_postgresql
        # Tiles are hashes: nothing to compress, and growing ones are rewritten with every batch.
        op.execute("ALTER TABLE log_tile ALTER COLUMN data SET STORAGE EXTERNAL")
    for table, key in EVIDENCE_KEYS.items():
        protect(table, key)


def protect_on_postgresql(table: str, key: str) -> None:  # noqa: ARG001 -- as for SQLite
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
    """Remove the log; refused while it has any record."""
    connection = op.get_bind()
    for table in EVIDENCE_KEYS:
        if connection.scalar(sa.select(sa.literal(1)).select_from(sa.table(table)).limit(1)):
            raise RuntimeError(f"{table} holds evidence; dropping it is refused")
    for table in TABLES:
        op.drop_table(table)


def number(name: str, *, comment: str | None = None, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), nullable=nullable, comment=comment)


def text(name: str, length: int | None = None, *, comment: str | None = None) -> sa.Column[str]:
    kind = sa.Text() if length is None else sa.String(length)
    return sa.Column(name, kind, nullable=False, comment=comment)


def binary(name: str) -> sa.Column[bytes]:
    return sa.Column(name, sa.LargeBinary(), nullable=False)


def check(table: str, name: str, condition: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(condition, name=op.f(f"ck_{table}_{name}"))


def create_records() -> None:
    op.create_table(
        "log_record",
        text("id", 36),
        text("log_id", 64),
        text("type", 16),
        number("at"),
        text("payload"),
        binary("salt"),
        binary("entry"),
        check(
            "log_record",
            "type_known",
            "type IN ('config', 'disposal', 'key', 'recovery', 'epoch')",
        ),
        check("log_record", "salt_length", "length(salt) = 64"),
        check("log_record", "entry_length", "length(entry) = 32"),
        sa.PrimaryKeyConstraint("id", name="pk_log_record"),
    )
    op.create_index("ix_log_record_log_id_type_id", "log_record", ["log_id", "type", "id"])


def create_tree() -> None:
    op.create_table(
        "log_index",
        text("event_id", 36),
        text("log_id", 64),
        number("leaf_index"),
        sa.PrimaryKeyConstraint("event_id", name="pk_log_index"),
        sa.UniqueConstraint("log_id", "leaf_index", name="uq_log_index_log_id_leaf_index"),
    )
    op.create_table(
        "log_tile",
        text("log_id", 64),
        sa.Column("level", sa.SmallInteger(), nullable=False),
        number("n"),
        binary("data"),
        sa.PrimaryKeyConstraint("log_id", "level", "n", name="pk_log_tile"),
    )
    op.create_table(
        "log_state",
        text("log_id", 64),
        number("size"),
        binary("root"),
        text("status", 16),
        text("detail", comment="why it is not signed"),
        number("since", comment="of the status"),
        check("log_state", "status_known", "status IN ('ok', 'tampered', 'rolled_back', 'forked')"),
        sa.PrimaryKeyConstraint("log_id", name="pk_log_state"),
    )


def create_heads() -> None:
    op.create_table(
        "log_checkpoint",
        text("log_id", 64),
        number("size"),
        number("created"),
        text("note"),
        sa.Column("published", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("log_id", "size", "created", name="pk_log_checkpoint"),
    )
    op.create_table(
        "log_anchor",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        text("log_id", 64),
        number("size"),
        number("created", comment="of the checkpoint"),
        text("kind", 16),
        text("name", comment="witness, authority, address"),
        binary("blob"),
        number("at"),
        check("log_anchor", "kind_known", "kind IN ('witness', 'rfc3161', 'url', 'mail')"),
        sa.PrimaryKeyConstraint("id", name="pk_log_anchor"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_log_anchor_log_id_size", "log_anchor", ["log_id", "size"])
    op.create_index("ix_log_anchor_log_id_kind_size", "log_anchor", ["log_id", "kind", "size"])
    op.create_table(
        "log_key",
        text("log_id", 64),
        text("vkey", 400),
        text("role", 8),
        number("added_at"),
        number("retired_at", nullable=True),
        check("log_key", "role_known", "role IN ('log', 'clock', 'receipt')"),
        sa.PrimaryKeyConstraint("log_id", "vkey", name="pk_log_key"),
    )


def create_what_was_shown() -> None:
    op.create_table(
        "build",
        text("digest", 64),
        text("kind", 8),
        binary("content"),
        number("stored_at"),
        check("build", "kind_known", "kind IN ('script', 'page')"),
        sa.PrimaryKeyConstraint("digest", name="pk_build"),
    )
    op.create_table(
        "picture",
        text("id", 36),
        text("notice_hash", 64),
        text("build", 64),
        text("language", 16),
        text("layer", 8),
        text("viewport", 16, comment="phone or desktop"),
        text("media_type", 32),
        text("sha256", 64),
        binary("content"),
        number("taken_at"),
        sa.PrimaryKeyConstraint("id", name="pk_picture"),
    )
    op.create_index("ix_picture_notice_hash", "picture", ["notice_hash"])
