"""Accessory checks, overrides of gates, boards in units, and provisional units that turned out to be real ones."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from server.db.insert_only import insert_only

revision = "0018_case_gates"
down_revision = "0017_waybills"

FACTS = (
    "accessory_check",
    "accessory_check_item",
    "gate_override",
    "gate_override_decision",
    "board_event",
    "unit_alias",
)


def upgrade() -> None:
    _create_checks()
    _create_overrides()
    _create_links()
    for table in FACTS:
        for statement in insert_only(op.get_bind().dialect.name, table):
            op.execute(statement)


def _of_case(table: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_unit_id_case_id_return_case")
    return sa.ForeignKeyConstraint(["unit_id", "case_id"], ["return_case.unit_id", "return_case.id"], name=name)


def _create_checks() -> None:
    op.create_table(
        "accessory_check",
        sa.Column("unit_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("case_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("checked_by", sa.String(length=120), nullable=False),
        _of_case("accessory_check"),
        sa.PrimaryKeyConstraint("unit_id", "id", name=op.f("pk_accessory_check")),
    )
    op.create_index(op.f("ix_accessory_check_unit_id_case_id"), "accessory_check", ["unit_id", "case_id"])
    op.create_table(
        "accessory_check_item",
        sa.Column("unit_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("check_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("is_present", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["unit_id", "check_id"],
            ["accessory_check.unit_id", "accessory_check.id"],
            name=op.f("fk_accessory_check_item_unit_id_check_id_accessory_check"),
        ),
        sa.PrimaryKeyConstraint("unit_id", "check_id", "name", name=op.f("pk_accessory_check_item")),
    )


def _create_overrides() -> None:
    op.create_table(
        "gate_override",
        sa.Column("unit_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("case_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("gate", sa.String(length=20), nullable=False),
        sa.Column("subject_sha256", sa.String(length=64), nullable=False),
        sa.Column("reasons", sa.Text(), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("requested_by", sa.String(length=120), nullable=False),
        _of_case("gate_override"),
        sa.PrimaryKeyConstraint("unit_id", "id", name=op.f("pk_gate_override")),
    )
    op.create_index(op.f("ix_gate_override_unit_id_case_id"), "gate_override", ["unit_id", "case_id"])
    op.create_table(
        "gate_override_decision",
        sa.Column("unit_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("override_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("is_approved", sa.Boolean(), nullable=False),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.Column("requested_by", sa.String(length=120), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.String(length=120), nullable=False),
        sa.CheckConstraint("decided_by <> requested_by", name=op.f("ck_gate_override_decision_other_person")),
        sa.ForeignKeyConstraint(
            ["unit_id", "override_id"],
            ["gate_override.unit_id", "gate_override.id"],
            name=op.f("fk_gate_override_decision_unit_id_override_id_gate_override"),
        ),
        sa.PrimaryKeyConstraint("unit_id", "override_id", name=op.f("pk_gate_override_decision")),
    )


def _create_links() -> None:
    op.create_table(
        "board_event",
        sa.Column("unit_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("parent_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("is_installed", sa.Boolean(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(length=120), nullable=False),
        sa.ForeignKeyConstraint(["parent_id"], ["unit.unit_id"], name=op.f("fk_board_event_parent_id_unit")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.unit_id"], name=op.f("fk_board_event_unit_id_unit")),
        sa.PrimaryKeyConstraint("unit_id", "id", name=op.f("pk_board_event")),
        sa.UniqueConstraint("unit_id", "seq", name=op.f("uq_board_event_unit_id_seq")),
    )
    op.create_index(op.f("ix_board_event_parent_id"), "board_event", ["parent_id"])
    op.create_table(
        "unit_alias",
        sa.Column("unit_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("real_unit_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(length=120), nullable=False),
        sa.ForeignKeyConstraint(["real_unit_id"], ["unit.unit_id"], name=op.f("fk_unit_alias_real_unit_id_unit")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.unit_id"], name=op.f("fk_unit_alias_unit_id_unit")),
        sa.PrimaryKeyConstraint("unit_id", name=op.f("pk_unit_alias")),
    )
    op.create_index(op.f("ix_unit_alias_real_unit_id"), "unit_alias", ["real_unit_id"])
