"""Couriers' bills with their lines, what was decided of a line, and the months that are closed."""

from __future__ import annotations

import sqlalchemy as sa

from server.db.metadata import Identifier, Serial, Sha256, UtcTime, metadata

courier_bill = sa.Table(
    "courier_bill",
    metadata,
    sa.Column("sha256", Sha256, primary_key=True),
    sa.Column("courier", sa.String(80), nullable=False),
    sa.Column("month", sa.String(7), nullable=False),
    sa.Column("file_name", sa.String(200), nullable=False),
    sa.Column("currency", sa.String(3), nullable=False),
    sa.Column("lines", sa.Integer, nullable=False),
    sa.Column("total_minor", sa.BigInteger, nullable=False),
    sa.Column("imported_at", UtcTime, nullable=False),
    sa.Column("imported_by", sa.String(120), nullable=False),
    sa.Index(None, "courier", "month"),
)
"""Insert-only. ``sha256`` is that of the file, which is in the store of bills; ``month`` is written 2026-11."""

courier_bill_line = sa.Table(
    "courier_bill_line",
    metadata,
    sa.Column("bill_sha256", Sha256, sa.ForeignKey("courier_bill.sha256"), nullable=False),
    sa.Column("position", sa.Integer, nullable=False),
    sa.Column("number", Serial, nullable=False),
    sa.Column("direction", sa.String(3), nullable=False),
    sa.Column("day", sa.String(20), nullable=False),
    sa.Column("weight_g", sa.Integer),
    sa.Column("price_minor", sa.BigInteger, nullable=False),
    sa.PrimaryKeyConstraint("bill_sha256", "position"),
    sa.Index(None, "number"),
)
"""Insert-only. ``position`` is the line of the file; ``direction`` is empty where the bill does not say."""

bill_decision = sa.Table(
    "bill_decision",
    metadata,
    sa.Column("bill_sha256", Sha256, nullable=False),
    sa.Column("position", sa.Integer, nullable=False),
    sa.Column("seq", sa.Integer, nullable=False),
    sa.Column("decision", sa.String(10), nullable=False),
    sa.Column("claimed_minor", sa.BigInteger, nullable=False),
    sa.Column("note", sa.String(500), nullable=False),
    sa.Column("decided_at", UtcTime, nullable=False),
    sa.Column("decided_by", sa.String(120), nullable=False),
    sa.PrimaryKeyConstraint("bill_sha256", "position", "seq"),
    sa.ForeignKeyConstraint(
        ["bill_sha256", "position"], ["courier_bill_line.bill_sha256", "courier_bill_line.position"]
    ),
    sa.CheckConstraint("decision IN ('accept', 'claim')", name="decision"),
)
"""Insert-only. The highest ``seq`` of a line counts; ``claimed_minor`` is what we do not pay of it."""

freight_close = sa.Table(
    "freight_close",
    metadata,
    sa.Column("courier", sa.String(80), nullable=False),
    sa.Column("month", sa.String(7), nullable=False),
    sa.Column("id", Identifier, nullable=False),
    sa.Column("currency", sa.String(3), nullable=False),
    sa.Column("lines", sa.Integer, nullable=False),
    sa.Column("billed_minor", sa.BigInteger, nullable=False),
    sa.Column("accepted_minor", sa.BigInteger, nullable=False),
    sa.Column("claimed_minor", sa.BigInteger, nullable=False),
    sa.Column("sha256", Sha256, nullable=False),
    sa.Column("content", sa.Text, nullable=False),
    sa.Column("closed_at", UtcTime, nullable=False),
    sa.Column("closed_by", sa.String(120), nullable=False),
    sa.PrimaryKeyConstraint("courier", "month"),
)
"""Insert-only. The month as it was closed: ``content`` is the JSON of every line with its class and decision."""
