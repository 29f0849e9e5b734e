"""What lay beside a unit when it was packed, and the gates that two persons let a case through; nothing is changed."""

from __future__ import annotations

import sqlalchemy as sa

from server.db.metadata import Identifier, Sha256, UtcTime, metadata

accessory_check = sa.Table(
    "accessory_check",
    metadata,
    sa.Column("unit_id", Identifier, nullable=False),
    sa.Column("id", Identifier, nullable=False),
    sa.Column("case_id", Identifier, nullable=False),
    sa.Column("sha256", Sha256, nullable=False),
    sa.Column("checked_at", UtcTime, nullable=False),
    sa.Column("checked_by", sa.String(120), nullable=False),
    sa.PrimaryKeyConstraint("unit_id", "id"),
    sa.ForeignKeyConstraint(["unit_id", "case_id"], ["return_case.unit_id", "return_case.id"]),
    sa.Index(None, "unit_id", "case_id"),
)
"""Insert-only. Somebody went through the list; ``sha256`` is over what was ticked: a check sent twice is one."""

accessory_check_item = sa.Table(
    "accessory_check_item",
    metadata,
    sa.Column("unit_id", Identifier, nullable=False),
    sa.Column("check_id", Identifier, nullable=False),
    sa.Column("name", sa.String(100), nullable=False),
    sa.Column("is_present", sa.Boolean, nullable=False),
    sa.PrimaryKeyConstraint("unit_id", "check_id", "name"),
    sa.ForeignKeyConstraint(["unit_id", "check_id"], ["accessory_check.unit_id", "accessory_check.id"]),
)
"""Insert-only. A line of the list, by the name that stations use too."""

gate_override = sa.Table(
    "gate_override",
    metadata,
    sa.Column("unit_id", Identifier, nullable=False),
    sa.Column("id", Identifier, nullable=False),
    sa.Column("case_id", Identifier, nullable=False),
    sa.Column("gate", sa.String(20), nullable=False),
    sa.Column("subject_sha256", Sha256, nullable=False),
    sa.Column("reasons", sa.Text, nullable=False),
    sa.Column("reason", sa.String(500), nullable=False),
    sa.Column("requested_at", UtcTime, nullable=False),
    sa.Column("requested_by", sa.String(120), nullable=False),
    sa.PrimaryKeyConstraint("unit_id", "id"),
    sa.ForeignKeyConstraint(["unit_id", "case_id"], ["return_case.unit_id", "return_case.id"]),
    sa.Index(None, "unit_id", "case_id"),
)
"""Insert-only. ``subject_sha256`` is over what shut the gate and the evidence it was judged by, ``reasons`` (JSON) is
what was read by who asked: the override is worth nothing as soon as either changes."""

gate_override_decision = sa.Table(
    "gate_override_decision",
    metadata,
    sa.Column("unit_id", Identifier, nullable=False),
    sa.Column("override_id", Identifier, nullable=False),
    sa.Column("is_approved", sa.Boolean, nullable=False),
    sa.Column("note", sa.String(500), nullable=False),
    sa.Column("requested_by", sa.String(120), nullable=False),
    sa.Column("decided_at", UtcTime, nullable=False),
    sa.Column("decided_by", sa.String(120), nullable=False),
    sa.PrimaryKeyConstraint("unit_id", "override_id"),
    sa.ForeignKeyConstraint(["unit_id", "override_id"], ["gate_override.unit_id", "gate_override.id"]),
    sa.CheckConstraint("decided_by <> requested_by", name="other_person"),
)
"""Insert-only. Approved or refused, once, by another person than asked; the database sees to that."""
