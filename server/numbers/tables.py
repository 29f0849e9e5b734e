"""Pools of serial numbers, the leases that reserved them, and what became of each number; nothing is changed."""

from __future__ import annotations

import sqlalchemy as sa

from server.db.metadata import Identifier, Serial, UtcTime, metadata

number_pool = sa.Table(
    "number_pool",
    metadata,
    sa.Column("name", sa.String(60), primary_key=True),
    sa.Column("prefix", sa.String(40), nullable=False),
    sa.Column("base", sa.Integer, nullable=False),
    sa.Column("digits", sa.Integer, nullable=False),
    sa.Column("first", sa.BigInteger, nullable=False),
    sa.Column("last", sa.BigInteger, nullable=False),
    sa.Column("made_at", UtcTime, nullable=False),
    sa.Column("made_by", sa.String(120), nullable=False),
)
"""Insert-only. Numbers from ``first`` to ``last``, written with ``digits`` digits of ``base`` behind ``prefix``."""

number_lease = sa.Table(
    "number_lease",
    metadata,
    sa.Column("id", Identifier, primary_key=True),
    sa.Column("station_id", sa.String(63), nullable=False),
    sa.Column("order_no", sa.String(100), nullable=False),
    sa.Column("pool", sa.String(60), sa.ForeignKey("number_pool.name"), nullable=False),
    sa.Column("count", sa.Integer, nullable=False),
    sa.Column("reserved_at", UtcTime, nullable=False),
    sa.Column("expires_at", UtcTime, nullable=False),
)
"""Insert-only. Numbers that a station asked for; ``id`` is the station's and makes a repetition harmless."""

leased_number = sa.Table(
    "leased_number",
    metadata,
    sa.Column("number", sa.String(64), primary_key=True),
    sa.Column("pool", sa.String(60), sa.ForeignKey("number_pool.name"), nullable=False),
    sa.Column("value", sa.BigInteger, nullable=False),
    sa.Column("lease_id", Identifier, sa.ForeignKey("number_lease.id"), nullable=False),
    sa.Column("order_no", sa.String(100), nullable=False),
    sa.UniqueConstraint("pool", "value"),
    sa.Index(None, "lease_id"),
    sa.Index(None, "order_no", "pool"),
)
"""Insert-only. Each number there ever was, once, in whatever pool."""

number_event = sa.Table(
    "number_event",
    metadata,
    sa.Column("number", sa.String(64), sa.ForeignKey("leased_number.number"), nullable=False),
    sa.Column("state", sa.String(10), nullable=False),
    sa.Column("at", UtcTime, nullable=False),
    sa.Column("by", sa.String(120), nullable=False),
    sa.Column("burn_id", Identifier),
    sa.Column("unit_id", Identifier),
    sa.Column("serial", Serial),
    sa.Column("reason", sa.String(500), nullable=False),
    sa.PrimaryKeyConstraint("number", "state"),
)
"""Insert-only. A number was burned, verified, bound to a unit, or made void, each once; before that it is reserved."""
