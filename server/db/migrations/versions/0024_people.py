"""Delegations; what is kept of sessions, tokens and one-time codes; where an entry of the audit came from."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from server.db.insert_only import insert_only
from server.db.metadata import Identifier, UtcTime

revision = "0024_people"
down_revision = "0023_days"


def upgrade() -> None:
    op.add_column("user_account", sa.Column("must_change", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("user_account", sa.Column("code_sha256", sa.String(length=64), nullable=True))
    op.add_column("user_account", sa.Column("code_until", UtcTime(), nullable=True))
    op.create_index(op.f("ix_user_account_code_sha256"), "user_account", ["code_sha256"], unique=True)
    _add_texts("user_session", address=64, agent=200)
    _add_texts("station_token", created_by=120, revoked_by=120)
    op.add_column("station_token", sa.Column("last_used_at", UtcTime(), nullable=True))
    _add_texts("audit", address=64, session=16, giver=80)
    op.add_column("audit", sa.Column("delegation_id", Identifier(), nullable=True))
    op.add_column("audit", sa.Column("before", sa.Text(), nullable=True))
    op.add_column("audit", sa.Column("after", sa.Text(), nullable=True))
    for column in ("actor", "subject"):
        op.create_index(op.f(f"ix_audit_{column}_at"), "audit", [column, "at"], unique=False)
    _create_delegations()


def _add_texts(table: str, **columns: int) -> None:
    for name, length in columns.items():
        op.add_column(table, sa.Column(name, sa.String(length=length), nullable=False, server_default=""))


def _create_delegations() -> None:
    op.create_table(
        "delegation",
        sa.Column("id", Identifier(), nullable=False),
        sa.Column("giver_id", Identifier(), nullable=False),
        sa.Column("taker_id", Identifier(), nullable=False),
        sa.Column("actions", sa.Text(), nullable=False),
        sa.Column("valid_from", UtcTime(), nullable=False),
        sa.Column("valid_until", UtcTime(), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("given_at", UtcTime(), nullable=False),
        *(
            sa.ForeignKeyConstraint(
                [f"{who}_id"], ["user_account.id"], name=op.f(f"fk_delegation_{who}_id_user_account")
            )
            for who in ("giver", "taker")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delegation")),
    )
    op.create_index(op.f("ix_delegation_taker_id_valid_until"), "delegation", ["taker_id", "valid_until"], unique=False)
    op.create_index(op.f("ix_delegation_giver_id"), "delegation", ["giver_id"], unique=False)
    op.create_table(
        "delegation_end",
        sa.Column("delegation_id", Identifier(), nullable=False),
        sa.Column("ended_at", UtcTime(), nullable=False),
        sa.Column("ended_by", sa.String(length=80), nullable=False),
        sa.ForeignKeyConstraint(
            ["delegation_id"], ["delegation.id"], name=op.f("fk_delegation_end_delegation_id_delegation")
        ),
        sa.PrimaryKeyConstraint("delegation_id", name=op.f("pk_delegation_end")),
    )
    for table in ("delegation", "delegation_end"):
        for statement in insert_only(op.get_bind().dialect.name, table):
            op.execute(statement)
