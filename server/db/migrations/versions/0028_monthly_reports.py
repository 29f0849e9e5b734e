"""Versions of monthly reports."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from server.db.insert_only import insert_only
from server.db.metadata import Sha256, UtcTime

revision = "0028_monthly_reports"
down_revision = "0027_attachments"


def upgrade() -> None:
    op.create_table(
        "monthly_report",
        sa.Column("site", sa.String(length=31), nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("sha256", Sha256, nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("made_at", UtcTime(), nullable=False),
        sa.Column("made_by", sa.String(length=120), nullable=False),
        sa.PrimaryKeyConstraint("site", "month", "version", name=op.f("pk_monthly_report")),
    )
    for statement in insert_only(op.get_bind().dialect.name, "monthly_report"):
        op.execute(statement)
