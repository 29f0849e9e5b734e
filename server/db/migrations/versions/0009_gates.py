"""Plans released, units held, what is demanded of them before an outgoing test."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from server.db.insert_only import insert_only

revision = "0009_gates"
down_revision = "0008_operators"

FACTS = ("plan_release", "plan_withdrawal", "hold", "hold_release", "route_demand", "route_done")


def upgrade() -> None:
    serial = sa.String(length=64).with_variant(sa.String(length=64, collation="C"), "postgresql")
    op.create_table(
        "plan_release",
        sa.Column("id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("product", sa.String(length=100), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("released_by", sa.String(length=120), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan_release")),
    )
    op.create_index(op.f("ix_plan_release_product_sha256"), "plan_release", ["product", "sha256"], unique=False)
    op.create_table(
        "hold",
        sa.Column("id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("unit_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("serial", serial, nullable=False),
        sa.Column("product", sa.String(length=100), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("held_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("held_by", sa.String(length=120), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hold")),
    )
    op.create_index(op.f("ix_hold_unit_id"), "hold", ["unit_id"], unique=False)
    op.create_table(
        "route_demand",
        sa.Column("id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("unit_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("serial", serial, nullable=False),
        sa.Column("what", sa.String(length=10), nullable=False),
        sa.Column("image_sha256", sa.String(length=64), nullable=False),
        sa.Column("detail", sa.String(length=200), nullable=False),
        sa.Column("demanded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("demanded_by", sa.String(length=120), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_route_demand")),
    )
    op.create_index(op.f("ix_route_demand_unit_id"), "route_demand", ["unit_id"], unique=False)
    _create_end("plan_withdrawal", "release_id", "plan_release", ("withdrawn_at", "withdrawn_by"), has_reason=True)
    _create_end("hold_release", "hold_id", "hold", ("released_at", "released_by"), has_reason=True)
    _create_end("route_done", "demand_id", "route_demand", ("done_at", "done_by"), has_reason=False)
    op.create_index(op.f("ix_route_done_done_at"), "route_done", ["done_at"], unique=False)
    for table in FACTS:
        for statement in insert_only(op.get_bind().dialect.name, table):
            op.execute(statement)


def _create_end(table: str, key: str, of: str, when_and_who: tuple[str, str], has_reason: bool) -> None:
    """A table of what ends rows of ``of``."""
    when, who = when_and_who
    reason = [sa.Column("reason", sa.String(length=500), nullable=False)] if has_reason else []
    op.create_table(
        table,
        sa.Column(key, sa.Uuid(as_uuid=False), nullable=False),
        *reason,
        sa.Column(when, sa.DateTime(timezone=True), nullable=False),
        sa.Column(who, sa.String(length=120), nullable=False),
        sa.ForeignKeyConstraint([key], [f"{of}.id"], name=op.f(f"fk_{table}_{key}_{of}")),
        sa.PrimaryKeyConstraint(key, name=op.f(f"pk_{table}")),
    )
