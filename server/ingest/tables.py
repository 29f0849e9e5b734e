"""Every letter that a station sent, as it was received."""

from __future__ import annotations

import sqlalchemy as sa

from server.db.metadata import Identifier, Sha256, UtcTime, metadata

letter = sa.Table(
    "letter",
    metadata,
    sa.Column("id", sa.String(100), nullable=False),
    sa.Column("sha256", Sha256, nullable=False),
    sa.Column("kind", sa.String(10), nullable=False),
    sa.Column("outcome", sa.String(20), nullable=False),
    sa.Column("station_id", sa.String(63), nullable=False),
    sa.Column("chain_id", sa.String(36), nullable=False),
    sa.Column("seq", sa.BigInteger, nullable=False),
    sa.Column("prev_sha256", Sha256, nullable=False),
    sa.Column("unit_id", Identifier),
    sa.Column("received_at", UtcTime, nullable=False),
    sa.Column("problem", sa.Text, nullable=False),
    sa.Column("size_bytes", sa.Integer, nullable=False),
    sa.Column("body", sa.LargeBinary, nullable=False),
    sa.PrimaryKeyConstraint("id", "sha256"),
    sa.Index(None, "station_id", "chain_id", "seq"),
    sa.Index(
        "ix_letter_set_aside",
        "received_at",
        sqlite_where=sa.text("outcome <> 'stored'"),
        postgresql_where=sa.text("outcome <> 'stored'"),
    ),
)
"""Insert-only. Keyed by its own id, because whether it came before must be known before its unit is; the id is the one
it was put at, which is no UUID in some letters of the quarantine. ``outcome`` is stored, conflict or quarantined; the
place in the chain is empty and 0 where it could not be read. ``body`` is zlib of the bytes that ``sha256`` is over."""
