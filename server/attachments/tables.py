"""Which photos are kept, and which station sent them; nothing is changed."""

from __future__ import annotations

import sqlalchemy as sa

from server.db.metadata import Sha256, UtcTime, metadata

attachment = sa.Table(
    "attachment",
    metadata,
    sa.Column("sha256", Sha256, primary_key=True),
    sa.Column("media_type", sa.String(40), nullable=False),
    sa.Column("size_bytes", sa.BigInteger, nullable=False),
    sa.Column("station_id", sa.String(63), nullable=False),
    sa.Column("received_at", UtcTime, nullable=False),
)
"""Insert-only. The file of this digest is in the data folder's ``attachments``; who sent it first is kept."""
