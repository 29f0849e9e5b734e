"""Photos that stations send behind their runs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from server.db.insert_only import insert_only
from server.db.metadata import UtcTime

revision = "0027_attachments"
down_revision = "0026_interception"


def upgrade() -> None:
    op.create_table(
        "attachment",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("media_type", sa.String(length=40), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("station_id", sa.String(length=63), nullable=False),
        sa.Column("received_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_attachment")),
    )
    for statement in insert_only(op.get_bind().dialect.name, "attachment"):
        op.execute(statement)
