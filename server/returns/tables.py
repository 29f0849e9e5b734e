"""Return cases, their events, and the arrivals that opened them."""

from __future__ import annotations

import sqlalchemy as sa

from server.db.metadata import Identifier, Serial, Sha256, UtcTime, metadata

arrival = sa.Table(
    "arrival",
    metadata,
    sa.Column("id", Identifier, primary_key=True),
    sa.Column("sha256", Sha256, nullable=False),
    sa.Column("waybill_id", Identifier, sa.ForeignKey("waybill.id"), nullable=False),
    sa.Column("received_at", UtcTime, nullable=False),
    sa.Column("received_by", sa.String(120), nullable=False),
)
"""Insert-only. ``sha256`` is over what was asked, so that the same arrival sent twice is one."""

return_case = sa.Table(
    "return_case",
    metadata,
    sa.Column("unit_id", Identifier, sa.ForeignKey("unit.unit_id"), nullable=False),
    sa.Column("id", Identifier, nullable=False),
    sa.Column("site", sa.String(31), nullable=False),
    sa.Column("case_no", sa.String(60), nullable=False),
    sa.Column("serial", Serial, nullable=False),
    sa.Column("product", sa.String(100), nullable=False),
    sa.Column("arrival_id", Identifier, sa.ForeignKey("arrival.id"), nullable=False),
    sa.Column("waybill_id", Identifier, sa.ForeignKey("waybill.id"), nullable=False),
    sa.Column("source", sa.String(200), nullable=False),
    sa.Column("reason", sa.String(500), nullable=False),
    sa.Column("state", sa.String(20), nullable=False),
    sa.Column("is_provisional", sa.Boolean, nullable=False),
    sa.Column("opened_at", UtcTime, nullable=False),
    sa.Column("opened_by", sa.String(120), nullable=False),
    sa.Column("changed_at", UtcTime, nullable=False),
    sa.Column("closed_at", UtcTime),
    sa.PrimaryKeyConstraint("unit_id", "id"),
    sa.UniqueConstraint("site", "case_no"),
    sa.Index(None, "id"),
    sa.Index(None, "state", "id"),
    sa.Index(None, "arrival_id"),
)
"""``state``, ``changed_at`` and ``closed_at`` are a cache of the case's events."""

sa.Index(
    "uq_return_case_open",
    return_case.c.unit_id,
    unique=True,
    sqlite_where=return_case.c.closed_at.is_(None),
    postgresql_where=return_case.c.closed_at.is_(None),
)

case_event = sa.Table(
    "case_event",
    metadata,
    sa.Column("unit_id", Identifier, nullable=False),
    sa.Column("id", Identifier, nullable=False),
    sa.Column("case_id", Identifier, nullable=False),
    sa.Column("seq", sa.Integer, nullable=False),
    sa.Column("state", sa.String(20), nullable=False),
    sa.Column("at", UtcTime, nullable=False),
    sa.Column("actor", sa.String(120), nullable=False),
    sa.Column("note", sa.String(500), nullable=False),
    sa.PrimaryKeyConstraint("unit_id", "id"),
    sa.UniqueConstraint("unit_id", "case_id", "seq"),
    sa.ForeignKeyConstraint(["unit_id", "case_id"], ["return_case.unit_id", "return_case.id"]),
)
"""Insert-only. ``state`` is the state that the case entered."""
