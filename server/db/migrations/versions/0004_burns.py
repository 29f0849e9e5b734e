"""Burns."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from server.db.insert_only import insert_only

revision = "0004_burns"
down_revision = "0003_runs"

FACTS = ("burn", "burn_sheet")

SERIAL = sa.String(64).with_variant(sa.String(64, collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "burn",
        sa.Column("unit_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("site", sa.String(length=31), nullable=False),
        sa.Column("serial", SERIAL, nullable=True),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("order_no", sa.String(length=100), nullable=True),
        sa.Column("station_id", sa.String(length=63), nullable=False),
        sa.Column("programmer", sa.String(length=100), nullable=False),
        sa.Column("programmer_model", sa.String(length=200), nullable=False),
        sa.Column("socket", sa.String(length=100), nullable=False),
        sa.Column("target", sa.String(length=100), nullable=False),
        sa.Column("jedec", sa.String(length=12), nullable=False),
        sa.Column("unique_id", sa.String(length=64), nullable=False),
        sa.Column("image_name", sa.String(length=200), nullable=False),
        sa.Column("image_version", sa.String(length=80), nullable=False),
        sa.Column("image_sha256", sa.String(length=64), nullable=False),
        sa.Column("image_size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("before_sha256", sa.String(length=64), nullable=False),
        sa.Column("after_sha256", sa.String(length=64), nullable=False),
        sa.Column("proof", sa.String(length=30), nullable=False),
        sa.Column("operator", sa.String(length=80), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("retries", sa.BigInteger(), nullable=False),
        sa.Column("result", sa.String(length=10), nullable=False),
        sa.Column("is_marginal", sa.Boolean(), nullable=False),
        sa.Column("has_discrepancy", sa.Boolean(), nullable=False),
        sa.Column("failure_kind", sa.String(length=20), nullable=True),
        sa.Column("failure_message", sa.Text(), nullable=True),
        sa.Column("case_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("letter_sha256", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("unit_id", "id", name=op.f("pk_burn")),
    )
    op.create_index(op.f("ix_burn_id"), "burn", ["id"], unique=False)
    op.create_index(op.f("ix_burn_image_sha256_id"), "burn", ["image_sha256", "id"], unique=False)
    op.create_table(
        "burn_sheet",
        sa.Column("unit_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("burn_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("sheet", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["unit_id", "burn_id"], ["burn.unit_id", "burn.id"], name=op.f("fk_burn_sheet_unit_id_burn_id_burn")
        ),
        sa.PrimaryKeyConstraint("unit_id", "burn_id", name=op.f("pk_burn_sheet")),
    )
    for table in FACTS:
        for statement in insert_only(op.get_bind().dialect.name, table):
            op.execute(statement)
