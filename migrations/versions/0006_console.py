"""Let people into the console: roles by site, ways to sign in, invitations and sessions.

An officer of before has the role `officer` on the same sites, and the same access token. All of it
is working data: what people did stays in `officer_action`, which names them.
"""

from __future__ import annotations

import json
import secrets

import sqlalchemy as sa
from alembic import op

revision = "0006_console"
down_revision = "0005_display_total"
branch_labels = None
depends_on = None


def millis(name: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), nullable=nullable)


def upgrade() -> None:
    with op.batch_alter_table("officer") as officer:
        officer.alter_column("token_hash", existing_type=sa.String(64), nullable=True)
        officer.add_column(sa.Column("roles", sa.Text(), nullable=True))
        officer.add_column(sa.Column("email", sa.String(254), nullable=True))
        officer.add_column(sa.Column("language", sa.String(16), nullable=True))
        officer.add_column(sa.Column("password_hash", sa.Text(), nullable=True))
        officer.add_column(sa.Column("totp_secret", sa.Text(), nullable=True))
        officer.add_column(millis("totp_step", nullable=True))
        officer.add_column(sa.Column("oidc_subject", sa.String(255), nullable=True))
    give_roles()
    with op.batch_alter_table("officer") as officer:
        officer.alter_column(
            "roles",
            existing_type=sa.Text(),
            nullable=False,
            comment='JSON: site, or "*" for all, to roles',
        )
        officer.alter_column(
            "totp_secret", existing_type=sa.Text(), existing_nullable=True, comment="encrypted"
        )
        officer.alter_column(
            "totp_step",
            existing_type=sa.BigInteger(),
            existing_nullable=True,
            comment="of the last code",
        )
        officer.drop_column("sites")
        officer.create_unique_constraint("uq_officer_email", ["email"])
        officer.create_unique_constraint("uq_officer_oidc_subject", ["oidc_subject"])
    create_sign_in_tables()
    create_session_tables()


def downgrade() -> None:
    for table in (
        "officer_challenge",
        "officer_session",
        "sign_in_failure",
        "officer_recovery_code",
        "officer_passkey",
        "officer_invitation",
    ):
        op.drop_table(table)
    with op.batch_alter_table("officer") as officer:
        officer.add_column(sa.Column("sites", sa.Text(), nullable=True))
    give_sites()
    with op.batch_alter_table("officer") as officer:
        officer.drop_constraint("uq_officer_oidc_subject", type_="unique")
        officer.drop_constraint("uq_officer_email", type_="unique")
        for name in ("oidc_subject", "totp_step", "totp_secret", "password_hash", "language"):
            officer.drop_column(name)
        officer.drop_column("email")
        officer.drop_column("roles")
        officer.alter_column(
            "sites", existing_type=sa.Text(), nullable=False, comment='JSON list, ["*"]: all'
        )
        officer.alter_column("token_hash", existing_type=sa.String(64), nullable=False)


def give_roles() -> None:
    connection = op.get_bind()
    for row in connection.execute(sa.text("SELECT id, sites FROM officer")).all():
        roles = json.dumps({site: ["officer"] for site in json.loads(row.sites)})
        connection.execute(
            sa.text("UPDATE officer SET roles = :roles WHERE id = :id"),
            {"roles": roles, "id": row.id},
        )


def give_sites() -> None:
    """Keep everybody's name; who has no token, or is no officer, gets in nowhere."""
    connection = op.get_bind()
    for row in connection.execute(sa.text("SELECT id, roles, token_hash FROM officer")).all():
        sites = [site for site, roles in json.loads(row.roles).items() if "officer" in roles]
        connection.execute(
            sa.text("UPDATE officer SET sites = :sites, token_hash = :token WHERE id = :id"),
            {
                "sites": json.dumps(["*"] if "*" in sites else sites),
                "token": row.token_hash or secrets.token_hex(32),
                "id": row.id,
            },
        )


def create_sign_in_tables() -> None:
    op.create_table(
        "officer_invitation",
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.Column("officer_id", sa.String(36), nullable=False),
        millis("created_at"),
        millis("expires_at"),
        sa.PrimaryKeyConstraint("token_hash", name="pk_officer_invitation"),
    )
    op.create_index("ix_officer_invitation_officer_id", "officer_invitation", ["officer_id"])
    op.create_table(
        "officer_passkey",
        sa.Column("credential_id", sa.String(1400), nullable=False, comment="base64url"),
        sa.Column("officer_id", sa.String(36), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("sign_count", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        millis("created_at"),
        millis("used_at", nullable=True),
        sa.PrimaryKeyConstraint("credential_id", name="pk_officer_passkey"),
    )
    op.create_index("ix_officer_passkey_officer_id", "officer_passkey", ["officer_id"])
    op.create_table(
        "officer_recovery_code",
        sa.Column("code_hash", sa.String(64), nullable=False),
        sa.Column("officer_id", sa.String(36), nullable=False),
        sa.PrimaryKeyConstraint("code_hash", name="pk_officer_recovery_code"),
    )
    op.create_index("ix_officer_recovery_code_officer_id", "officer_recovery_code", ["officer_id"])
    op.create_table(
        "sign_in_failure",
        sa.Column("key", sa.String(64), nullable=False, comment="of a name, or of all"),
        sa.Column("count", sa.Integer(), nullable=False),
        millis("since"),
        sa.PrimaryKeyConstraint("key", name="pk_sign_in_failure"),
    )


def create_session_tables() -> None:
    op.create_table(
        "officer_session",
        sa.Column("key", sa.String(64), nullable=False, comment="SHA-256 of the cookie"),
        sa.Column("officer_id", sa.String(36), nullable=False),
        sa.Column("means", sa.String(16), nullable=False, comment="password, passkey, oidc, …"),
        sa.Column("is_complete", sa.Boolean(), nullable=False, comment="false: a code is due"),
        sa.Column("site", sa.String(32), nullable=True, comment="the one looked at last"),
        sa.Column("messages", sa.Text(), nullable=True, comment="JSON, for the next page"),
        millis("created_at"),
        millis("seen_at"),
        sa.PrimaryKeyConstraint("key", name="pk_officer_session"),
    )
    op.create_index("ix_officer_session_officer_id", "officer_session", ["officer_id"])
    op.create_table(
        "officer_challenge",
        sa.Column("key", sa.String(64), nullable=False, comment="SHA-256 of the challenge"),
        millis("expires_at"),
        sa.PrimaryKeyConstraint("key", name="pk_officer_challenge"),
    )
