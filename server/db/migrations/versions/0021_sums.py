"""Hourly sums of measurements and first results of visits; the runs that are on record wait for the follower."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

from server.wire.ids import new_id

revision = "0021_sums"
down_revision = "0020_freight"

AT_ONCE = 1000


def upgrade() -> None:
    op.create_table(
        "unsummed",
        sa.Column("id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("runs", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unsummed")),
    )
    op.create_table(
        "measured_hour",
        sa.Column("mdef_sha256", sa.String(length=64), nullable=False),
        sa.Column("product", sa.String(length=100), nullable=False),
        sa.Column("purpose", sa.String(length=20), nullable=False),
        sa.Column("hour", sa.Integer(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("mean", sa.Double(), nullable=False),
        sa.Column("squares", sa.Double(), nullable=False),
        sa.Column("lowest", sa.Double(), nullable=False),
        sa.Column("highest", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("mdef_sha256", "product", "purpose", "hour", name=op.f("pk_measured_hour")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "visit_result",
        sa.Column("unit_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("visit", sa.String(length=36), nullable=False),
        sa.Column("product", sa.String(length=100), nullable=False),
        sa.Column("purpose", sa.String(length=20), nullable=False),
        sa.Column("run_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("verdict", sa.String(length=10), nullable=False),
        sa.PrimaryKeyConstraint("unit_id", "visit", "product", "purpose", name=op.f("pk_visit_result")),
    )
    columns = ["purpose", "started_at", "product", "verdict"]
    op.create_index(op.f("ix_visit_result_purpose_started_at_product_verdict"), "visit_result", columns, unique=False)
    _leave_runs_to_the_follower()


def _leave_runs_to_the_follower() -> None:
    run = sa.table("run", sa.column("id", sa.Uuid(as_uuid=False)))
    unsummed = sa.table("unsummed", sa.column("id", sa.Uuid(as_uuid=False)), sa.column("runs", sa.Text))
    ids = list(op.get_bind().scalars(sa.select(run.c.id).order_by(run.c.id)))
    for start in range(0, len(ids), AT_ONCE):
        row = {"id": new_id(datetime.now(UTC)), "runs": json.dumps(ids[start : start + AT_ONCE])}
        op.get_bind().execute(sa.insert(unsummed), row)
