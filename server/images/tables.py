"""Image files, and what was decided about each; nothing is changed."""

from __future__ import annotations

import sqlalchemy as sa

from server.db.metadata import Identifier, Sha256, UtcTime, metadata

image = sa.Table(
    "image",
    metadata,
    sa.Column("sha256", Sha256, primary_key=True),
    sa.Column("content_sha256", sa.String(64), nullable=False),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("version", sa.String(80), nullable=False),
    sa.Column("format", sa.String(20), nullable=False),
    sa.Column("size_bytes", sa.BigInteger, nullable=False),
    sa.Column("note", sa.String(500), nullable=False),
    sa.Column("uploaded_at", UtcTime, nullable=False),
    sa.Column("uploaded_by", sa.String(120), nullable=False),
    sa.Index(None, "content_sha256"),
    sa.Index(None, "uploaded_at"),
)
"""Insert-only. A file by its digest; ``content_sha256`` is of what it puts into a chip, empty where it is not known."""

image_test = sa.Table(
    "image_test",
    metadata,
    sa.Column("id", Identifier, primary_key=True),
    sa.Column("sha256", Sha256, sa.ForeignKey("image.sha256"), nullable=False),
    sa.Column("evidence", sa.String(500), nullable=False),
    sa.Column("tested_at", UtcTime, nullable=False),
    sa.Column("tested_by", sa.String(120), nullable=False),
    sa.Index(None, "sha256"),
)
"""Insert-only. Somebody says on what it was tried; ``evidence`` names the first unit and its records."""

image_approval = sa.Table(
    "image_approval",
    metadata,
    sa.Column("id", Identifier, primary_key=True),
    sa.Column("sha256", Sha256, sa.ForeignKey("image.sha256"), nullable=False),
    sa.Column("product", sa.String(100), nullable=False),
    sa.Column("board_revision", sa.String(40), nullable=False),
    sa.Column("target", sa.String(100), nullable=False),
    sa.Column("recipe", sa.Text, nullable=False),
    sa.Column("approved_at", UtcTime, nullable=False),
    sa.Column("approved_by", sa.String(120), nullable=False),
    sa.UniqueConstraint("sha256", "product", "board_revision", "target"),
    sa.Index(None, "product"),
)
"""Insert-only. The file may be burned into ``target`` on this board of this product, as ``recipe`` (JSON) says; an
empty revision is every revision."""

image_withdrawal = sa.Table(
    "image_withdrawal",
    metadata,
    sa.Column("sha256", Sha256, sa.ForeignKey("image.sha256"), primary_key=True),
    sa.Column("reason", sa.String(500), nullable=False),
    sa.Column("withdrawn_at", UtcTime, nullable=False),
    sa.Column("withdrawn_by", sa.String(120), nullable=False),
)
"""Insert-only. The file must not be burned any more, by any approval; for good."""
