"""Which runs passed only just, so that the ledger finds them without reading every run; with those on record."""

from __future__ import annotations

import json

import sqlalchemy as sa
from alembic import op

from server.db.insert_only import insert_only

revision = "0010_only_just"
down_revision = "0009_gates"

TOLD = '%"only_just":%'
AT_ONCE = 1000


def upgrade() -> None:
    made = op.create_table(
        "run_only_just",
        sa.Column("unit_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("run_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["unit_id", "run_id"], ["run.unit_id", "run.id"], name=op.f("fk_run_only_just_unit_id_run_id_run")
        ),
        sa.PrimaryKeyConstraint("unit_id", "run_id", name=op.f("pk_run_only_just")),
    )
    op.create_index(op.f("ix_run_only_just_run_id"), "run_only_just", ["run_id"], unique=False)
    event = sa.table(
        "unit_event",
        sa.column("unit_id", sa.Uuid(as_uuid=False)),
        sa.column("id", sa.Uuid(as_uuid=False)),
        sa.column("kind", sa.String()),
        sa.column("payload", sa.Text()),
    )
    told = sa.select(event.c.unit_id, event.c.id, event.c.payload).where(
        event.c.kind == "tested", event.c.payload.like(TOLD)
    )
    rows = [
        {"unit_id": unit_id, "run_id": run_id, "attempts": json.loads(payload)["only_just"]}
        for unit_id, run_id, payload in op.get_bind().execute(told)
    ]
    for first in range(0, len(rows), AT_ONCE):
        op.bulk_insert(made, rows[first : first + AT_ONCE])
    for statement in insert_only(op.get_bind().dialect.name, "run_only_just"):
        op.execute(statement)
