"""Plans released and withdrawn, holds set and released, what was demanded of units and done; nothing is changed."""

from __future__ import annotations

import sqlalchemy as sa

from server.db.metadata import Identifier, Serial, Sha256, UtcTime, metadata

plan_release = sa.Table(
    "plan_release",
    metadata,
    sa.Column("id", Identifier, primary_key=True),
    sa.Column("product", sa.String(100), nullable=False),
    sa.Column("sha256", Sha256, nullable=False),
    sa.Column("released_at", UtcTime, nullable=False),
    sa.Column("released_by", sa.String(120), nullable=False),
    sa.Index(None, "product", "sha256"),
)
"""Insert-only. A plan by its digest that may judge units of ``product``."""

plan_withdrawal = sa.Table(
    "plan_withdrawal",
    metadata,
    sa.Column("release_id", Identifier, sa.ForeignKey("plan_release.id"), primary_key=True),
    sa.Column("reason", sa.String(500), nullable=False),
    sa.Column("withdrawn_at", UtcTime, nullable=False),
    sa.Column("withdrawn_by", sa.String(120), nullable=False),
)
"""Insert-only. The end of a release."""

hold = sa.Table(
    "hold",
    metadata,
    sa.Column("id", Identifier, primary_key=True),
    sa.Column("unit_id", Identifier),
    sa.Column("serial", Serial, nullable=False),
    sa.Column("product", sa.String(100), nullable=False),
    sa.Column("reason", sa.String(500), nullable=False),
    sa.Column("held_at", UtcTime, nullable=False),
    sa.Column("held_by", sa.String(120), nullable=False),
    sa.Index(None, "unit_id"),
)
"""Insert-only. One unit by ``unit_id`` and ``serial``, or all of ``product``; what does not apply is empty."""

hold_release = sa.Table(
    "hold_release",
    metadata,
    sa.Column("hold_id", Identifier, sa.ForeignKey("hold.id"), primary_key=True),
    sa.Column("reason", sa.String(500), nullable=False),
    sa.Column("released_at", UtcTime, nullable=False),
    sa.Column("released_by", sa.String(120), nullable=False),
)
"""Insert-only. The end of a hold."""

route_demand = sa.Table(
    "route_demand",
    metadata,
    sa.Column("id", Identifier, primary_key=True),
    sa.Column("unit_id", Identifier, nullable=False),
    sa.Column("serial", Serial, nullable=False),
    sa.Column("what", sa.String(10), nullable=False),
    sa.Column("image_sha256", sa.String(64), nullable=False),
    sa.Column("detail", sa.String(200), nullable=False),
    sa.Column("demanded_at", UtcTime, nullable=False),
    sa.Column("demanded_by", sa.String(120), nullable=False),
    sa.Index(None, "unit_id"),
)
"""Insert-only. ``what`` is repair or burn; a burn of ``image_sha256`` must be on record before an outgoing test."""

route_done = sa.Table(
    "route_done",
    metadata,
    sa.Column("demand_id", Identifier, sa.ForeignKey("route_demand.id"), primary_key=True),
    sa.Column("done_at", UtcTime, nullable=False),
    sa.Column("done_by", sa.String(120), nullable=False),
    sa.Index(None, "done_at"),
)
"""Insert-only. What was demanded is done; a repair by whom, a burn by the letter that says so."""
