"""The versions of monthly reports."""

from __future__ import annotations

import sqlalchemy as sa

from server.db.metadata import Sha256, UtcTime, metadata

monthly_report = sa.Table(
    "monthly_report",
    metadata,
    sa.Column("site", sa.String(31), nullable=False),
    sa.Column("month", sa.String(7), nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("sha256", Sha256, nullable=False),
    sa.Column("document", sa.Text, nullable=False),
    sa.Column("made_at", UtcTime, nullable=False),
    sa.Column("made_by", sa.String(120), nullable=False),
    sa.PrimaryKeyConstraint("site", "month", "version"),
)
"""Insert-only. ``document`` is the JSON of all sections, ``sha256`` of its bytes."""
