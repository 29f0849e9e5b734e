"""Golden units of stations."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from server.db.insert_only import insert_only
from server.db.metadata import Identifier, Serial, UtcTime

revision = "0025_golden_units"
down_revision = "0024_people"


def upgrade() -> None:
    op.create_table(
        "golden_unit",
        sa.Column("id", Identifier(), nullable=False),
        sa.Column("station_id", sa.String(length=63), nullable=False),
        sa.Column("product", sa.String(length=100), nullable=False),
        sa.Column("serial", Serial, nullable=False),
        sa.Column("every_h", sa.Double(), nullable=False),
        sa.Column("set_at", UtcTime(), nullable=False),
        sa.Column("set_by", sa.String(length=120), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_golden_unit")),
    )
    op.create_index(op.f("ix_golden_unit_station_id_product"), "golden_unit", ["station_id", "product"], unique=False)
    op.create_table(
        "golden_unit_end",
        sa.Column("golden_unit_id", Identifier(), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("ended_at", UtcTime(), nullable=False),
        sa.Column("ended_by", sa.String(length=120), nullable=False),
        sa.ForeignKeyConstraint(
            ["golden_unit_id"], ["golden_unit.id"], name=op.f("fk_golden_unit_end_golden_unit_id_golden_unit")
        ),
        sa.PrimaryKeyConstraint("golden_unit_id", name=op.f("pk_golden_unit_end")),
    )
    for table in ("golden_unit", "golden_unit_end"):
        for statement in insert_only(op.get_bind().dialect.name, table):
            op.execute(statement)
