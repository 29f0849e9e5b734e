"""The parts ledger: parts and places, requests, movements with two ends, and their balances."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from server.db.insert_only import insert_only

revision = "0016_parts"
down_revision = "0015_fault_codes"

FACTS = (
    "stock_command",
    "stock_request",
    "stock_request_line",
    "stock_decision",
    "stock_request_end",
    "stock_movement",
)
PLACES = (
    ("c1a7e5d0-0001-4a00-8000-000000000001", "STORE", "配件库", "parts store", "store"),
    ("c1a7e5d0-0002-4a00-8000-000000000002", "CABINET", "贵重配件柜", "cabinet of valuable parts", "cabinet"),
    ("c1a7e5d0-0003-4a00-8000-000000000003", "BURNING", "烧录中", "being burned", "burning"),
    ("c1a7e5d0-0004-4a00-8000-000000000004", "BURNED", "已烧录", "burned", "burned"),
    ("c1a7e5d0-0005-4a00-8000-000000000005", "SUPPLIER", "供应商", "supplier", "supplier"),
    ("c1a7e5d0-0006-4a00-8000-000000000006", "SCRAP", "报废", "scrap", "scrap"),
    ("c1a7e5d0-0007-4a00-8000-000000000007", "CASE", "返厂机", "returned unit", "case"),
    ("c1a7e5d0-0008-4a00-8000-000000000008", "CUSTOMER", "客户", "customer", "customer"),
    ("c1a7e5d0-0009-4a00-8000-000000000009", "DIFFERENCE", "盘点差异", "count difference", "difference"),
)
"""A store and a cabinet to begin with, and what movements have for their other end."""


def upgrade() -> None:
    _create_places()
    _create_requests()
    _create_movements()
    for table in FACTS:
        for statement in insert_only(op.get_bind().dialect.name, table):
            op.execute(statement)
    _insert_places()


def _serial() -> sa.String:
    return sa.String(length=64).with_variant(sa.String(length=64, collation="C"), "postgresql")


def _insert_places() -> None:
    columns = ("id", "code", "name_zh", "name_en", "kind")
    table = sa.table(
        "stock_location",
        sa.column("id", sa.Uuid(as_uuid=False)),
        *(sa.column(name, sa.String) for name in (*columns[1:], "custodian")),
        sa.column("version", sa.Integer),
    )
    more = {"custodian": "", "version": 1}
    op.bulk_insert(table, [dict(zip(columns, place, strict=True)) | more for place in PLACES])


def _create_places() -> None:
    op.create_table(
        "stock_location",
        sa.Column("id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("code", _serial(), nullable=False),
        sa.Column("name_zh", sa.String(length=100), nullable=False),
        sa.Column("name_en", sa.String(length=100), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("custodian", sa.String(length=80), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stock_location")),
        sa.UniqueConstraint("code", name=op.f("uq_stock_location_code")),
    )
    op.create_table(
        "part",
        sa.Column("id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("number", _serial(), nullable=False),
        sa.Column("name_zh", sa.String(length=100), nullable=False),
        sa.Column("name_en", sa.String(length=100), nullable=False),
        sa.Column("unit", sa.String(length=20), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("target", sa.String(length=100), nullable=True),
        sa.Column("is_valuable", sa.Boolean(), nullable=False),
        sa.Column("minimum", sa.Integer(), nullable=False),
        sa.Column("supplier", sa.String(length=200), nullable=False),
        sa.Column("home_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("minimum >= 0", name=op.f("ck_part_minimum")),
        sa.ForeignKeyConstraint(["home_id"], ["stock_location.id"], name=op.f("fk_part_home_id_stock_location")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_part")),
        sa.UniqueConstraint("number", name=op.f("uq_part_number")),
        sa.UniqueConstraint("target", name=op.f("uq_part_target")),
    )


def _create_requests() -> None:
    op.create_table(
        "stock_command",
        sa.Column("id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(length=120), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stock_command")),
    )
    op.create_table(
        "stock_request",
        sa.Column("id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("no", sa.String(length=20), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("from_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("to_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("person", sa.String(length=80), nullable=False),
        sa.Column("case_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("case_no", sa.String(length=60), nullable=False),
        sa.Column("reason", sa.String(length=20), nullable=False),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("requested_by", sa.String(length=120), nullable=False),
        sa.ForeignKeyConstraint(
            ["from_id"], ["stock_location.id"], name=op.f("fk_stock_request_from_id_stock_location")
        ),
        sa.ForeignKeyConstraint(["id"], ["stock_command.id"], name=op.f("fk_stock_request_id_stock_command")),
        sa.ForeignKeyConstraint(["to_id"], ["stock_location.id"], name=op.f("fk_stock_request_to_id_stock_location")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stock_request")),
        sa.UniqueConstraint("no", name=op.f("uq_stock_request_no")),
    )
    op.create_index(op.f("ix_stock_request_case_no"), "stock_request", ["case_no"], unique=False)
    op.create_table(
        "stock_decision",
        sa.Column("request_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("decision", sa.String(length=10), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.String(length=120), nullable=False),
        sa.ForeignKeyConstraint(
            ["request_id"], ["stock_request.id"], name=op.f("fk_stock_decision_request_id_stock_request")
        ),
        sa.PrimaryKeyConstraint("request_id", name=op.f("pk_stock_decision")),
    )
    op.create_table(
        "stock_request_end",
        sa.Column("request_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("how", sa.String(length=10), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_by", sa.String(length=120), nullable=False),
        sa.ForeignKeyConstraint(
            ["request_id"], ["stock_request.id"], name=op.f("fk_stock_request_end_request_id_stock_request")
        ),
        sa.PrimaryKeyConstraint("request_id", name=op.f("pk_stock_request_end")),
    )
    op.create_table(
        "stock_request_line",
        sa.Column("request_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("part_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_stock_request_line_quantity")),
        sa.ForeignKeyConstraint(["part_id"], ["part.id"], name=op.f("fk_stock_request_line_part_id_part")),
        sa.ForeignKeyConstraint(
            ["request_id"], ["stock_request.id"], name=op.f("fk_stock_request_line_request_id_stock_request")
        ),
        sa.PrimaryKeyConstraint("request_id", "part_id", name=op.f("pk_stock_request_line")),
    )


def _create_movements() -> None:
    op.create_table(
        "burn_stock",
        sa.Column("order_no", sa.String(length=20), nullable=False),
        sa.Column("part_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("is_tracked", sa.Boolean(), nullable=False),
        sa.Column("taken", sa.Integer(), nullable=False),
        sa.Column("good", sa.Integer(), nullable=False),
        sa.Column("scrapped", sa.Integer(), nullable=False),
        sa.Column("returned", sa.Integer(), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["part_id"], ["part.id"], name=op.f("fk_burn_stock_part_id_part")),
        sa.PrimaryKeyConstraint("order_no", name=op.f("pk_burn_stock")),
    )
    op.create_index(op.f("ix_burn_stock_part_id"), "burn_stock", ["part_id"], unique=False)
    op.create_table(
        "stock_balance",
        sa.Column("part_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("location_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("is_real", sa.Boolean(), nullable=False),
        sa.CheckConstraint("quantity >= 0 OR NOT is_real", name=op.f("ck_stock_balance_not_negative")),
        sa.ForeignKeyConstraint(
            ["location_id"], ["stock_location.id"], name=op.f("fk_stock_balance_location_id_stock_location")
        ),
        sa.ForeignKeyConstraint(["part_id"], ["part.id"], name=op.f("fk_stock_balance_part_id_part")),
        sa.PrimaryKeyConstraint("part_id", "location_id", name=op.f("pk_stock_balance")),
    )
    op.create_index(op.f("ix_stock_balance_location_id"), "stock_balance", ["location_id"], unique=False)
    op.create_table(
        "stock_movement",
        sa.Column("part_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("command_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("from_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("to_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("from_after", sa.BigInteger(), nullable=False),
        sa.Column("to_after", sa.BigInteger(), nullable=False),
        sa.Column("posted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(length=120), nullable=False),
        sa.Column("approver", sa.String(length=120), nullable=False),
        sa.Column("person", sa.String(length=80), nullable=False),
        sa.Column("reason", sa.String(length=20), nullable=False),
        sa.Column("document", sa.String(length=60), nullable=False),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.Column("case_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("case_no", sa.String(length=60), nullable=False),
        sa.Column("order_no", sa.String(length=20), nullable=False),
        sa.Column("request_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("reverses", sa.Uuid(as_uuid=False), nullable=True),
        sa.CheckConstraint("approver = '' OR approver <> actor", name=op.f("ck_stock_movement_two_persons")),
        sa.CheckConstraint("from_id <> to_id", name=op.f("ck_stock_movement_ends")),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_stock_movement_quantity")),
        sa.ForeignKeyConstraint(
            ["command_id"], ["stock_command.id"], name=op.f("fk_stock_movement_command_id_stock_command")
        ),
        sa.ForeignKeyConstraint(
            ["from_id"], ["stock_location.id"], name=op.f("fk_stock_movement_from_id_stock_location")
        ),
        sa.ForeignKeyConstraint(["part_id"], ["part.id"], name=op.f("fk_stock_movement_part_id_part")),
        sa.ForeignKeyConstraint(
            ["request_id"], ["stock_request.id"], name=op.f("fk_stock_movement_request_id_stock_request")
        ),
        sa.ForeignKeyConstraint(["to_id"], ["stock_location.id"], name=op.f("fk_stock_movement_to_id_stock_location")),
        sa.PrimaryKeyConstraint("part_id", "id", name=op.f("pk_stock_movement")),
        sa.UniqueConstraint("reverses", name=op.f("uq_stock_movement_reverses")),
    )
    op.create_index(op.f("ix_stock_movement_case_no"), "stock_movement", ["case_no"], unique=False)
    op.create_index(op.f("ix_stock_movement_command_id"), "stock_movement", ["command_id"], unique=False)
    op.create_index(op.f("ix_stock_movement_id"), "stock_movement", ["id"], unique=False)
    op.create_index(op.f("ix_stock_movement_order_no"), "stock_movement", ["order_no"], unique=False)
    op.create_index(op.f("ix_stock_movement_posted_at"), "stock_movement", ["posted_at"], unique=False)
