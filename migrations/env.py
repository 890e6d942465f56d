"""Run the migrations on either engine, in one transaction, one process at a time.

Meant to be called by `consent.store.migrate`, which passes a connection that has begun a
transaction as the configuration attribute `connection`. Alembic's own command line works as well
with `-x url=…` or `sqlalchemy.url`. Logging is left as it is.
"""

from __future__ import annotations

from alembic import context
from sqlalchemy import Connection, create_engine, pool, text

from consent.store import tables

ADVISORY_LOCK = 0x636F6E73656E74  # "consent"
WAIT_FOR_OTHERS = "60s"
WAIT_FOR_A_TABLE = "5s"


def configured_url() -> str:
    url = context.get_x_argument(as_dictionary=True).get("url")
    return (
        url
        or context.config.attributes.get("url")
        or context.config.get_main_option("sqlalchemy.url", "")
    )


def migrate(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=tables.ConsentEventRow.metadata,
        render_as_batch=connection.dialect.name == "sqlite",
        transactional_ddl=True,
    )
    with context.begin_transaction():
        if connection.dialect.name == "postgresql":
            take_turns(connection)
        context.run_migrations()


def take_turns(connection: Connection) -> None:
    """Wait until no other process migrates; then wait for no table for long.

    Many processes start at once and each may bring the schema up to date: the first does, the
    others find nothing left. A change of a table that waits behind a long query would make every
    later query wait behind it, so it gives up soon instead. On SQLite, BEGIN IMMEDIATE does this.
    """
    connection.execute(text(f"SET LOCAL lock_timeout = '{WAIT_FOR_OTHERS}'"))
    connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": ADVISORY_LOCK})
    connection.execute(text(f"SET LOCAL lock_timeout = '{WAIT_FOR_A_TABLE}'"))


def run() -> None:
    given = context.config.attributes.get("connection")
    if given is not None:
        migrate(given)
        return
    engine = create_engine(configured_url(), poolclass=pool.NullPool)
    with engine.connect().execution_options(writes=True) as connection, connection.begin():
        migrate(connection)


run()
