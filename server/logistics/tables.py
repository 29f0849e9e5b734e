"""Waybills, how each one stands, and the units and photos that belong to it."""

from __future__ import annotations

import sqlalchemy as sa

from server.db.metadata import Identifier, Serial, Sha256, UtcTime, metadata

waybill = sa.Table(
    "waybill",
    metadata,
    sa.Column("id", Identifier, primary_key=True),
    sa.Column("site", sa.String(31), nullable=False),
    sa.Column("courier", sa.String(80), nullable=False),
    sa.Column("number", Serial, nullable=False),
    sa.Column("direction", sa.String(3), nullable=False),
    sa.Column("source", sa.String(200), nullable=False),
    sa.Column("received_at", UtcTime, nullable=False),
    sa.Column("received_by", sa.String(120), nullable=False),
    sa.UniqueConstraint("courier", "number", "direction"),
    sa.CheckConstraint("direction IN ('in', 'out')", name="direction"),
    sa.Index(None, "number"),
)
"""Insert-only. ``source`` is who sent it, of an outbound one who gets it; ``received_at`` is when it was entered."""

waybill_unit = sa.Table(
    "waybill_unit",
    metadata,
    sa.Column("unit_id", Identifier, nullable=False),
    sa.Column("id", Identifier, nullable=False),
    sa.Column("waybill_id", Identifier, sa.ForeignKey("waybill.id"), nullable=False),
    sa.PrimaryKeyConstraint("unit_id", "id"),
    sa.Index(None, "waybill_id"),
)
"""Insert-only. The units that came by an inbound waybill; ``id`` is the return case's."""

waybill_standing = sa.Table(
    "waybill_standing",
    metadata,
    sa.Column("waybill_id", Identifier, sa.ForeignKey("waybill.id"), primary_key=True),
    sa.Column("direction", sa.String(3), nullable=False),
    sa.Column("status", sa.String(20), nullable=False),
    sa.Column("status_at", UtcTime, nullable=False),
    sa.Column("status_seq", sa.Integer, nullable=False),
    sa.Column("detail_seq", sa.Integer, nullable=False),
    sa.Column("party_id", Identifier, sa.ForeignKey("party.id")),
    sa.Column("expected_units", sa.Integer),
    sa.Column("weight_g", sa.Integer),
    sa.Column("freight_minor", sa.BigInteger),
    sa.Column("currency", sa.String(3), nullable=False),
    sa.Column("note", sa.String(500), nullable=False),
    sa.Index(None, "direction", "status", "waybill_id"),
    sa.Index(None, "party_id"),
)
"""A cache of the waybill's events and details; ``freight_minor`` is in hundredths of the currency (fen, cents)."""

waybill_event = sa.Table(
    "waybill_event",
    metadata,
    sa.Column("waybill_id", Identifier, sa.ForeignKey("waybill.id"), nullable=False),
    sa.Column("seq", sa.Integer, nullable=False),
    sa.Column("status", sa.String(20), nullable=False),
    sa.Column("at", UtcTime, nullable=False),
    sa.Column("noted_at", UtcTime, nullable=False),
    sa.Column("actor", sa.String(120), nullable=False),
    sa.Column("note", sa.String(500), nullable=False),
    sa.PrimaryKeyConstraint("waybill_id", "seq"),
    sa.Index(None, "status", "at"),
)
"""Insert-only. ``at`` is when the parcel came into ``status``, ``noted_at`` when somebody said so."""

waybill_detail = sa.Table(
    "waybill_detail",
    metadata,
    sa.Column("waybill_id", Identifier, sa.ForeignKey("waybill.id"), nullable=False),
    sa.Column("seq", sa.Integer, nullable=False),
    sa.Column("party_id", Identifier, sa.ForeignKey("party.id")),
    sa.Column("expected_units", sa.Integer),
    sa.Column("weight_g", sa.Integer),
    sa.Column("freight_minor", sa.BigInteger),
    sa.Column("currency", sa.String(3), nullable=False),
    sa.Column("note", sa.String(500), nullable=False),
    sa.Column("at", UtcTime, nullable=False),
    sa.Column("actor", sa.String(120), nullable=False),
    sa.PrimaryKeyConstraint("waybill_id", "seq"),
)
"""Insert-only. What was said of the waybill, each time as a whole; the highest ``seq`` counts."""

waybill_photo = sa.Table(
    "waybill_photo",
    metadata,
    sa.Column("waybill_id", Identifier, sa.ForeignKey("waybill.id"), nullable=False),
    sa.Column("sha256", Sha256, nullable=False),
    sa.Column("media_type", sa.String(20), nullable=False),
    sa.Column("size_bytes", sa.Integer, nullable=False),
    sa.Column("added_at", UtcTime, nullable=False),
    sa.Column("added_by", sa.String(120), nullable=False),
    sa.PrimaryKeyConstraint("waybill_id", "sha256"),
)
"""Insert-only. The bytes are in the store of waybills under their digest."""

parcel_unit = sa.Table(
    "parcel_unit",
    metadata,
    sa.Column("unit_id", Identifier, nullable=False),
    sa.Column("id", Identifier, nullable=False),
    sa.Column("waybill_id", Identifier, sa.ForeignKey("waybill.id"), nullable=False),
    sa.Column("case_id", Identifier),
    sa.Column("serial", Serial, nullable=False),
    sa.Column("packed_at", UtcTime, nullable=False),
    sa.Column("packed_by", sa.String(120), nullable=False),
    sa.PrimaryKeyConstraint("unit_id", "id"),
    sa.Index(None, "waybill_id"),
    sa.Index(None, "case_id"),
)
"""Insert-only. A unit was put into the parcel of an outbound waybill, for this return case if it had one."""

parcel_removal = sa.Table(
    "parcel_removal",
    metadata,
    sa.Column("unit_id", Identifier, nullable=False),
    sa.Column("id", Identifier, nullable=False),
    sa.Column("removed_at", UtcTime, nullable=False),
    sa.Column("removed_by", sa.String(120), nullable=False),
    sa.PrimaryKeyConstraint("unit_id", "id"),
    sa.ForeignKeyConstraint(["unit_id", "id"], ["parcel_unit.unit_id", "parcel_unit.id"]),
)
"""Insert-only. The unit was taken out again before the parcel left."""
