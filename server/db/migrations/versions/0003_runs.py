"""Runs and the definitions of what they measured."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from server.db.insert_only import insert_only

revision = "0003_runs"
down_revision = "0002_units"

FACTS = ("mdef", "defset", "run", "run_sheet", "run_failure")

SERIAL = sa.String(64).with_variant(sa.String(64, collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "defset",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("mdefs", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_defset")),
    )
    op.create_table(
        "mdef",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("step", sa.String(length=100), nullable=False),
        sa.Column("unit", sa.String(length=20), nullable=False),
        sa.Column("comparator", sa.String(length=20), nullable=False),
        sa.Column("low", sa.Double(), nullable=True),
        sa.Column("high", sa.Double(), nullable=True),
        sa.Column("expected", sa.Text(), nullable=False),
        sa.Column("is_required", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_mdef")),
    )
    op.create_index(op.f("ix_mdef_name"), "mdef", ["name"], unique=False)
    op.create_table(
        "run",
        sa.Column("unit_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("site", sa.String(length=31), nullable=False),
        sa.Column("serial", SERIAL, nullable=False),
        sa.Column("station_id", sa.String(length=63), nullable=False),
        sa.Column("slot", sa.String(length=100), nullable=False),
        sa.Column("product", sa.String(length=100), nullable=False),
        sa.Column("plan_name", sa.String(length=100), nullable=False),
        sa.Column("plan_version", sa.String(length=40), nullable=False),
        sa.Column("plan_sha256", sa.String(length=64), nullable=False),
        sa.Column("purpose", sa.String(length=20), nullable=False),
        sa.Column("attempt", sa.BigInteger(), nullable=False),
        sa.Column("operator", sa.String(length=80), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("verdict", sa.String(length=10), nullable=False),
        sa.Column("has_failed_measurement", sa.Boolean(), nullable=False),
        sa.Column("has_discrepancy", sa.Boolean(), nullable=False),
        sa.Column("has_all_accessories", sa.Boolean(), nullable=False),
        sa.Column("is_proved_safe", sa.Boolean(), nullable=False),
        sa.Column("failure_kind", sa.String(length=20), nullable=True),
        sa.Column("failure_message", sa.Text(), nullable=True),
        sa.Column("case_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("letter_sha256", sa.String(length=64), nullable=False),
        sa.Column("defset_sha256", sa.String(length=64), nullable=False),
        sa.Column("values_f64", sa.LargeBinary(), nullable=False),
        sa.Column("outcomes", sa.LargeBinary(), nullable=False),
        sa.Column("texts", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["defset_sha256"], ["defset.sha256"], name=op.f("fk_run_defset_sha256_defset")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.unit_id"], name=op.f("fk_run_unit_id_unit")),
        sa.PrimaryKeyConstraint("unit_id", "id", name=op.f("pk_run")),
    )
    op.create_index(op.f("ix_run_id"), "run", ["id"], unique=False)
    op.create_index(op.f("ix_run_verdict_id"), "run", ["verdict", "id"], unique=False)
    op.create_table(
        "run_failure",
        sa.Column("unit_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("run_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("mdef_sha256", sa.String(length=64), nullable=False),
        sa.Column("outcome", sa.String(length=10), nullable=False),
        sa.Column("value", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(["mdef_sha256"], ["mdef.sha256"], name=op.f("fk_run_failure_mdef_sha256_mdef")),
        sa.ForeignKeyConstraint(
            ["unit_id", "run_id"], ["run.unit_id", "run.id"], name=op.f("fk_run_failure_unit_id_run_id_run")
        ),
        sa.PrimaryKeyConstraint("unit_id", "run_id", "position", name=op.f("pk_run_failure")),
    )
    op.create_index(op.f("ix_run_failure_name_run_id"), "run_failure", ["name", "run_id"], unique=False)
    op.create_table(
        "run_sheet",
        sa.Column("unit_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("run_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("sheet", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["unit_id", "run_id"], ["run.unit_id", "run.id"], name=op.f("fk_run_sheet_unit_id_run_id_run")
        ),
        sa.PrimaryKeyConstraint("unit_id", "run_id", name=op.f("pk_run_sheet")),
    )
    for table in FACTS:
        for statement in insert_only(op.get_bind().dialect.name, table):
            op.execute(statement)
