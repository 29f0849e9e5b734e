"""The codes of faults, each row one state of one code."""

from __future__ import annotations

import sqlalchemy as sa

from server.db.metadata import UtcTime, metadata

fault_code = sa.Table(
    "fault_code",
    metadata,
    sa.Column("code", sa.String(12), nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("kind", sa.String(10), nullable=False),
    sa.Column("parents", sa.String(500), nullable=False),
    sa.Column("zh", sa.String(80), nullable=False),
    sa.Column("en", sa.String(80), nullable=False),
    sa.Column("is_retired", sa.Boolean, nullable=False),
    sa.Column("changed_at", UtcTime, nullable=False),
    sa.Column("changed_by", sa.String(120), nullable=False),
    sa.PrimaryKeyConstraint("code", "version"),
    sa.CheckConstraint("kind IN ('symptom', 'cause', 'action')", name="kind"),
)
"""Insert-only. ``version`` is that of the whole tree which brought the row; the code's last row is in force.
``parents`` are the codes it is offered under, apart by spaces: of a cause symptoms, of an action causes; or empty."""
