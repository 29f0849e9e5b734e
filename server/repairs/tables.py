"""Repair entries with their designators and parts, and units that were asked to be scrapped; nothing is changed."""

from __future__ import annotations

import sqlalchemy as sa

from server.db.metadata import Identifier, Serial, Sha256, UtcTime, metadata

repair_entry = sa.Table(
    "repair_entry",
    metadata,
    sa.Column("unit_id", Identifier, nullable=False),
    sa.Column("id", Identifier, nullable=False),
    sa.Column("case_id", Identifier, nullable=False),
    sa.Column("sha256", Sha256, nullable=False),
    sa.Column("site", sa.String(31), nullable=False),
    sa.Column("serial", Serial, nullable=False),
    sa.Column("product", sa.String(100), nullable=False),
    sa.Column("codes_version", sa.Integer, nullable=False),
    sa.Column("symptom", sa.String(12), nullable=False),
    sa.Column("cause", sa.String(12), nullable=False),
    sa.Column("action", sa.String(12), nullable=False),
    sa.Column("technician", sa.String(80), nullable=False),
    sa.Column("started_at", UtcTime, nullable=False),
    sa.Column("ended_at", UtcTime, nullable=False),
    sa.Column("run_id", Identifier),
    sa.Column("measurement", sa.String(100), nullable=False),
    sa.Column("outcome", sa.String(20), nullable=False),
    sa.Column("note", sa.String(500), nullable=False),
    sa.Column("corrects", Identifier),
    sa.Column("recorded_at", UtcTime, nullable=False),
    sa.Column("recorded_by", sa.String(120), nullable=False),
    sa.PrimaryKeyConstraint("unit_id", "id"),
    sa.ForeignKeyConstraint(["unit_id", "case_id"], ["return_case.unit_id", "return_case.id"]),
    sa.UniqueConstraint("unit_id", "corrects"),
    sa.Index(None, "unit_id", "case_id"),
    sa.Index(None, "product", "measurement", "id"),
    sa.Index(None, "ended_at"),
    sa.Index(None, "id"),
)
"""Insert-only. ``run_id`` and ``measurement`` are the failed measurement that it answers, None and empty where no test
failed. An entry that another one ``corrects`` no longer counts. ``sha256`` is over what was asked, so that the same
entry sent twice is one; ``codes_version`` is the tree of fault codes that it was chosen from."""

repair_designator = sa.Table(
    "repair_designator",
    metadata,
    sa.Column("unit_id", Identifier, nullable=False),
    sa.Column("entry_id", Identifier, nullable=False),
    sa.Column("designator", sa.String(12), nullable=False),
    sa.PrimaryKeyConstraint("unit_id", "entry_id", "designator"),
    sa.ForeignKeyConstraint(["unit_id", "entry_id"], ["repair_entry.unit_id", "repair_entry.id"]),
)
"""Insert-only. Where on the board it was: U3, C812."""

repair_part = sa.Table(
    "repair_part",
    metadata,
    sa.Column("unit_id", Identifier, nullable=False),
    sa.Column("entry_id", Identifier, nullable=False),
    sa.Column("position", sa.Integer, nullable=False),
    sa.Column("part_number", Serial, nullable=False),
    sa.Column("quantity", sa.Integer, nullable=False),
    sa.Column("movement_id", Identifier),
    sa.PrimaryKeyConstraint("unit_id", "entry_id", "position"),
    sa.ForeignKeyConstraint(["unit_id", "entry_id"], ["repair_entry.unit_id", "repair_entry.id"]),
    sa.CheckConstraint("quantity > 0", name="quantity"),
)
"""Insert-only. What was built in; ``movement_id`` is the parts ledger's, None where the part was not drawn from it."""

scrap_request = sa.Table(
    "scrap_request",
    metadata,
    sa.Column("unit_id", Identifier, nullable=False),
    sa.Column("id", Identifier, nullable=False),
    sa.Column("case_id", Identifier, nullable=False),
    sa.Column("reason", sa.String(20), nullable=False),
    sa.Column("note", sa.String(500), nullable=False),
    sa.Column("requested_at", UtcTime, nullable=False),
    sa.Column("requested_by", sa.String(80), nullable=False),
    sa.PrimaryKeyConstraint("unit_id", "id"),
    sa.ForeignKeyConstraint(["unit_id", "case_id"], ["return_case.unit_id", "return_case.id"]),
    sa.Index(None, "unit_id", "case_id"),
    sa.Index(None, "id"),
)
"""Insert-only. Who would have the unit scrapped, and why; ``id`` is made by the client."""

scrap_decision = sa.Table(
    "scrap_decision",
    metadata,
    sa.Column("unit_id", Identifier, nullable=False),
    sa.Column("request_id", Identifier, nullable=False),
    sa.Column("is_approved", sa.Boolean, nullable=False),
    sa.Column("note", sa.String(500), nullable=False),
    sa.Column("decided_at", UtcTime, nullable=False),
    sa.Column("decided_by", sa.String(80), nullable=False),
    sa.PrimaryKeyConstraint("unit_id", "request_id"),
    sa.ForeignKeyConstraint(["unit_id", "request_id"], ["scrap_request.unit_id", "scrap_request.id"]),
)
"""Insert-only. Another person's answer; with an approval the case is scrapped in the same transaction."""
