"""Users, sessions, delegations, station tokens, failed logins and the audit."""

from __future__ import annotations

import sqlalchemy as sa

from server.db.metadata import Identifier, Sha256, UtcTime, metadata

user_account = sa.Table(
    "user_account",
    metadata,
    sa.Column("id", Identifier, primary_key=True),
    sa.Column("name", sa.String(80), nullable=False, unique=True),
    sa.Column("role", sa.String(40), nullable=False),
    sa.Column("password_hash", sa.String(200), nullable=False),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Column("disabled_at", UtcTime),
    sa.Column("badge_hash", sa.String(200)),
    sa.Column("pin_hash", sa.String(200)),
    sa.Column("language", sa.String(5)),
    sa.Column("operator_version", sa.Integer, nullable=False, server_default="0"),
    sa.Column("must_change", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("code_sha256", Sha256),
    sa.Column("code_until", UtcTime),
    sa.Index(None, "code_sha256", unique=True),
)
"""``operator_version`` grows whenever what stations know of the account changes; 0 where they never knew of it.
``must_change``: the password is known to somebody else too, and serves for nothing but choosing another. The code lets
its bearer choose a password, once, until ``code_until``."""

user_session = sa.Table(
    "user_session",
    metadata,
    sa.Column("token_sha256", Sha256, primary_key=True),
    sa.Column("user_id", Identifier, sa.ForeignKey("user_account.id"), nullable=False),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Column("expires_at", UtcTime, nullable=False),
    sa.Column("ended_at", UtcTime),
    sa.Column("address", sa.String(64), nullable=False, server_default=""),
    sa.Column("agent", sa.String(200), nullable=False, server_default=""),
    sa.Index(None, "user_id"),
)

delegation = sa.Table(
    "delegation",
    metadata,
    sa.Column("id", Identifier, primary_key=True),
    sa.Column("giver_id", Identifier, sa.ForeignKey("user_account.id"), nullable=False),
    sa.Column("taker_id", Identifier, sa.ForeignKey("user_account.id"), nullable=False),
    sa.Column("actions", sa.Text, nullable=False),
    sa.Column("valid_from", UtcTime, nullable=False),
    sa.Column("valid_until", UtcTime, nullable=False),
    sa.Column("reason", sa.String(200), nullable=False),
    sa.Column("given_at", UtcTime, nullable=False),
    sa.Index(None, "taker_id", "valid_until"),
    sa.Index(None, "giver_id"),
)
"""Insert-only. ``actions`` are codes of permissions.toml, with spaces between; empty for all of the giver's."""

delegation_end = sa.Table(
    "delegation_end",
    metadata,
    sa.Column("delegation_id", Identifier, sa.ForeignKey("delegation.id"), primary_key=True),
    sa.Column("ended_at", UtcTime, nullable=False),
    sa.Column("ended_by", sa.String(80), nullable=False),
)
"""Insert-only. Before its last day somebody took the delegation back."""

login_failure = sa.Table(
    "login_failure",
    metadata,
    sa.Column("attempt_sha256", Sha256, primary_key=True),
    sa.Column("failures", sa.Integer, nullable=False),
    sa.Column("last_at", UtcTime, nullable=False),
    sa.Column("locked_until", UtcTime),
    sa.Index(None, "last_at"),
)
"""By the digest of the name that was typed, whether an account has it or not, so that both behave alike, and of the
address it came from, so that nobody can lock out somebody who sits elsewhere."""

station_token = sa.Table(
    "station_token",
    metadata,
    sa.Column("token_sha256", Sha256, primary_key=True),
    sa.Column("prefix", sa.String(16), nullable=False, unique=True),
    sa.Column("station_id", sa.String(63), nullable=False),
    sa.Column("scope", sa.String(40), nullable=False),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Column("expires_at", UtcTime, nullable=False),
    sa.Column("revoked_at", UtcTime),
    sa.Column("created_by", sa.String(120), nullable=False, server_default=""),
    sa.Column("revoked_by", sa.String(120), nullable=False, server_default=""),
    sa.Column("last_used_at", UtcTime),
    sa.Index(None, "station_id"),
)
"""``last_used_at`` is behind by at most server.admin.access.MARK_EVERY."""

audit = sa.Table(
    "audit",
    metadata,
    sa.Column("id", Identifier, primary_key=True),
    sa.Column("at", UtcTime, nullable=False),
    sa.Column("actor", sa.String(120), nullable=False),
    sa.Column("action", sa.String(60), nullable=False),
    sa.Column("subject", sa.String(200), nullable=False),
    sa.Column("detail", sa.Text, nullable=False),
    sa.Column("address", sa.String(64), nullable=False, server_default=""),
    sa.Column("session", sa.String(16), nullable=False, server_default=""),
    sa.Column("giver", sa.String(80), nullable=False, server_default=""),
    sa.Column("delegation_id", Identifier),
    sa.Column("before", sa.Text),
    sa.Column("after", sa.Text),
    sa.Index(None, "at"),
    sa.Index(None, "actor", "at"),
    sa.Index(None, "subject", "at"),
)
"""Insert-only. ``actor`` is ``user:NAME``, ``station:ID`` or ``command-line``; ``session`` the beginning of the digest
of a session's secret; ``giver`` who gave the right to do it, where a delegation did."""
