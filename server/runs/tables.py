"""Runs with packed values, the sheet of details, failures as rows, and the definitions that many runs share."""

from __future__ import annotations

import sqlalchemy as sa

from server.db.metadata import Identifier, Serial, Sha256, UtcTime, metadata

mdef = sa.Table(
    "mdef",
    metadata,
    sa.Column("sha256", Sha256, primary_key=True),
    sa.Column("name", sa.String(100), nullable=False),
    sa.Column("step", sa.String(100), nullable=False),
    sa.Column("unit", sa.String(20), nullable=False),
    sa.Column("comparator", sa.String(20), nullable=False),
    sa.Column("low", sa.Double),
    sa.Column("high", sa.Double),
    sa.Column("expected", sa.Text, nullable=False),
    sa.Column("is_required", sa.Boolean, nullable=False),
    sa.Index(None, "name"),
)
"""Insert-only. A measurement's definition by the digest of its content; ``expected`` is a JSON list."""

defset = sa.Table(
    "defset",
    metadata,
    sa.Column("sha256", Sha256, primary_key=True),
    sa.Column("mdefs", sa.Text, nullable=False),
)
"""Insert-only. The definitions of a run in order, as a JSON list of digests."""

run = sa.Table(
    "run",
    metadata,
    sa.Column("unit_id", Identifier, sa.ForeignKey("unit.unit_id"), nullable=False),
    sa.Column("id", Identifier, nullable=False),
    sa.Column("site", sa.String(31), nullable=False),
    sa.Column("serial", Serial, nullable=False),
    sa.Column("station_id", sa.String(63), nullable=False),
    sa.Column("slot", sa.String(100), nullable=False),
    sa.Column("product", sa.String(100), nullable=False),
    sa.Column("plan_name", sa.String(100), nullable=False),
    sa.Column("plan_version", sa.String(40), nullable=False),
    sa.Column("plan_sha256", Sha256, nullable=False),
    sa.Column("purpose", sa.String(20), nullable=False),
    sa.Column("attempt", sa.BigInteger, nullable=False),
    sa.Column("operator", sa.String(80), nullable=False),
    sa.Column("started_at", UtcTime, nullable=False),
    sa.Column("finished_at", UtcTime, nullable=False),
    sa.Column("received_at", UtcTime, nullable=False),
    sa.Column("verdict", sa.String(10), nullable=False),
    sa.Column("has_failed_measurement", sa.Boolean, nullable=False),
    sa.Column("has_discrepancy", sa.Boolean, nullable=False),
    sa.Column("has_all_accessories", sa.Boolean, nullable=False),
    sa.Column("is_proved_safe", sa.Boolean, nullable=False),
    sa.Column("failure_kind", sa.String(20)),
    sa.Column("failure_message", sa.Text),
    sa.Column("case_id", Identifier),
    sa.Column("letter_sha256", Sha256, nullable=False),
    sa.Column("defset_sha256", Sha256, sa.ForeignKey("defset.sha256"), nullable=False),
    sa.Column("values_f64", sa.LargeBinary, nullable=False),
    sa.Column("outcomes", sa.LargeBinary, nullable=False),
    sa.Column("texts", sa.Text, nullable=False),
    sa.PrimaryKeyConstraint("unit_id", "id"),
    sa.Index(None, "id"),
    sa.Index(None, "verdict", "id"),
    sa.Index(None, "started_at", "verdict"),
)
"""Insert-only. ``values_f64``: little-endian doubles in the order of the defset, NaN where the value is no number;
``outcomes``: a byte each, see measurements.py; ``texts``: JSON object of index to text or truth value."""

run_sheet = sa.Table(
    "run_sheet",
    metadata,
    sa.Column("unit_id", Identifier, nullable=False),
    sa.Column("run_id", Identifier, nullable=False),
    sa.Column("sheet", sa.LargeBinary, nullable=False),
    sa.PrimaryKeyConstraint("unit_id", "run_id"),
    sa.ForeignKeyConstraint(["unit_id", "run_id"], ["run.unit_id", "run.id"]),
)
"""Insert-only. What is read with one run only: zlib of the JSON of sheet.py's RunSheet."""

run_only_just = sa.Table(
    "run_only_just",
    metadata,
    sa.Column("unit_id", Identifier, nullable=False),
    sa.Column("run_id", Identifier, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.PrimaryKeyConstraint("unit_id", "run_id"),
    sa.ForeignKeyConstraint(["unit_id", "run_id"], ["run.unit_id", "run.id"]),
    sa.Index(None, "run_id"),
)
"""Insert-only. The runs that passed near a limit, or at more than one attempt of a step; ``attempts`` is 1 else."""

run_failure = sa.Table(
    "run_failure",
    metadata,
    sa.Column("unit_id", Identifier, nullable=False),
    sa.Column("run_id", Identifier, nullable=False),
    sa.Column("position", sa.Integer, nullable=False),
    sa.Column("name", sa.String(100), nullable=False),
    sa.Column("mdef_sha256", Sha256, sa.ForeignKey("mdef.sha256"), nullable=False),
    sa.Column("outcome", sa.String(10), nullable=False),
    sa.Column("value", sa.Double),
    sa.PrimaryKeyConstraint("unit_id", "run_id", "position"),
    sa.ForeignKeyConstraint(["unit_id", "run_id"], ["run.unit_id", "run.id"]),
    sa.Index(None, "name", "run_id"),
)
"""Insert-only. The measurements that did not pass, for the Pareto; ``position`` is the index in the defset."""

unsummed = sa.Table(
    "unsummed",
    metadata,
    sa.Column("id", Identifier, primary_key=True),
    sa.Column("runs", sa.Text, nullable=False),
)
"""Runs that the sums below do not hold yet: one row for each group of letters, a JSON list of run ids."""

measured_hour = sa.Table(
    "measured_hour",
    metadata,
    sa.Column("mdef_sha256", Sha256, nullable=False),
    sa.Column("product", sa.String(100), nullable=False),
    sa.Column("purpose", sa.String(20), nullable=False),
    sa.Column("hour", sa.Integer, nullable=False),
    sa.Column("count", sa.Integer, nullable=False),
    sa.Column("mean", sa.Double, nullable=False),
    sa.Column("squares", sa.Double, nullable=False),
    sa.Column("lowest", sa.Double, nullable=False),
    sa.Column("highest", sa.Double, nullable=False),
    sa.PrimaryKeyConstraint("mdef_sha256", "product", "purpose", "hour"),
    sqlite_with_rowid=False,
)
"""A cache of the runs' values, see sums.py; ``hour`` is that of the run's beginning, in whole hours since 1970 UTC."""

visit_result = sa.Table(
    "visit_result",
    metadata,
    sa.Column("unit_id", Identifier, nullable=False),
    sa.Column("visit", sa.String(36), nullable=False),
    sa.Column("product", sa.String(100), nullable=False),
    sa.Column("purpose", sa.String(20), nullable=False),
    sa.Column("run_id", Identifier, nullable=False),
    sa.Column("started_at", UtcTime, nullable=False),
    sa.Column("verdict", sa.String(10), nullable=False),
    sa.PrimaryKeyConstraint("unit_id", "visit", "product", "purpose"),
    sa.Index(None, "purpose", "started_at", "product", "verdict"),
)
"""A cache of the runs: the first of a visit that was not aborted. ``visit`` is the return case, empty without one."""
