"""Repair entries with their designators and parts, and what was asked to be scrapped."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from server.db.insert_only import insert_only

revision = "0019_repairs"
down_revision = "0018_case_gates"

FACTS = ("repair_entry", "repair_designator", "repair_part", "scrap_request", "scrap_decision")
SERIAL = sa.String(64).with_variant(sa.String(64, collation="C"), "postgresql")


def upgrade() -> None:
    _create_entries()
    _create_lines()
    _create_scrapping()
    for table in FACTS:
        for statement in insert_only(op.get_bind().dialect.name, table):
            op.execute(statement)


def _create_entries() -> None:
    op.create_table(
        "repair_entry",
        sa.Column("unit_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("case_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("site", sa.String(length=31), nullable=False),
        sa.Column("serial", SERIAL, nullable=False),
        sa.Column("product", sa.String(length=100), nullable=False),
        sa.Column("codes_version", sa.Integer(), nullable=False),
        sa.Column("symptom", sa.String(length=12), nullable=False),
        sa.Column("cause", sa.String(length=12), nullable=False),
        sa.Column("action", sa.String(length=12), nullable=False),
        sa.Column("technician", sa.String(length=80), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("run_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("measurement", sa.String(length=100), nullable=False),
        sa.Column("outcome", sa.String(length=20), nullable=False),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.Column("corrects", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.String(length=120), nullable=False),
        _of_a_case("repair_entry"),
        sa.PrimaryKeyConstraint("unit_id", "id", name=op.f("pk_repair_entry")),
        sa.UniqueConstraint("unit_id", "corrects", name=op.f("uq_repair_entry_unit_id_corrects")),
    )
    for columns in (["unit_id", "case_id"], ["product", "measurement", "id"], ["ended_at"], ["id"]):
        op.create_index(op.f(f"ix_repair_entry_{'_'.join(columns)}"), "repair_entry", columns, unique=False)


def _create_lines() -> None:
    op.create_table(
        "repair_designator",
        sa.Column("unit_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("entry_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("designator", sa.String(length=12), nullable=False),
        _of_an_entry("repair_designator"),
        sa.PrimaryKeyConstraint("unit_id", "entry_id", "designator", name=op.f("pk_repair_designator")),
    )
    op.create_table(
        "repair_part",
        sa.Column("unit_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("entry_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("part_number", SERIAL, nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("movement_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_repair_part_quantity")),
        _of_an_entry("repair_part"),
        sa.PrimaryKeyConstraint("unit_id", "entry_id", "position", name=op.f("pk_repair_part")),
    )


def _create_scrapping() -> None:
    op.create_table(
        "scrap_request",
        sa.Column("unit_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("case_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("reason", sa.String(length=20), nullable=False),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("requested_by", sa.String(length=80), nullable=False),
        _of_a_case("scrap_request"),
        sa.PrimaryKeyConstraint("unit_id", "id", name=op.f("pk_scrap_request")),
    )
    op.create_index(op.f("ix_scrap_request_unit_id_case_id"), "scrap_request", ["unit_id", "case_id"], unique=False)
    op.create_index(op.f("ix_scrap_request_id"), "scrap_request", ["id"], unique=False)
    op.create_table(
        "scrap_decision",
        sa.Column("unit_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("request_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("is_approved", sa.Boolean(), nullable=False),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.String(length=80), nullable=False),
        sa.ForeignKeyConstraint(
            ["unit_id", "request_id"],
            ["scrap_request.unit_id", "scrap_request.id"],
            name=op.f("fk_scrap_decision_unit_id_request_id_scrap_request"),
        ),
        sa.PrimaryKeyConstraint("unit_id", "request_id", name=op.f("pk_scrap_decision")),
    )


def _of_a_case(table: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_unit_id_case_id_return_case")
    return sa.ForeignKeyConstraint(["unit_id", "case_id"], ["return_case.unit_id", "return_case.id"], name=name)


def _of_an_entry(table: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_unit_id_entry_id_repair_entry")
    return sa.ForeignKeyConstraint(["unit_id", "entry_id"], ["repair_entry.unit_id", "repair_entry.id"], name=name)
