"""Parties, how waybills stand, photos of slips, and what is packed into outbound parcels."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from server.db.insert_only import insert_only

revision = "0017_waybills"
down_revision = "0016_parts"

FACTS = (
    "party_change",
    "waybill_event",
    "waybill_detail",
    "waybill_photo",
    "parcel_unit",
    "parcel_removal",
)

SERIAL = sa.String(64).with_variant(sa.String(64, collation="C"), "postgresql")
NAME_KEY = sa.String(200).with_variant(sa.String(200, collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "party",
        sa.Column("id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("name_key", NAME_KEY, nullable=False),
        sa.Column("region", sa.String(length=80), nullable=False),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.Column("is_closed", sa.Boolean(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_by", sa.String(length=120), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_party")),
        sa.UniqueConstraint("name_key", name=op.f("uq_party_name_key")),
    )
    op.create_index(op.f("ix_party_kind_name_key"), "party", ["kind", "name_key"], unique=False)
    op.create_table(
        "parcel_unit",
        sa.Column("unit_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("waybill_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("case_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("serial", SERIAL, nullable=False),
        sa.Column("packed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("packed_by", sa.String(length=120), nullable=False),
        sa.ForeignKeyConstraint(["waybill_id"], ["waybill.id"], name=op.f("fk_parcel_unit_waybill_id_waybill")),
        sa.PrimaryKeyConstraint("unit_id", "id", name=op.f("pk_parcel_unit")),
    )
    op.create_index(op.f("ix_parcel_unit_case_id"), "parcel_unit", ["case_id"], unique=False)
    op.create_index(op.f("ix_parcel_unit_waybill_id"), "parcel_unit", ["waybill_id"], unique=False)
    op.create_table(
        "party_change",
        sa.Column("party_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("region", sa.String(length=80), nullable=False),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.Column("is_closed", sa.Boolean(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_by", sa.String(length=120), nullable=False),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name=op.f("fk_party_change_party_id_party")),
        sa.PrimaryKeyConstraint("party_id", "version", name=op.f("pk_party_change")),
    )
    op.create_table(
        "party_contact",
        sa.Column("id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("party_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("phone", sa.String(length=40), nullable=False),
        sa.Column("address", sa.String(length=300), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("added_by", sa.String(length=120), nullable=False),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name=op.f("fk_party_contact_party_id_party")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_party_contact")),
    )
    op.create_index(op.f("ix_party_contact_party_id"), "party_contact", ["party_id"], unique=False)
    op.create_table(
        "waybill_detail",
        sa.Column("waybill_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("party_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("expected_units", sa.Integer(), nullable=True),
        sa.Column("weight_g", sa.Integer(), nullable=True),
        sa.Column("freight_minor", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(length=120), nullable=False),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name=op.f("fk_waybill_detail_party_id_party")),
        sa.ForeignKeyConstraint(["waybill_id"], ["waybill.id"], name=op.f("fk_waybill_detail_waybill_id_waybill")),
        sa.PrimaryKeyConstraint("waybill_id", "seq", name=op.f("pk_waybill_detail")),
    )
    op.create_table(
        "waybill_event",
        sa.Column("waybill_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("noted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(length=120), nullable=False),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.ForeignKeyConstraint(["waybill_id"], ["waybill.id"], name=op.f("fk_waybill_event_waybill_id_waybill")),
        sa.PrimaryKeyConstraint("waybill_id", "seq", name=op.f("pk_waybill_event")),
    )
    op.create_index(op.f("ix_waybill_event_status_at"), "waybill_event", ["status", "at"], unique=False)
    op.create_table(
        "waybill_photo",
        sa.Column("waybill_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("media_type", sa.String(length=20), nullable=False),
        sa.Column("size_bytes", sa.Integer(), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("added_by", sa.String(length=120), nullable=False),
        sa.ForeignKeyConstraint(["waybill_id"], ["waybill.id"], name=op.f("fk_waybill_photo_waybill_id_waybill")),
        sa.PrimaryKeyConstraint("waybill_id", "sha256", name=op.f("pk_waybill_photo")),
    )
    op.create_table(
        "waybill_standing",
        sa.Column("waybill_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("direction", sa.String(length=3), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("status_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status_seq", sa.Integer(), nullable=False),
        sa.Column("detail_seq", sa.Integer(), nullable=False),
        sa.Column("party_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("expected_units", sa.Integer(), nullable=True),
        sa.Column("weight_g", sa.Integer(), nullable=True),
        sa.Column("freight_minor", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name=op.f("fk_waybill_standing_party_id_party")),
        sa.ForeignKeyConstraint(["waybill_id"], ["waybill.id"], name=op.f("fk_waybill_standing_waybill_id_waybill")),
        sa.PrimaryKeyConstraint("waybill_id", name=op.f("pk_waybill_standing")),
    )
    op.create_index(
        op.f("ix_waybill_standing_direction_status_waybill_id"),
        "waybill_standing",
        ["direction", "status", "waybill_id"],
        unique=False,
    )
    op.create_index(op.f("ix_waybill_standing_party_id"), "waybill_standing", ["party_id"], unique=False)
    op.create_table(
        "parcel_removal",
        sa.Column("unit_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("removed_by", sa.String(length=120), nullable=False),
        sa.ForeignKeyConstraint(
            ["unit_id", "id"],
            ["parcel_unit.unit_id", "parcel_unit.id"],
            name=op.f("fk_parcel_removal_unit_id_id_parcel_unit"),
        ),
        sa.PrimaryKeyConstraint("unit_id", "id", name=op.f("pk_parcel_removal")),
    )
    # waybills that were on record: each came with its units
    op.execute(
        "INSERT INTO waybill_event (waybill_id, seq, status, at, noted_at, actor, note) "
        "SELECT id, 1, 'arrived', received_at, received_at, received_by, '' FROM waybill WHERE direction = 'in'"
    )
    op.execute(
        "INSERT INTO waybill_standing "
        "(waybill_id, direction, status, status_at, status_seq, detail_seq, currency, note) "
        "SELECT id, direction, 'arrived', received_at, 1, 0, 'CNY', '' FROM waybill WHERE direction = 'in'"
    )
    for table in FACTS:
        for statement in insert_only(op.get_bind().dialect.name, table):
            op.execute(statement)
