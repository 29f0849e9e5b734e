"""Parties, every change of them, and their contacts, which are personal data."""

from __future__ import annotations

import sqlalchemy as sa

from server.db.metadata import Identifier, UtcTime, metadata

NameKey = sa.String(200).with_variant(sa.String(200, collation="C"), "postgresql")
"""A name as names are compared: by code point, so that a list by name has one order everywhere."""

party = sa.Table(
    "party",
    metadata,
    sa.Column("id", Identifier, primary_key=True),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("kind", sa.String(20), nullable=False),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("name_key", NameKey, nullable=False),
    sa.Column("region", sa.String(80), nullable=False),
    sa.Column("note", sa.String(500), nullable=False),
    sa.Column("is_closed", sa.Boolean, nullable=False),
    sa.Column("changed_at", UtcTime, nullable=False),
    sa.Column("changed_by", sa.String(120), nullable=False),
    sa.UniqueConstraint("name_key"),
    sa.Index(None, "kind", "name_key"),
)
"""As it stands: a cache of party_change, but for the unique name."""

party_change = sa.Table(
    "party_change",
    metadata,
    sa.Column("party_id", Identifier, sa.ForeignKey("party.id"), nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("kind", sa.String(20), nullable=False),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("region", sa.String(80), nullable=False),
    sa.Column("note", sa.String(500), nullable=False),
    sa.Column("is_closed", sa.Boolean, nullable=False),
    sa.Column("changed_at", UtcTime, nullable=False),
    sa.Column("changed_by", sa.String(120), nullable=False),
    sa.PrimaryKeyConstraint("party_id", "version"),
)
"""Insert-only. The party as each change left it."""

party_contact = sa.Table(
    "party_contact",
    metadata,
    sa.Column("id", Identifier, primary_key=True),
    sa.Column("party_id", Identifier, sa.ForeignKey("party.id"), nullable=False),
    sa.Column("name", sa.String(80), nullable=False),
    sa.Column("phone", sa.String(40), nullable=False),
    sa.Column("address", sa.String(300), nullable=False),
    sa.Column("added_at", UtcTime, nullable=False),
    sa.Column("added_by", sa.String(120), nullable=False),
    sa.Index(None, "party_id"),
)
"""Personal data: no fact, because a person may ask for it to be deleted."""
