"""Which board is in which unit, and which provisional unit turned out to be which real one; nothing is changed."""

from __future__ import annotations

import sqlalchemy as sa

from server.db.metadata import Identifier, UtcTime, metadata

board_event = sa.Table(
    "board_event",
    metadata,
    sa.Column("unit_id", Identifier, sa.ForeignKey("unit.unit_id"), nullable=False),
    sa.Column("id", Identifier, nullable=False),
    sa.Column("parent_id", Identifier, sa.ForeignKey("unit.unit_id"), nullable=False),
    sa.Column("seq", sa.Integer, nullable=False),
    sa.Column("is_installed", sa.Boolean, nullable=False),
    sa.Column("at", UtcTime, nullable=False),
    sa.Column("actor", sa.String(120), nullable=False),
    sa.PrimaryKeyConstraint("unit_id", "id"),
    sa.UniqueConstraint("unit_id", "seq"),
    sa.Index(None, "parent_id"),
)
"""Insert-only. The board ``unit_id`` went into ``parent_id`` or came out of it; the highest ``seq`` counts."""

unit_alias = sa.Table(
    "unit_alias",
    metadata,
    sa.Column("unit_id", Identifier, sa.ForeignKey("unit.unit_id"), primary_key=True),
    sa.Column("real_unit_id", Identifier, sa.ForeignKey("unit.unit_id"), nullable=False),
    sa.Column("reason", sa.String(500), nullable=False),
    sa.Column("at", UtcTime, nullable=False),
    sa.Column("actor", sa.String(120), nullable=False),
    sa.Index(None, "real_unit_id"),
)
"""Insert-only. The provisional unit is ``real_unit_id``; its own records stay under its own id."""
