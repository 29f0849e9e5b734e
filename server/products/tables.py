"""Products, the versions of their shipping configuration, and which version is in force."""

from __future__ import annotations

import sqlalchemy as sa

from server.db.metadata import Serial, Sha256, UtcTime, metadata

product = sa.Table(
    "product",
    metadata,
    sa.Column("name", Serial, primary_key=True),
    sa.Column("family", sa.String(40), nullable=False),
    sa.Column("added_at", UtcTime, nullable=False),
    sa.Column("added_by", sa.String(120), nullable=False),
)
"""Insert-only. ``name`` is what serial rules, plans and letters call it."""

product_configuration = sa.Table(
    "product_configuration",
    metadata,
    sa.Column("product", Serial, sa.ForeignKey("product.name"), nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("sha256", Sha256, nullable=False),
    sa.Column("content", sa.Text, nullable=False),
    sa.Column("note", sa.String(500), nullable=False),
    sa.Column("written_at", UtcTime, nullable=False),
    sa.Column("written_by", sa.String(120), nullable=False),
    sa.PrimaryKeyConstraint("product", "version"),
)
"""Insert-only. ``content`` is the JSON of content.py's Configuration, ``sha256`` that of its bytes."""

product_activation = sa.Table(
    "product_activation",
    metadata,
    sa.Column("product", Serial, nullable=False),
    sa.Column("seq", sa.Integer, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("sha256", Sha256, nullable=False),
    sa.Column("activated_at", UtcTime, nullable=False),
    sa.Column("activated_by", sa.String(120), nullable=False),
    sa.PrimaryKeyConstraint("product", "seq"),
    sa.ForeignKeyConstraint(["product", "version"], ["product_configuration.product", "product_configuration.version"]),
)
"""Insert-only. The row with the highest ``seq`` names the version in force: there is one, or none yet."""
