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
    sa.Column("arrival_id", Identifier, sa.ForeignKey("arrival.id")),
    sa.Column("waybill_id", Identifier, sa.ForeignKey("waybill.id")),
    sa.Column("source", sa.String(200), nullable=False),
    sa.Column("reason", sa.String(500), nullable=False),
    sa.Column("state", sa.String(20), nullable=False),
    sa.Column("is_provisional", sa.Boolean, nullable=False),
    sa.Column("opened_at", UtcTime, nullable=False),
    sa.Column("opened_by", sa.String(120), nullable=False),
    sa.Column("changed_at", UtcTime, nullable=False),
    sa.Column("closed_at", UtcTime),
    sa.Column("kind", sa.String(20), nullable=False, server_default="repair"),
    sa.Column("version", sa.Integer, nullable=False, server_default="1"),
    sa.Column("owner", sa.String(80), nullable=False, server_default=""),
    sa.Column("confirmed_reason", sa.String(500), nullable=False, server_default=""),
    sa.Column("grade", sa.String(10), nullable=False, server_default=""),
    sa.Column("due_on", sa.Date),
    sa.Column("sold_on", sa.Date),
    sa.Column("warranty_until", sa.Date),
    sa.Column("replaced_by", Identifier),
    sa.Column("continues", Identifier),
    sa.PrimaryKeyConstraint("unit_id", "id"),
    sa.UniqueConstraint("site", "case_no"),
    sa.Index(None, "id"),
    sa.Index(None, "state", "id"),
    sa.Index(None, "owner", "id"),
    sa.Index(None, "arrival_id"),
)
"""``state``, ``changed_at``, ``closed_at`` and what comes after them are a cache of the case's events; ``version`` is
the seq of the last one. Without arrival and waybill while the case is only announced. ``replaced_by`` is the unit that
was given in exchange, ``continues`` the case of the provisional unit that turned out to be this one."""

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
    sa.Column("move", sa.String(30), nullable=False, server_default="receive"),
    sa.Column("basis", sa.Text, nullable=False, server_default="{}"),
    sa.Column("sha256", sa.String(64), nullable=False, server_default=""),
    sa.PrimaryKeyConstraint("unit_id", "id"),
    sa.UniqueConstraint("unit_id", "case_id", "seq"),
    sa.ForeignKeyConstraint(["unit_id", "case_id"], ["return_case.unit_id", "return_case.id"]),
)
"""Insert-only. ``move`` is the transition of cases.toml, ``state`` the state that the case entered by it. The client
makes ``id``, and ``sha256`` is over what it asked: the same move sent twice is one. ``basis`` (JSON) is what it rested
on: the runs and facts of its gate, or what was changed of the case."""
