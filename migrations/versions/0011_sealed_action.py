"""Seal what officers did into the log.

Each action gets its site, where it has one, and a record of its own. What was done before is
sealed once, as of now: its records say in `acted_at` when it was done. From here on an action may
go when the queue names it, and no other.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import time
from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0011_sealed_action"
down_revision = "0010_proposal"
branch_labels = None
depends_on = None

EVIDENCE = "sealed_action"
INDEXES = (("site", "id"), ("site", "officer", "id"), ("site", "action", "id"))
INDEXES_OF_ALL = (("officer", "id"), ("action", "id"))
OF_PEOPLE = ("session", "account", "person", "officer")
MAX_DETAIL_BYTES = 6_000
BLOCK = 2_000

REFUSE_ON_POSTGRESQL = """
CREATE FUNCTION refuse_delete_of_kept_action() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM action_queue WHERE action_id = OLD.id) THEN
    RETURN OLD;
  END IF;
  RAISE EXCEPTION '% is evidence: % is refused', TG_TABLE_NAME, TG_OP
    USING ERRCODE = 'restrict_violation';
END
$$
"""


def upgrade() -> None:
    create_tables()
    op.add_column(
        "officer_action",
        sa.Column("site", sa.String(32), nullable=True, comment='"*": several or all'),
    )
    drop_trigger("officer_action", "update")
    give_sites()
    refuse("officer_action", "update")
    for columns in (*INDEXES, *INDEXES_OF_ALL):
        op.create_index("_".join(("ix_officer_action", *columns)), "officer_action", list(columns))
    seal_earlier()
    drop_trigger("officer_action", "delete")
    if is_postgresql():
        op.execute(REFUSE_ON_POSTGRESQL)
    for table in ("officer_action", EVIDENCE):
        refuse_delete_of_kept(table)
    refuse(EVIDENCE, "update")
    refuse_replacement(EVIDENCE)


def downgrade() -> None:
    """Leave actions unsealed; refused while any was sealed."""
    connection = op.get_bind()
    if connection.scalar(sa.select(sa.literal(1)).select_from(sa.table(EVIDENCE)).limit(1)):
        raise RuntimeError(f"{EVIDENCE} holds evidence; dropping it is refused")
    drop_trigger("officer_action", "delete")
    op.drop_table(EVIDENCE)
    op.drop_table("action_queue")
    if is_postgresql():
        op.execute("DROP FUNCTION refuse_delete_of_kept_action()")
    refuse("officer_action", "delete")
    for columns in (*INDEXES, *INDEXES_OF_ALL):
        op.drop_index("_".join(("ix_officer_action", *columns)), "officer_action")
    op.drop_column("officer_action", "site")


def create_tables() -> None:
    op.create_table(
        EVIDENCE,
        sa.Column("id", sa.String(36), nullable=False, comment="of the officer_action"),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.Column("entry", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("length(salt) = 64", name=op.f("ck_sealed_action_salt_length")),
        sa.CheckConstraint("length(entry) = 32", name=op.f("ck_sealed_action_entry_length")),
        sa.PrimaryKeyConstraint("id", name="pk_sealed_action"),
    )
    op.create_table(
        "action_queue",
        sa.Column("action_id", sa.String(36), nullable=False),
        sa.PrimaryKeyConstraint("action_id", name="pk_action_queue"),
    )


def is_postgresql() -> bool:
    return op.get_bind().dialect.name == "postgresql"


def drop_trigger(table: str, operation: str) -> None:
    on_table = f" ON {table}" if is_postgresql() else ""
    op.execute(f"DROP TRIGGER {table}_refuses_{operation}{on_table}")


def refuse(table: str, operation: str) -> None:
    name = f"{table}_refuses_{operation}"
    if is_postgresql():
        each = "STATEMENT" if operation == "truncate" else "ROW"
        op.execute(
            f"CREATE TRIGGER {name} BEFORE {operation.upper()} ON {table} "
            f"FOR EACH {each} EXECUTE FUNCTION refuse_change_of_evidence()"
        )
        op.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}")
        return
    op.execute(
        f"CREATE TRIGGER {name} BEFORE {operation.upper()} ON {table} "
        f"BEGIN SELECT RAISE(ABORT, '{table} is evidence: {operation.upper()} is refused'); END"
    )


def refuse_delete_of_kept(table: str) -> None:
    name = f"{table}_refuses_delete"
    if is_postgresql():
        op.execute(
            f"CREATE TRIGGER {name} BEFORE DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION refuse_delete_of_kept_action()"
        )
        op.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}")
        return
    op.execute(
        f"CREATE TRIGGER {name} BEFORE DELETE ON {table} "  # noqa: S608 -- names
        "WHEN NOT EXISTS (SELECT 1 FROM action_queue WHERE action_id = OLD.id) "
        f"BEGIN SELECT RAISE(ABORT, '{table} is evidence: DELETE is refused'); END"
    )


def refuse_replacement(table: str) -> None:
    """What no trigger on single rows sees: TRUNCATE, and INSERT OR REPLACE on SQLite."""
    if is_postgresql():
        refuse(table, "truncate")
        return
    op.execute(
        f"CREATE TRIGGER {table}_refuses_replace BEFORE INSERT ON {table} "  # noqa: S608 -- names
        f"WHEN EXISTS (SELECT 1 FROM {table} WHERE id = NEW.id) "
        f"BEGIN SELECT RAISE(ABORT, '{table} is evidence: id exists already'); END"
    )


def in_blocks(columns: str) -> Iterator[Sequence[Any]]:
    """Give all actions, oldest first, so many at once: there may be more than memory holds."""
    query = sa.text(
        f"SELECT {columns} FROM officer_action "  # noqa: S608 -- names
        "WHERE id > :last ORDER BY id LIMIT :block"
    )
    last = ""
    while rows := op.get_bind().execute(query, {"last": last, "block": BLOCK}).all():
        yield rows
        last = rows[-1].id


def give_sites() -> None:
    connection = op.get_bind()
    acted_on_again = set(
        connection.scalars(
            sa.text("SELECT subject_id FROM officer_action GROUP BY subject_id HAVING count(*) > 1")
        )
    )
    known: dict[str, str | None] = {}  # by subject: what ends an action is where it began
    for rows in in_blocks("id, action, subject_id, detail"):
        given = []
        for row in rows:
            site = site_of(row.action, json.loads(row.detail), known.get(row.subject_id))
            if row.subject_id in acted_on_again:
                known.setdefault(row.subject_id, site)
            if site is not None:
                given.append({"site": site, "id": row.id})
        if given:
            connection.execute(
                sa.text("UPDATE officer_action SET site = :site WHERE id = :id"), given
            )


def site_of(action: str, detail: dict[str, Any], before: str | None) -> str | None:
    named = detail.get("site")
    if isinstance(named, str):
        return named
    if action.partition(":")[0] in OF_PEOPLE:
        return None
    asked = detail.get("filter", {}).get("site") if isinstance(detail.get("filter"), dict) else None
    if isinstance(asked, list) and len(asked) == 1:
        return str(asked[0])
    return before or "*"


def seal_earlier() -> None:
    """Queue a record of each action, each for the log of its site; nothing without a log."""
    connection = op.get_bind()
    logs = logs_in_force(connection)
    if not logs:
        return
    now = time.time_ns() // 1_000_000
    for rows in in_blocks("id, at, officer, action, subject_id, detail, site"):
        sealed = [sealed_of(row, now) for row in rows]
        connection.execute(
            sa.text(
                "INSERT INTO sealed_action (id, at, payload, salt, entry) "
                "VALUES (:id, :at, :payload, :salt, :entry)"
            ),
            sealed,
        )
        connection.execute(
            sa.text(
                "INSERT INTO log_pending (event_id, log_id, entry, enqueued_at) "
                "VALUES (:id, :log, :entry, :at)"
            ),
            [
                {**values, "log": logs.get(row.site, logs[None])}
                for row, values in zip(rows, sealed, strict=True)
            ],
        )


def sealed_of(row: Any, now: int) -> dict[str, Any]:
    record = record_of(row, now)
    salt = os.urandom(64)
    entry = hmac.digest(salt, record.encode(), hashlib.sha256)
    return {"id": row.id, "at": now, "payload": record, "salt": salt, "entry": entry}


def record_of(row: Any, now: int) -> str:
    """Return the record in its canonical form, as it was when this migration was written."""
    values: dict[str, Any] = {
        "v": 1,
        "type": "action",
        "id": row.id,
        "at": now,
        "acted_at": row.at,
        "officer": row.officer,
        "action": row.action,
        "subject": row.subject_id,
    }
    detail = row.detail.encode()
    if len(detail) > MAX_DETAIL_BYTES:
        values["detail_sha256"] = hashlib.sha256(detail).hexdigest()
    else:
        values["detail"] = row.detail
    if row.site is not None:
        values["site"] = row.site
    return json.dumps(values, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def logs_in_force(connection: sa.Connection) -> dict[str | None, str]:
    """Return the log of each site, and under None that of what is of no one site: the oldest."""
    logs = connection.execute(sa.text("SELECT log_id FROM log ORDER BY created_at, log_id"))
    newest: dict[str, int] = {}
    for row in logs.all():
        name, _, epoch = row.log_id.rpartition("/")
        newest[name] = max(int(epoch), newest.get(name, 0))
    if not newest:
        return {}
    first = next(iter(newest))
    found: dict[str | None, str] = {None: f"{first}/{newest[first]}"}
    query = sa.text("SELECT site, deployment FROM publication ORDER BY id")
    for row in connection.execute(query).all():
        name = str(json.loads(row.deployment).get("log_id", "")).rpartition("/")[0]
        if name in newest:
            found[row.site] = f"{name}/{newest[name]}"
    return found
