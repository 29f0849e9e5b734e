"""The codes of faults, and the tree of them to start from."""

from __future__ import annotations

import csv
from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa
from alembic import op

from server.db.insert_only import insert_only

revision = "0015_fault_codes"
down_revision = "0014_case_moves"

STARTING_TREE = Path(__file__).parents[3] / "quality" / "starting_tree.csv"
BUILT_IN = "built-in"


def upgrade() -> None:
    table = op.create_table(
        "fault_code",
        sa.Column("code", sa.String(length=12), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("parents", sa.String(length=500), nullable=False),
        sa.Column("zh", sa.String(length=80), nullable=False),
        sa.Column("en", sa.String(length=80), nullable=False),
        sa.Column("is_retired", sa.Boolean(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_by", sa.String(length=120), nullable=False),
        sa.CheckConstraint("kind IN ('symptom', 'cause', 'action')", name=op.f("ck_fault_code_kind")),
        sa.PrimaryKeyConstraint("code", "version", name=op.f("pk_fault_code")),
    )
    made = {"version": 1, "is_retired": False, "changed_at": datetime.now(UTC), "changed_by": BUILT_IN}
    with STARTING_TREE.open(encoding="utf-8", newline="") as file:
        op.bulk_insert(table, [made | row for row in csv.DictReader(file)])
    for statement in insert_only(op.get_bind().dialect.name, "fault_code"):
        op.execute(statement)
