"""Couriers' bills, what was decided of their lines, and closed months."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from server.db.insert_only import insert_only

revision = "0020_freight"
down_revision = "0019_repairs"

FACTS = (
    "courier_bill",
    "courier_bill_line",
    "bill_decision",
    "freight_close",
)

SERIAL = sa.String(64).with_variant(sa.String(64, collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "courier_bill",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("courier", sa.String(length=80), nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("file_name", sa.String(length=200), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("lines", sa.Integer(), nullable=False),
        sa.Column("total_minor", sa.BigInteger(), nullable=False),
        sa.Column("imported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("imported_by", sa.String(length=120), nullable=False),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_courier_bill")),
    )
    op.create_index(op.f("ix_courier_bill_courier_month"), "courier_bill", ["courier", "month"], unique=False)
    op.create_table(
        "freight_close",
        sa.Column("courier", sa.String(length=80), nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("lines", sa.Integer(), nullable=False),
        sa.Column("billed_minor", sa.BigInteger(), nullable=False),
        sa.Column("accepted_minor", sa.BigInteger(), nullable=False),
        sa.Column("claimed_minor", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_by", sa.String(length=120), nullable=False),
        sa.PrimaryKeyConstraint("courier", "month", name=op.f("pk_freight_close")),
    )
    op.create_table(
        "courier_bill_line",
        sa.Column("bill_sha256", sa.String(length=64), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("number", SERIAL, nullable=False),
        sa.Column("direction", sa.String(length=3), nullable=False),
        sa.Column("day", sa.String(length=20), nullable=False),
        sa.Column("weight_g", sa.Integer(), nullable=True),
        sa.Column("price_minor", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["bill_sha256"], ["courier_bill.sha256"], name=op.f("fk_courier_bill_line_bill_sha256_courier_bill")
        ),
        sa.PrimaryKeyConstraint("bill_sha256", "position", name=op.f("pk_courier_bill_line")),
    )
    op.create_index(op.f("ix_courier_bill_line_number"), "courier_bill_line", ["number"], unique=False)
    op.create_table(
        "bill_decision",
        sa.Column("bill_sha256", sa.String(length=64), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("decision", sa.String(length=10), nullable=False),
        sa.Column("claimed_minor", sa.BigInteger(), nullable=False),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.String(length=120), nullable=False),
        sa.CheckConstraint("decision IN ('accept', 'claim')", name=op.f("ck_bill_decision_decision")),
        sa.ForeignKeyConstraint(
            ["bill_sha256", "position"],
            ["courier_bill_line.bill_sha256", "courier_bill_line.position"],
            name=op.f("fk_bill_decision_bill_sha256_position_courier_bill_line"),
        ),
        sa.PrimaryKeyConstraint("bill_sha256", "position", "seq", name=op.f("pk_bill_decision")),
    )
    for table in FACTS:
        for statement in insert_only(op.get_bind().dialect.name, table):
            op.execute(statement)
