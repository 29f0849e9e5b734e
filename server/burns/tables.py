"""Burns and the sheet of details of each."""

from __future__ import annotations

import sqlalchemy as sa

from server.db.metadata import Identifier, Serial, Sha256, UtcTime, metadata

burn = sa.Table(
    "burn",
    metadata,
    sa.Column("unit_id", Identifier, nullable=False),
    sa.Column("id", Identifier, nullable=False),
    sa.Column("site", sa.String(31), nullable=False),
    sa.Column("serial", Serial),
    sa.Column("kind", sa.String(10), nullable=False),
    sa.Column("order_no", sa.String(100)),
    sa.Column("station_id", sa.String(63), nullable=False),
    sa.Column("programmer", sa.String(100), nullable=False),
    sa.Column("programmer_model", sa.String(200), nullable=False),
    sa.Column("socket", sa.String(100), nullable=False),
    sa.Column("target", sa.String(100), nullable=False),
    sa.Column("jedec", sa.String(12), nullable=False),
    sa.Column("unique_id", sa.String(64), nullable=False),
    sa.Column("image_name", sa.String(200), nullable=False),
    sa.Column("image_version", sa.String(80), nullable=False),
    sa.Column("image_sha256", Sha256, nullable=False),
    sa.Column("image_size_bytes", sa.BigInteger, nullable=False),
    sa.Column("before_sha256", Sha256, nullable=False),
    sa.Column("after_sha256", Sha256, nullable=False),
    sa.Column("proof", sa.String(30), nullable=False),
    sa.Column("operator", sa.String(80), nullable=False),
    sa.Column("started_at", UtcTime, nullable=False),
    sa.Column("finished_at", UtcTime, nullable=False),
    sa.Column("received_at", UtcTime, nullable=False),
    sa.Column("retries", sa.BigInteger, nullable=False),
    sa.Column("result", sa.String(10), nullable=False),
    sa.Column("is_marginal", sa.Boolean, nullable=False),
    sa.Column("has_discrepancy", sa.Boolean, nullable=False),
    sa.Column("failure_kind", sa.String(20)),
    sa.Column("failure_message", sa.Text),
    sa.Column("case_id", Identifier),
    sa.Column("letter_sha256", Sha256, nullable=False),
    sa.Column("file_sha256", Sha256, nullable=False, server_default=""),
    sa.PrimaryKeyConstraint("unit_id", "id"),
    sa.Index(None, "id"),
    sa.Index(None, "image_sha256", "id"),
    sa.Index(None, "file_sha256", "id"),
    sa.Index(None, "order_no", "id"),
)
"""Insert-only. ``unit_id`` is the unit's; of a burn for stock it is made of the order's number, and of one that has
neither it is the burn's own id. The digests before and after are empty where nothing was read.
``file_sha256`` is of the image's file, empty where that is the image itself or not known."""

burn_sheet = sa.Table(
    "burn_sheet",
    metadata,
    sa.Column("unit_id", Identifier, nullable=False),
    sa.Column("burn_id", Identifier, nullable=False),
    sa.Column("sheet", sa.LargeBinary, nullable=False),
    sa.PrimaryKeyConstraint("unit_id", "burn_id"),
    sa.ForeignKeyConstraint(["unit_id", "burn_id"], ["burn.unit_id", "burn.id"]),
)
"""Insert-only. What is read with one burn only: zlib of the JSON of sheet.py's BurnSheet."""
