"""Burn orders with their approval and end, and every IC that changed hands for them; nothing is changed."""

from __future__ import annotations

import sqlalchemy as sa

from server.db.metadata import Identifier, Serial, Sha256, UtcTime, metadata

burn_order = sa.Table(
    "burn_order",
    metadata,
    sa.Column("no", sa.String(20), primary_key=True),
    sa.Column("site", sa.String(31), nullable=False),
    sa.Column("kind", sa.String(10), nullable=False),
    sa.Column("unit_id", Identifier),
    sa.Column("family", sa.String(40), nullable=False),
    sa.Column("serial", Serial, nullable=False),
    sa.Column("approval_id", Identifier, sa.ForeignKey("image_approval.id"), nullable=False),
    sa.Column("image_sha256", Sha256, sa.ForeignKey("image.sha256"), nullable=False),
    sa.Column("quantity", sa.Integer, nullable=False),
    sa.Column("note", sa.String(500), nullable=False),
    sa.Column("requested_at", UtcTime, nullable=False),
    sa.Column("requested_by", sa.String(120), nullable=False),
    sa.Index(None, "unit_id"),
    sa.Index(None, "image_sha256"),
)
"""Insert-only. ``approval_id`` says which image goes into which target of which product; the unit is one of kind unit,
and empty otherwise."""

order_approval = sa.Table(
    "order_approval",
    metadata,
    sa.Column("order_no", sa.String(20), sa.ForeignKey("burn_order.no"), primary_key=True),
    sa.Column("approved_at", UtcTime, nullable=False),
    sa.Column("approved_by", sa.String(120), nullable=False),
)
"""Insert-only. By another person than requested it."""

order_end = sa.Table(
    "order_end",
    metadata,
    sa.Column("order_no", sa.String(20), sa.ForeignKey("burn_order.no"), primary_key=True),
    sa.Column("how", sa.String(10), nullable=False),
    sa.Column("reason", sa.String(500), nullable=False),
    sa.Column("ended_at", UtcTime, nullable=False),
    sa.Column("ended_by", sa.String(120), nullable=False),
)
"""Insert-only. ``how`` is closed or cancelled."""

custody_entry = sa.Table(
    "custody_entry",
    metadata,
    sa.Column("id", Identifier, primary_key=True),
    sa.Column("order_no", sa.String(20), sa.ForeignKey("burn_order.no"), nullable=False),
    sa.Column("event", sa.String(10), nullable=False),
    sa.Column("quantity", sa.Integer, nullable=False),
    sa.Column("is_counted", sa.Boolean, nullable=False),
    sa.Column("reason", sa.String(20), nullable=False),
    sa.Column("note", sa.String(500), nullable=False),
    sa.Column("burn_id", Identifier),
    sa.Column("unique_id", sa.String(64), nullable=False),
    sa.Column("station_id", sa.String(63), nullable=False),
    sa.Column("operator", sa.String(120), nullable=False),
    sa.Column("at", UtcTime, nullable=False),
    sa.Column("received_at", UtcTime, nullable=False),
    sa.Index(None, "order_no", "is_counted", "event", "quantity"),
    sa.Index(None, "order_no", "unique_id"),
)
"""Insert-only. ``event`` is taken, good, scrapped or returned; ``id`` is its letter's or burn's, or made for a
correction, whose quantity may be negative and whose station is empty. What broke a rule is not counted."""
