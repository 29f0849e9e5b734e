"""Waybills, arrivals and return cases."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from server.db.insert_only import insert_only

revision = "0005_returns"
down_revision = "0004_burns"

FACTS = ("waybill", "waybill_unit", "arrival", "case_event")

SERIAL = sa.String(64).with_variant(sa.String(64, collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "waybill",
        sa.Column("id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("site", sa.String(length=31), nullable=False),
        sa.Column("courier", sa.String(length=80), nullable=False),
        sa.Column("number", SERIAL, nullable=False),
        sa.Column("direction", sa.String(length=3), nullable=False),
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_by", sa.String(length=120), nullable=False),
        sa.CheckConstraint("direction IN ('in', 'out')", name=op.f("ck_waybill_direction")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_waybill")),
        sa.UniqueConstraint("courier", "number", "direction", name=op.f("uq_waybill_courier_number_direction")),
    )
    op.create_index(op.f("ix_waybill_number"), "waybill", ["number"], unique=False)
    op.create_table(
        "arrival",
        sa.Column("id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("waybill_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_by", sa.String(length=120), nullable=False),
        sa.ForeignKeyConstraint(["waybill_id"], ["waybill.id"], name=op.f("fk_arrival_waybill_id_waybill")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_arrival")),
    )
    op.create_table(
        "waybill_unit",
        sa.Column("unit_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("waybill_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.ForeignKeyConstraint(["waybill_id"], ["waybill.id"], name=op.f("fk_waybill_unit_waybill_id_waybill")),
        sa.PrimaryKeyConstraint("unit_id", "id", name=op.f("pk_waybill_unit")),
    )
    op.create_index(op.f("ix_waybill_unit_waybill_id"), "waybill_unit", ["waybill_id"], unique=False)
    op.create_table(
        "return_case",
        sa.Column("unit_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("site", sa.String(length=31), nullable=False),
        sa.Column("case_no", sa.String(length=60), nullable=False),
        sa.Column("serial", SERIAL, nullable=False),
        sa.Column("product", sa.String(length=100), nullable=False),
        sa.Column("arrival_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("waybill_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("is_provisional", sa.Boolean(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_by", sa.String(length=120), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["arrival_id"], ["arrival.id"], name=op.f("fk_return_case_arrival_id_arrival")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.unit_id"], name=op.f("fk_return_case_unit_id_unit")),
        sa.ForeignKeyConstraint(["waybill_id"], ["waybill.id"], name=op.f("fk_return_case_waybill_id_waybill")),
        sa.PrimaryKeyConstraint("unit_id", "id", name=op.f("pk_return_case")),
        sa.UniqueConstraint("site", "case_no", name=op.f("uq_return_case_site_case_no")),
    )
    op.create_index(op.f("ix_return_case_arrival_id"), "return_case", ["arrival_id"], unique=False)
    op.create_index(op.f("ix_return_case_id"), "return_case", ["id"], unique=False)
    op.create_index(op.f("ix_return_case_state_id"), "return_case", ["state", "id"], unique=False)
    op.create_index(
        "uq_return_case_open",
        "return_case",
        ["unit_id"],
        unique=True,
        sqlite_where=sa.text("closed_at IS NULL"),
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    op.create_table(
        "case_event",
        sa.Column("unit_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("case_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(length=120), nullable=False),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.ForeignKeyConstraint(
            ["unit_id", "case_id"],
            ["return_case.unit_id", "return_case.id"],
            name=op.f("fk_case_event_unit_id_case_id_return_case"),
        ),
        sa.PrimaryKeyConstraint("unit_id", "id", name=op.f("pk_case_event")),
        sa.UniqueConstraint("unit_id", "case_id", "seq", name=op.f("uq_case_event_unit_id_case_id_seq")),
    )
    for table in FACTS:
        for statement in insert_only(op.get_bind().dialect.name, table):
            op.execute(statement)
