"""Waybills and the units on them."""

from __future__ import annotations

import sqlalchemy as sa

from server.db.metadata import Identifier, Serial, UtcTime, metadata

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
"""Insert-only. ``source`` is who sent it."""

waybill_unit = sa.Table(
    "waybill_unit",
    metadata,
    sa.Column("unit_id", Identifier, nullable=False),
    sa.Column("id", Identifier, nullable=False),
    sa.Column("waybill_id", Identifier, sa.ForeignKey("waybill.id"), nullable=False),
    sa.PrimaryKeyConstraint("unit_id", "id"),
    sa.Index(None, "waybill_id"),
)
"""Insert-only. ``id`` is the return case's."""
