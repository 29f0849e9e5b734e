"""Interception rules and their ends, where each met which unit, what was decided of it, and lots of production."""

from __future__ import annotations

import sqlalchemy as sa

from server.db.metadata import Identifier, Serial, Sha256, UtcTime, metadata

interception_rule = sa.Table(
    "interception_rule",
    metadata,
    sa.Column("id", Identifier, primary_key=True),
    sa.Column("title", sa.String(100), nullable=False),
    sa.Column("reason", sa.String(300), nullable=False),
    sa.Column("does", sa.String(10), nullable=False),
    sa.Column("starts_at", UtcTime, nullable=False),
    sa.Column("ends_at", UtcTime),
    sa.Column("product", sa.String(100), nullable=False),
    sa.Column("serial_first", Serial, nullable=False),
    sa.Column("serial_last", Serial, nullable=False),
    sa.Column("image_name", sa.String(200), nullable=False),
    sa.Column("image_version", sa.String(80), nullable=False),
    sa.Column("lot", sa.String(60), nullable=False),
    sa.Column("supplier", sa.String(200), nullable=False),
    sa.Column("made_since", sa.Date),
    sa.Column("made_until", sa.Date),
    sa.Column("received_since", UtcTime),
    sa.Column("received_until", UtcTime),
    sa.Column("sha256", Sha256, nullable=False),
    sa.Column("declared_at", UtcTime, nullable=False),
    sa.Column("declared_by", sa.String(120), nullable=False),
)
"""Insert-only. ``does`` is hold or tell; what is empty is not asked of a unit, and all that is asked must be so. In
force from ``starts_at`` up to, but not including, ``ends_at``; ``sha256`` is over what was declared."""

interception_end = sa.Table(
    "interception_end",
    metadata,
    sa.Column("rule_id", Identifier, sa.ForeignKey("interception_rule.id"), primary_key=True),
    sa.Column("reason", sa.String(300), nullable=False),
    sa.Column("ended_at", UtcTime, nullable=False),
    sa.Column("ended_by", sa.String(120), nullable=False),
)
"""Insert-only. The rule meets nothing more; what it met waits on for its decision."""

interception_hit = sa.Table(
    "interception_hit",
    metadata,
    sa.Column("unit_id", Identifier, sa.ForeignKey("unit.unit_id"), nullable=False),
    sa.Column("rule_id", Identifier, sa.ForeignKey("interception_rule.id"), nullable=False),
    sa.Column("occasion", sa.String(10), nullable=False),
    sa.Column("id", Identifier, nullable=False),
    sa.Column("at", UtcTime, nullable=False),
    sa.Column("actor", sa.String(120), nullable=False),
    sa.Column("carried_from", Identifier),
    sa.PrimaryKeyConstraint("unit_id", "rule_id", "occasion"),
    sa.Index(None, "rule_id", "id"),
)
"""Insert-only. The rule met the unit when it was received, repaired, tested, burned, or was to leave; the first time of
each. ``carried_from`` is the provisional unit that was met and turned out to be this one."""

interception_decision = sa.Table(
    "interception_decision",
    metadata,
    sa.Column("unit_id", Identifier, sa.ForeignKey("unit.unit_id"), nullable=False),
    sa.Column("rule_id", Identifier, sa.ForeignKey("interception_rule.id"), nullable=False),
    sa.Column("seq", sa.Integer, nullable=False),
    sa.Column("id", Identifier, nullable=False),
    sa.Column("kind", sa.String(10), nullable=False),
    sa.Column("reason", sa.String(300), nullable=False),
    sa.Column("decided_at", UtcTime, nullable=False),
    sa.Column("decided_by", sa.String(120), nullable=False),
    sa.PrimaryKeyConstraint("unit_id", "rule_id", "seq"),
    sa.Index(None, "rule_id"),
)
"""Insert-only. What became of the unit under the rule, for all its hits; cleared and reworked let it go, scrapped does
not."""

production_lot = sa.Table(
    "production_lot",
    metadata,
    sa.Column("id", Identifier, primary_key=True),
    sa.Column("lot", sa.String(60), nullable=False),
    sa.Column("product", sa.String(100), nullable=False),
    sa.Column("supplier", sa.String(200), nullable=False),
    sa.Column("made_on", sa.Date),
    sa.Column("serial_first", Serial, nullable=False),
    sa.Column("serial_last", Serial, nullable=False),
    sa.Column("noted_at", UtcTime, nullable=False),
    sa.Column("noted_by", sa.String(120), nullable=False),
    sa.Index(None, "lot"),
)
"""Insert-only. The units from ``serial_first`` to ``serial_last``, numbers of one length, are of this lot; ``supplier``
is who delivered what the lot is named for."""

production_lot_void = sa.Table(
    "production_lot_void",
    metadata,
    sa.Column("lot_id", Identifier, sa.ForeignKey("production_lot.id"), primary_key=True),
    sa.Column("reason", sa.String(300), nullable=False),
    sa.Column("voided_at", UtcTime, nullable=False),
    sa.Column("voided_by", sa.String(120), nullable=False),
)
"""Insert-only. The lot was noted wrongly."""
