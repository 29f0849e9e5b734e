"""Which golden unit each station tests for each product, and since when; nothing is changed."""

from __future__ import annotations

import sqlalchemy as sa

from server.db.metadata import Identifier, Serial, UtcTime, metadata

golden_unit = sa.Table(
    "golden_unit",
    metadata,
    sa.Column("id", Identifier, primary_key=True),
    sa.Column("station_id", sa.String(63), nullable=False),
    sa.Column("product", sa.String(100), nullable=False),
    sa.Column("serial", Serial, nullable=False),
    sa.Column("every_h", sa.Double, nullable=False),
    sa.Column("set_at", UtcTime, nullable=False),
    sa.Column("set_by", sa.String(120), nullable=False),
    sa.Index(None, "station_id", "product"),
)
"""Insert-only. The station judges units of ``product`` while this unit passed there within ``every_h`` hours."""

golden_unit_end = sa.Table(
    "golden_unit_end",
    metadata,
    sa.Column("golden_unit_id", Identifier, sa.ForeignKey("golden_unit.id"), primary_key=True),
    sa.Column("reason", sa.String(500), nullable=False),
    sa.Column("ended_at", UtcTime, nullable=False),
    sa.Column("ended_by", sa.String(120), nullable=False),
)
"""Insert-only. The end of a golden unit: it was replaced, or the station's own bench file says it again."""
