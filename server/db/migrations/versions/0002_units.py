"""Units, their events, discrepancies and the serial rules."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from server.db.insert_only import insert_only

revision = "0002_units"
down_revision = "0001_people"

FACTS = ("unit_event", "discrepancy")

SERIAL = sa.String(64).with_variant(sa.String(64, collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "discrepancy",
        sa.Column("unit_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("subject_kind", sa.String(length=20), nullable=False),
        sa.Column("subject_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("station_id", sa.String(length=63), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("detail", sa.String(length=500), nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("unit_id", "id", name=op.f("pk_discrepancy")),
    )
    op.create_index(op.f("ix_discrepancy_id"), "discrepancy", ["id"], unique=False)
    op.create_index(op.f("ix_discrepancy_subject_id"), "discrepancy", ["subject_id"], unique=False)
    op.create_table(
        "serial_rule",
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("family", sa.String(length=40), nullable=False),
        sa.Column("product", sa.String(length=100), nullable=False),
        sa.Column("pattern", sa.String(length=200), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("retired_in", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_serial_rule")),
    )
    op.create_table(
        "unit",
        sa.Column("unit_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("site", sa.String(length=31), nullable=False),
        sa.Column("family", sa.String(length=40), nullable=False),
        sa.Column("serial", SERIAL, nullable=False),
        sa.Column("serial_reversed", SERIAL, nullable=False),
        sa.Column("product", sa.String(length=100), nullable=False),
        sa.Column("is_provisional", sa.Boolean(), nullable=False),
        sa.Column("first_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_event_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_event_kind", sa.String(length=40), nullable=True),
        sa.Column("last_verdict", sa.String(length=10), nullable=True),
        sa.Column("head_seq", sa.Integer(), nullable=False),
        sa.Column("head_sha256", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("unit_id", name=op.f("pk_unit")),
    )
    op.create_index(op.f("ix_unit_last_event_at"), "unit", ["last_event_at"], unique=False)
    op.create_index(op.f("ix_unit_serial_reversed"), "unit", ["serial_reversed"], unique=False)
    op.create_index(op.f("ix_unit_serial_unit_id"), "unit", ["serial", "unit_id"], unique=False)
    op.create_table(
        "unit_event",
        sa.Column("unit_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(length=120), nullable=False),
        sa.Column("station_id", sa.String(length=63), nullable=True),
        sa.Column("case_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("prev_sha256", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.unit_id"], name=op.f("fk_unit_event_unit_id_unit")),
        sa.PrimaryKeyConstraint("unit_id", "id", name=op.f("pk_unit_event")),
        sa.UniqueConstraint("unit_id", "seq", name=op.f("uq_unit_event_unit_id_seq")),
    )
    for table in FACTS:
        for statement in insert_only(op.get_bind().dialect.name, table):
            op.execute(statement)
