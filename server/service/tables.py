"""Service requests, what happened to each, and who called, which is personal data."""

from __future__ import annotations

import sqlalchemy as sa

from server.db.metadata import Identifier, Sha256, UtcTime, metadata

service_request = sa.Table(
    "service_request",
    metadata,
    sa.Column("id", Identifier, primary_key=True),
    sa.Column("site", sa.String(31), nullable=False),
    sa.Column("kind", sa.String(20), nullable=False),
    sa.Column("priority", sa.String(10), nullable=False),
    sa.Column("channel", sa.String(10), nullable=False),
    sa.Column("party_id", Identifier, sa.ForeignKey("party.id")),
    sa.Column("unit_id", Identifier),
    sa.Column("serial", sa.String(64), nullable=False),
    sa.Column("product", sa.String(100), nullable=False),
    sa.Column("text", sa.String(500), nullable=False),
    sa.Column("sha256", Sha256, nullable=False),
    sa.Column("logged_at", UtcTime, nullable=False),
    sa.Column("logged_by", sa.String(120), nullable=False),
    sa.Column("state", sa.String(20), nullable=False),
    sa.Column("owner", sa.String(120), nullable=False),
    sa.Column("case_id", Identifier),
    sa.Index(None, "state", "id"),
    sa.Index(None, "owner", "id"),
    sa.Index(None, "unit_id"),
)
"""As it stands: ``state``, ``owner`` and ``case_id`` are a cache of service_event; ``sha256`` is over what was logged.
``unit_id`` is empty for a unit that is not on record."""

service_event = sa.Table(
    "service_event",
    metadata,
    sa.Column("request_id", Identifier, sa.ForeignKey("service_request.id"), nullable=False),
    sa.Column("seq", sa.Integer, nullable=False),
    sa.Column("id", Identifier, nullable=False),
    sa.Column("move", sa.String(20), nullable=False),
    sa.Column("state", sa.String(20), nullable=False),
    sa.Column("owner", sa.String(120), nullable=False),
    sa.Column("note", sa.String(500), nullable=False),
    sa.Column("case_id", Identifier),
    sa.Column("score", sa.Integer),
    sa.Column("at", UtcTime, nullable=False),
    sa.Column("by", sa.String(120), nullable=False),
    sa.PrimaryKeyConstraint("request_id", "seq"),
    sa.UniqueConstraint("id"),
    sa.CheckConstraint("score BETWEEN 1 AND 5", name="score"),
)
"""Insert-only. A move of the machine and what was said with it; ``state`` is the one that it led to."""

service_caller = sa.Table(
    "service_caller",
    metadata,
    sa.Column("request_id", Identifier, sa.ForeignKey("service_request.id"), primary_key=True),
    sa.Column("name", sa.String(80), nullable=False),
    sa.Column("phone", sa.String(40), nullable=False),
    sa.Column("phone_reversed", sa.String(40), nullable=False),
    sa.Index(None, "phone_reversed"),
    sa.Index(None, "name"),
)
"""Personal data: no fact, because a person may ask for it to be deleted. ``phone_reversed`` has the digits alone, the
last one first, so that an ending is found by the index."""
