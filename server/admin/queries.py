"""Who is asking: users by session, stations by token; and the lists of both."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from server.admin.permissions import permissions
from server.admin.tables import audit, station_token, user_account, user_session

STATION_UNKNOWN = "a valid station token is needed: Authorization: Bearer …"


@dataclass(frozen=True, slots=True)
class User:
    """A person with an account."""

    id: str
    name: str
    role: str

    def may(self, action: str) -> bool:
        return permissions().allows(self.role, action)


@dataclass(frozen=True, slots=True)
class StationToken:
    """A station's right to write its own letters; the token itself is not kept."""

    sha256: str
    station_id: str
    prefix: str
    scope: str
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True)
class Account:
    """A row of the list of users."""

    name: str
    role: str
    created_at: datetime
    disabled_at: datetime | None


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """Who did what."""

    at: datetime
    actor: str
    action: str
    subject: str
    detail: str


def digest(secret: str) -> str:
    """What is kept of a session's or station's secret; 256 random bits need no salt."""
    return hashlib.sha256(secret.encode()).hexdigest()


def user_of_session(connection: sa.Connection, token: str, at: datetime) -> User | None:
    """The user of a session that is neither over nor ended; None for any other token."""
    row = connection.execute(
        sa.select(user_account.c.id, user_account.c.name, user_account.c.role)
        .join(user_session, user_session.c.user_id == user_account.c.id)
        .where(
            user_session.c.token_sha256 == digest(token),
            user_session.c.ended_at.is_(None),
            user_session.c.expires_at > at,
            user_account.c.disabled_at.is_(None),
        )
    ).first()
    return User(*row) if row else None


def station_of_token(connection: sa.Connection, token: str, at: datetime) -> StationToken | None:
    """The station whose valid token this is; None for an unknown, revoked or expired one."""
    row = connection.execute(
        _TOKENS.where(
            station_token.c.token_sha256 == digest(token),
            station_token.c.revoked_at.is_(None),
            station_token.c.expires_at > at,
        )
    ).first()
    return StationToken(*row) if row else None


def valid_tokens(connection: sa.Connection, sha256s: Iterable[str], at: datetime) -> frozenset[str]:
    """Those of the tokens, by digest, that are neither revoked nor expired."""
    return frozenset(connection.scalars(_VALID, {"wanted": sorted(sha256s), "at": at}))


def station_tokens(connection: sa.Connection) -> list[StationToken]:
    """Every token ever made, by station."""
    rows = connection.execute(_TOKENS.order_by(station_token.c.station_id, station_token.c.created_at))
    return [StationToken(*row) for row in rows]


def accounts(connection: sa.Connection) -> list[Account]:
    """Every account, by name."""
    table = user_account.c
    rows = connection.execute(
        sa.select(table.name, table.role, table.created_at, table.disabled_at).order_by(table.name)
    )
    return [Account(*row) for row in rows]


def operators_version(connection: sa.Connection) -> int:
    """How often what stations know of people at the bench may have changed; 0 where it never did."""
    return connection.scalar(sa.select(sa.func.max(user_account.c.operator_version))) or 0


def audit_entries(connection: sa.Connection, limit: int) -> list[AuditEntry]:
    """The last ``limit`` entries, newest first."""
    table = audit.c
    rows = connection.execute(
        sa.select(table.at, table.actor, table.action, table.subject, table.detail)
        .order_by(table.at.desc(), table.id.desc())
        .limit(limit)
    )
    return [AuditEntry(*row) for row in rows]


_VALID = sa.select(station_token.c.token_sha256).where(
    station_token.c.token_sha256.in_(sa.bindparam("wanted", expanding=True)),
    station_token.c.revoked_at.is_(None),
    station_token.c.expires_at > sa.bindparam("at"),
)
_TOKENS = sa.select(
    station_token.c.token_sha256,
    station_token.c.station_id,
    station_token.c.prefix,
    station_token.c.scope,
    station_token.c.created_at,
    station_token.c.expires_at,
    station_token.c.revoked_at,
)
