"""Serial numbers, burn orders, and the ICs that change hands for them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from server.db.insert_only import insert_only

revision = "0012_orders"
down_revision = "0011_images"

FACTS = (
    "number_pool",
    "number_lease",
    "leased_number",
    "number_event",
    "burn_order",
    "order_approval",
    "order_end",
    "custody_entry",
)


def upgrade() -> None:
    _create_numbers()
    _create_orders()
    op.create_index(op.f("ix_burn_order_no_id"), "burn", ["order_no", "id"], unique=False)
    for table in FACTS:
        for statement in insert_only(op.get_bind().dialect.name, table):
            op.execute(statement)


def _create_numbers() -> None:
    op.create_table(
        "number_pool",
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("prefix", sa.String(length=40), nullable=False),
        sa.Column("base", sa.Integer(), nullable=False),
        sa.Column("digits", sa.Integer(), nullable=False),
        sa.Column("first", sa.BigInteger(), nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.String(length=120), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_number_pool")),
    )
    op.create_table(
        "number_lease",
        sa.Column("id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("station_id", sa.String(length=63), nullable=False),
        sa.Column("order_no", sa.String(length=100), nullable=False),
        sa.Column("pool", sa.String(length=60), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("reserved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["pool"], ["number_pool.name"], name=op.f("fk_number_lease_pool_number_pool")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_number_lease")),
    )
    op.create_table(
        "leased_number",
        sa.Column("number", sa.String(length=64), nullable=False),
        sa.Column("pool", sa.String(length=60), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.Column("lease_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("order_no", sa.String(length=100), nullable=False),
        sa.ForeignKeyConstraint(["lease_id"], ["number_lease.id"], name=op.f("fk_leased_number_lease_id_number_lease")),
        sa.ForeignKeyConstraint(["pool"], ["number_pool.name"], name=op.f("fk_leased_number_pool_number_pool")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_leased_number")),
        sa.UniqueConstraint("pool", "value", name=op.f("uq_leased_number_pool_value")),
    )
    op.create_index(op.f("ix_leased_number_lease_id"), "leased_number", ["lease_id"], unique=False)
    op.create_index(op.f("ix_leased_number_order_no_pool"), "leased_number", ["order_no", "pool"], unique=False)
    serial = sa.String(length=64).with_variant(sa.String(length=64, collation="C"), "postgresql")
    op.create_table(
        "number_event",
        sa.Column("number", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(length=120), nullable=False),
        sa.Column("burn_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("unit_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("serial", serial, nullable=True),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.ForeignKeyConstraint(
            ["number"], ["leased_number.number"], name=op.f("fk_number_event_number_leased_number")
        ),
        sa.PrimaryKeyConstraint("number", "state", name=op.f("pk_number_event")),
    )


def _create_orders() -> None:
    serial = sa.String(length=64).with_variant(sa.String(length=64, collation="C"), "postgresql")
    op.create_table(
        "burn_order",
        sa.Column("no", sa.String(length=20), nullable=False),
        sa.Column("site", sa.String(length=31), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("unit_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("family", sa.String(length=40), nullable=False),
        sa.Column("serial", serial, nullable=False),
        sa.Column("approval_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("image_sha256", sa.String(length=64), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("requested_by", sa.String(length=120), nullable=False),
        sa.ForeignKeyConstraint(
            ["approval_id"], ["image_approval.id"], name=op.f("fk_burn_order_approval_id_image_approval")
        ),
        sa.ForeignKeyConstraint(["image_sha256"], ["image.sha256"], name=op.f("fk_burn_order_image_sha256_image")),
        sa.PrimaryKeyConstraint("no", name=op.f("pk_burn_order")),
    )
    op.create_index(op.f("ix_burn_order_unit_id"), "burn_order", ["unit_id"], unique=False)
    op.create_index(op.f("ix_burn_order_image_sha256"), "burn_order", ["image_sha256"], unique=False)
    _create_fact_of_order("order_approval", ("approved_at", "approved_by"), ())
    how = sa.Column("how", sa.String(length=10), nullable=False)
    reason = sa.Column("reason", sa.String(length=500), nullable=False)
    _create_fact_of_order("order_end", ("ended_at", "ended_by"), (how, reason))
    op.create_table(
        "custody_entry",
        sa.Column("id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("order_no", sa.String(length=20), nullable=False),
        sa.Column("event", sa.String(length=10), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("is_counted", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.String(length=20), nullable=False),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.Column("burn_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("unique_id", sa.String(length=64), nullable=False),
        sa.Column("station_id", sa.String(length=63), nullable=False),
        sa.Column("operator", sa.String(length=120), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["order_no"], ["burn_order.no"], name=op.f("fk_custody_entry_order_no_burn_order")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_custody_entry")),
    )
    op.create_index(
        op.f("ix_custody_entry_order_no_is_counted_event_quantity"),
        "custody_entry",
        ["order_no", "is_counted", "event", "quantity"],
        unique=False,
    )
    op.create_index(
        op.f("ix_custody_entry_order_no_unique_id"), "custody_entry", ["order_no", "unique_id"], unique=False
    )


def _create_fact_of_order(table: str, when_and_who: tuple[str, str], more: tuple[sa.Column[str], ...]) -> None:
    when, who = when_and_who
    op.create_table(
        table,
        sa.Column("order_no", sa.String(length=20), nullable=False),
        *more,
        sa.Column(when, sa.DateTime(timezone=True), nullable=False),
        sa.Column(who, sa.String(length=120), nullable=False),
        sa.ForeignKeyConstraint(["order_no"], ["burn_order.no"], name=op.f(f"fk_{table}_order_no_burn_order")),
        sa.PrimaryKeyConstraint("order_no", name=op.f(f"pk_{table}")),
    )
