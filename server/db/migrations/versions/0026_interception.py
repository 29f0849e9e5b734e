"""Interception rules, where they met units, what was decided, and lots of production."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from server.db.insert_only import insert_only
from server.db.metadata import Identifier, Serial, Sha256, UtcTime

revision = "0026_interception"
down_revision = "0025_golden_units"

FACTS = (
    "interception_rule",
    "interception_end",
    "interception_hit",
    "interception_decision",
    "production_lot",
    "production_lot_void",
)


def upgrade() -> None:
    _create_rules()
    _create_hits()
    _create_lots()
    for table in FACTS:
        for statement in insert_only(op.get_bind().dialect.name, table):
            op.execute(statement)


def _create_rules() -> None:
    op.create_table(
        "interception_rule",
        sa.Column("id", Identifier(), nullable=False),
        sa.Column("title", sa.String(length=100), nullable=False),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.Column("does", sa.String(length=10), nullable=False),
        sa.Column("starts_at", UtcTime(), nullable=False),
        sa.Column("ends_at", UtcTime(), nullable=True),
        sa.Column("product", sa.String(length=100), nullable=False),
        sa.Column("serial_first", Serial, nullable=False),
        sa.Column("serial_last", Serial, nullable=False),
        sa.Column("image_name", sa.String(length=200), nullable=False),
        sa.Column("image_version", sa.String(length=80), nullable=False),
        sa.Column("lot", sa.String(length=60), nullable=False),
        sa.Column("supplier", sa.String(length=200), nullable=False),
        sa.Column("made_since", sa.Date(), nullable=True),
        sa.Column("made_until", sa.Date(), nullable=True),
        sa.Column("received_since", UtcTime(), nullable=True),
        sa.Column("received_until", UtcTime(), nullable=True),
        sa.Column("sha256", Sha256, nullable=False),
        sa.Column("declared_at", UtcTime(), nullable=False),
        sa.Column("declared_by", sa.String(length=120), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_interception_rule")),
    )
    op.create_table(
        "interception_end",
        sa.Column("rule_id", Identifier(), nullable=False),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.Column("ended_at", UtcTime(), nullable=False),
        sa.Column("ended_by", sa.String(length=120), nullable=False),
        _to_rule("interception_end"),
        sa.PrimaryKeyConstraint("rule_id", name=op.f("pk_interception_end")),
    )


def _create_hits() -> None:
    op.create_table(
        "interception_hit",
        sa.Column("unit_id", Identifier(), nullable=False),
        sa.Column("rule_id", Identifier(), nullable=False),
        sa.Column("occasion", sa.String(length=10), nullable=False),
        sa.Column("id", Identifier(), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("actor", sa.String(length=120), nullable=False),
        sa.Column("carried_from", Identifier(), nullable=True),
        _to_rule("interception_hit"),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.unit_id"], name=op.f("fk_interception_hit_unit_id_unit")),
        sa.PrimaryKeyConstraint("unit_id", "rule_id", "occasion", name=op.f("pk_interception_hit")),
    )
    op.create_index(op.f("ix_interception_hit_rule_id_id"), "interception_hit", ["rule_id", "id"])
    op.create_table(
        "interception_decision",
        sa.Column("unit_id", Identifier(), nullable=False),
        sa.Column("rule_id", Identifier(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("id", Identifier(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.Column("decided_at", UtcTime(), nullable=False),
        sa.Column("decided_by", sa.String(length=120), nullable=False),
        _to_rule("interception_decision"),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.unit_id"], name=op.f("fk_interception_decision_unit_id_unit")),
        sa.PrimaryKeyConstraint("unit_id", "rule_id", "seq", name=op.f("pk_interception_decision")),
    )
    op.create_index(op.f("ix_interception_decision_rule_id"), "interception_decision", ["rule_id"])


def _create_lots() -> None:
    op.create_table(
        "production_lot",
        sa.Column("id", Identifier(), nullable=False),
        sa.Column("lot", sa.String(length=60), nullable=False),
        sa.Column("product", sa.String(length=100), nullable=False),
        sa.Column("supplier", sa.String(length=200), nullable=False),
        sa.Column("made_on", sa.Date(), nullable=True),
        sa.Column("serial_first", Serial, nullable=False),
        sa.Column("serial_last", Serial, nullable=False),
        sa.Column("noted_at", UtcTime(), nullable=False),
        sa.Column("noted_by", sa.String(length=120), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_production_lot")),
    )
    op.create_index(op.f("ix_production_lot_lot"), "production_lot", ["lot"])
    op.create_table(
        "production_lot_void",
        sa.Column("lot_id", Identifier(), nullable=False),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.Column("voided_at", UtcTime(), nullable=False),
        sa.Column("voided_by", sa.String(length=120), nullable=False),
        sa.ForeignKeyConstraint(
            ["lot_id"], ["production_lot.id"], name=op.f("fk_production_lot_void_lot_id_production_lot")
        ),
        sa.PrimaryKeyConstraint("lot_id", name=op.f("pk_production_lot_void")),
    )


def _to_rule(table: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_rule_id_interception_rule")
    return sa.ForeignKeyConstraint(["rule_id"], ["interception_rule.id"], name=name)
