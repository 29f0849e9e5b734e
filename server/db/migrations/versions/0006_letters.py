"""Letters as they were received."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from server.db.insert_only import insert_only

revision = "0006_letters"
down_revision = "0005_returns"

FACTS = ("letter",)


def upgrade() -> None:
    op.create_table(
        "letter",
        sa.Column("id", sa.String(length=100), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("outcome", sa.String(length=20), nullable=False),
        sa.Column("station_id", sa.String(length=63), nullable=False),
        sa.Column("chain_id", sa.String(length=36), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("prev_sha256", sa.String(length=64), nullable=False),
        sa.Column("unit_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("problem", sa.Text(), nullable=False),
        sa.Column("size_bytes", sa.Integer(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", "sha256", name=op.f("pk_letter")),
    )
    op.create_index(
        "ix_letter_set_aside",
        "letter",
        ["received_at"],
        unique=False,
        sqlite_where=sa.text("outcome <> 'stored'"),
        postgresql_where=sa.text("outcome <> 'stored'"),
    )
    op.create_index(
        op.f("ix_letter_station_id_chain_id_seq"), "letter", ["station_id", "chain_id", "seq"], unique=False
    )
    for table in FACTS:
        for statement in insert_only(op.get_bind().dialect.name, table):
            op.execute(statement)
