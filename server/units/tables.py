"""Units, the chain of their events, what contradicts itself about them, and the serial rules."""

from __future__ import annotations

import sqlalchemy as sa

from server.db.metadata import Identifier, Serial, Sha256, UtcTime, metadata

unit = sa.Table(
    "unit",
    metadata,
    sa.Column("unit_id", Identifier, primary_key=True),
    sa.Column("site", sa.String(31), nullable=False),
    sa.Column("family", sa.String(40), nullable=False),
    sa.Column("serial", Serial, nullable=False),
    sa.Column("serial_reversed", Serial, nullable=False),
    sa.Column("product", sa.String(100), nullable=False),
    sa.Column("is_provisional", sa.Boolean, nullable=False),
    sa.Column("first_seen_at", UtcTime, nullable=False),
    sa.Column("last_event_at", UtcTime),
    sa.Column("last_event_kind", sa.String(40)),
    sa.Column("last_verdict", sa.String(10)),
    sa.Column("head_seq", sa.Integer, nullable=False),
    sa.Column("head_sha256", Sha256, nullable=False),
    sa.Index(None, "serial", "unit_id"),
    sa.Index(None, "serial_reversed"),
    sa.Index(None, "last_event_at"),
)
"""``product`` is empty until known. The last_ and head_ columns are a cache of the unit's events."""

unit_event = sa.Table(
    "unit_event",
    metadata,
    sa.Column("unit_id", Identifier, sa.ForeignKey("unit.unit_id"), nullable=False),
    sa.Column("id", Identifier, nullable=False),
    sa.Column("seq", sa.Integer, nullable=False),
    sa.Column("kind", sa.String(40), nullable=False),
    sa.Column("at", UtcTime, nullable=False),
    sa.Column("received_at", UtcTime, nullable=False),
    sa.Column("actor", sa.String(120), nullable=False),
    sa.Column("station_id", sa.String(63)),
    sa.Column("case_id", Identifier),
    sa.Column("payload", sa.Text, nullable=False),
    sa.Column("sha256", Sha256, nullable=False),
    sa.Column("prev_sha256", Sha256, nullable=False),
    sa.PrimaryKeyConstraint("unit_id", "id"),
    sa.UniqueConstraint("unit_id", "seq"),
)
"""Insert-only. ``id`` is the run's, burn's or arrival's; ``sha256`` is over the row and the event before it."""

discrepancy = sa.Table(
    "discrepancy",
    metadata,
    sa.Column("unit_id", Identifier, nullable=False),
    sa.Column("id", Identifier, nullable=False),
    sa.Column("subject_kind", sa.String(20), nullable=False),
    sa.Column("subject_id", Identifier, nullable=False),
    sa.Column("station_id", sa.String(63), nullable=False),
    sa.Column("code", sa.String(40), nullable=False),
    sa.Column("detail", sa.String(500), nullable=False),
    sa.Column("found_at", UtcTime, nullable=False),
    sa.PrimaryKeyConstraint("unit_id", "id"),
    sa.Index(None, "subject_id"),
    sa.Index(None, "id"),
)
"""Insert-only. Where a letter contradicts itself, the contract, or its station's chain; ``code`` names the rule."""

serial_rule = sa.Table(
    "serial_rule",
    metadata,
    sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("family", sa.String(40), nullable=False),
    sa.Column("product", sa.String(100), nullable=False),
    sa.Column("pattern", sa.String(200), nullable=False),
    sa.Column("added_at", UtcTime, nullable=False),
    sa.Column("retired_in", sa.Integer),
)
"""In order of ``version``, the version of the stations' state that brought the rule; ``retired_in`` ended it."""
