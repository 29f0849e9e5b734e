"""Parts and places, movements with two ends, requests for parts, and the balances that are their sum."""

from __future__ import annotations

import sqlalchemy as sa

from server.db.metadata import Identifier, Serial, Sha256, UtcTime, metadata

stock_location = sa.Table(
    "stock_location",
    metadata,
    sa.Column("id", Identifier, primary_key=True),
    sa.Column("code", Serial, nullable=False, unique=True),
    sa.Column("name_zh", sa.String(100), nullable=False),
    sa.Column("name_en", sa.String(100), nullable=False),
    sa.Column("kind", sa.String(20), nullable=False),
    sa.Column("custodian", sa.String(80), nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("retired_at", UtcTime),
)
"""``kind`` says whether it is a real place (store, cabinet, bench, burning) or the other side of a movement (supplier,
scrap, case, customer, burned, difference); ``custodian`` is the account of who keeps it, empty for none."""

part = sa.Table(
    "part",
    metadata,
    sa.Column("id", Identifier, primary_key=True),
    sa.Column("number", Serial, nullable=False, unique=True),
    sa.Column("name_zh", sa.String(100), nullable=False),
    sa.Column("name_en", sa.String(100), nullable=False),
    sa.Column("unit", sa.String(20), nullable=False),
    sa.Column("kind", sa.String(20), nullable=False),
    sa.Column("target", sa.String(100), unique=True),
    sa.Column("is_valuable", sa.Boolean, nullable=False),
    sa.Column("minimum", sa.Integer, nullable=False),
    sa.Column("supplier", sa.String(200), nullable=False),
    sa.Column("home_id", Identifier, sa.ForeignKey("stock_location.id"), nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("retired_at", UtcTime),
    sa.CheckConstraint("minimum >= 0", name="minimum"),
)
"""``target`` is the type that burn orders name, of a blank IC alone; ``home_id`` is where it is kept."""

stock_command = sa.Table(
    "stock_command",
    metadata,
    sa.Column("id", Identifier, primary_key=True),
    sa.Column("kind", sa.String(20), nullable=False),
    sa.Column("sha256", Sha256, nullable=False),
    sa.Column("at", UtcTime, nullable=False),
    sa.Column("actor", sa.String(120), nullable=False),
)
"""Insert-only. ``id`` is made by who asks; ``sha256`` is over what was asked, so that the same asked twice is one."""

stock_request = sa.Table(
    "stock_request",
    metadata,
    sa.Column("id", Identifier, sa.ForeignKey("stock_command.id"), primary_key=True),
    sa.Column("no", sa.String(20), nullable=False, unique=True),
    sa.Column("kind", sa.String(20), nullable=False),
    sa.Column("from_id", Identifier, sa.ForeignKey("stock_location.id"), nullable=False),
    sa.Column("to_id", Identifier, sa.ForeignKey("stock_location.id"), nullable=False),
    sa.Column("person", sa.String(80), nullable=False),
    sa.Column("case_id", Identifier),
    sa.Column("case_no", sa.String(60), nullable=False),
    sa.Column("reason", sa.String(20), nullable=False),
    sa.Column("note", sa.String(500), nullable=False),
    sa.Column("requested_at", UtcTime, nullable=False),
    sa.Column("requested_by", sa.String(120), nullable=False),
    sa.Index(None, "case_no"),
)
"""Insert-only. ``kind`` is requisition, kit (a pick list for a case) or scrap."""

stock_request_line = sa.Table(
    "stock_request_line",
    metadata,
    sa.Column("request_id", Identifier, sa.ForeignKey("stock_request.id"), nullable=False),
    sa.Column("part_id", Identifier, sa.ForeignKey("part.id"), nullable=False),
    sa.Column("quantity", sa.Integer, nullable=False),
    sa.PrimaryKeyConstraint("request_id", "part_id"),
    sa.CheckConstraint("quantity > 0", name="quantity"),
)
"""Insert-only."""

stock_decision = sa.Table(
    "stock_decision",
    metadata,
    sa.Column("request_id", Identifier, sa.ForeignKey("stock_request.id"), primary_key=True),
    sa.Column("decision", sa.String(10), nullable=False),
    sa.Column("reason", sa.String(500), nullable=False),
    sa.Column("decided_at", UtcTime, nullable=False),
    sa.Column("decided_by", sa.String(120), nullable=False),
)
"""Insert-only. ``decision`` is approved or refused, by another person than requested it."""

stock_request_end = sa.Table(
    "stock_request_end",
    metadata,
    sa.Column("request_id", Identifier, sa.ForeignKey("stock_request.id"), primary_key=True),
    sa.Column("how", sa.String(10), nullable=False),
    sa.Column("reason", sa.String(500), nullable=False),
    sa.Column("ended_at", UtcTime, nullable=False),
    sa.Column("ended_by", sa.String(120), nullable=False),
)
"""Insert-only. ``how`` is done, once its parts have moved, or cancelled."""

stock_movement = sa.Table(
    "stock_movement",
    metadata,
    sa.Column("part_id", Identifier, sa.ForeignKey("part.id"), nullable=False),
    sa.Column("id", Identifier, nullable=False),
    sa.Column("command_id", Identifier, sa.ForeignKey("stock_command.id"), nullable=False),
    sa.Column("kind", sa.String(20), nullable=False),
    sa.Column("quantity", sa.BigInteger, nullable=False),
    sa.Column("from_id", Identifier, sa.ForeignKey("stock_location.id"), nullable=False),
    sa.Column("to_id", Identifier, sa.ForeignKey("stock_location.id"), nullable=False),
    sa.Column("from_after", sa.BigInteger, nullable=False),
    sa.Column("to_after", sa.BigInteger, nullable=False),
    sa.Column("posted_at", UtcTime, nullable=False),
    sa.Column("actor", sa.String(120), nullable=False),
    sa.Column("approver", sa.String(120), nullable=False),
    sa.Column("person", sa.String(80), nullable=False),
    sa.Column("reason", sa.String(20), nullable=False),
    sa.Column("document", sa.String(60), nullable=False),
    sa.Column("note", sa.String(500), nullable=False),
    sa.Column("case_id", Identifier),
    sa.Column("case_no", sa.String(60), nullable=False),
    sa.Column("order_no", sa.String(20), nullable=False),
    sa.Column("request_id", Identifier, sa.ForeignKey("stock_request.id")),
    sa.Column("reverses", Identifier, unique=True),
    sa.PrimaryKeyConstraint("part_id", "id"),
    sa.CheckConstraint("quantity > 0", name="quantity"),
    sa.CheckConstraint("from_id <> to_id", name="ends"),
    sa.CheckConstraint("approver = '' OR approver <> actor", name="two_persons"),
    sa.Index(None, "id"),
    sa.Index(None, "posted_at", "part_id", "from_id", "to_id", "quantity"),
    sa.Index(None, "command_id"),
    sa.Index(None, "order_no"),
    sa.Index(None, "case_no"),
    sa.Index(None, "document"),
    sa.Index(None, "person"),
    sa.Index(None, "request_id"),
    sa.Index(None, "from_id", "id"),
    sa.Index(None, "to_id", "id"),
)
"""Insert-only. ``from_after`` and ``to_after`` are the balances of the two ends behind it; ``posted_at`` only grows, so
that a past balance stays what it was; ``reverses`` is the movement that this one takes back, each once."""

stock_balance = sa.Table(
    "stock_balance",
    metadata,
    sa.Column("part_id", Identifier, sa.ForeignKey("part.id"), nullable=False),
    sa.Column("location_id", Identifier, sa.ForeignKey("stock_location.id"), nullable=False),
    sa.Column("quantity", sa.BigInteger, nullable=False),
    sa.Column("is_real", sa.Boolean, nullable=False),
    sa.PrimaryKeyConstraint("part_id", "location_id"),
    sa.CheckConstraint("quantity >= 0 OR NOT is_real", name="not_negative"),
    sa.Index(None, "location_id"),
)
"""A cache of the sums of the movements; a real place never has less than nothing."""

burn_stock = sa.Table(
    "burn_stock",
    metadata,
    sa.Column("order_no", sa.String(20), primary_key=True),
    sa.Column("part_id", Identifier, sa.ForeignKey("part.id"), nullable=False),
    sa.Column("is_tracked", sa.Boolean, nullable=False),
    sa.Column("taken", sa.Integer, nullable=False),
    sa.Column("good", sa.Integer, nullable=False),
    sa.Column("scrapped", sa.Integer, nullable=False),
    sa.Column("returned", sa.Integer, nullable=False),
    sa.Column("told_at", UtcTime, nullable=False),
    sa.Index(None, "part_id"),
)
"""A cache of a burn order's accounts, as told last; an order begun before its IC was a part is not tracked."""
