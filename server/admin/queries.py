"""Who is asking: users by session, stations by token; and the lists of both."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from server.admin.delegation_queries import grants_of
from server.admin.origin import Grant
from server.admin.permissions import permissions
from server.admin.tables import station_token, user_account, user_session

STATION_UNKNOWN = "a valid station token is needed: Authorization: Bearer …"
BENCH_SCOPE, LETTERS_SCOPE = "letters.write", "letters.send"
SCOPES = (BENCH_SCOPE, LETTERS_SCOPE)
"""A bench asks and sends; a gateway or an importer sends letters and asks for nothing."""


@dataclass(frozen=True, slots=True)
class User:
    """A person with an account."""

    id: str
    name: str
    role: str
    must_change: bool = False
    grants: tuple[Grant, ...] = ()

    def may(self, action: str) -> bool:
        """Whether the role may, or a delegation lets the person."""
        return permissions().allows(self.role, action) or self.grant_for(action) is not None

    def grant_for(self, action: str) -> Grant | None:
        """By what right of another the person does it; None where the role itself may, and where nothing lets him."""
        if permissions().allows(self.role, action):
            return None
        return next((grant for grant in self.grants if action in grant.actions), None)


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
    created_by: str
    revoked_by: str
    last_used_at: datetime | None

    def is_valid(self, at: datetime) -> bool:
        return self.revoked_at is None and at < self.expires_at


@dataclass(frozen=True, slots=True)
class Account:
    """A row of the list of users; ``code_until`` where a one-time code has not been used yet."""

    id: str
    name: str
    role: str
    created_at: datetime
    disabled_at: datetime | None
    must_change: bool
    code_until: datetime | None


def digest(secret: str) -> str:
    """What is kept of a session's or station's secret; 256 random bits need no salt."""
    return hashlib.sha256(secret.encode()).hexdigest()


def user_of_session(connection: sa.Connection, token: str, at: datetime) -> User | None:
    """The user of a session that is neither over nor ended; None for any other token."""
    row = connection.execute(
        sa.select(user_account.c.id, user_account.c.name, user_account.c.role, user_account.c.must_change)
        .join(user_session, user_session.c.user_id == user_account.c.id)
        .where(
            user_session.c.token_sha256 == digest(token),
            user_session.c.ended_at.is_(None),
            user_session.c.expires_at > at,
            user_account.c.disabled_at.is_(None),
        )
    ).first()
    return User(*row, grants_of(connection, row.id, at)) if row else None


def station_of_token(connection: sa.Connection, token: str, at: datetime) -> StationToken | None:
    """The station whose valid token this is; None for an unknown, revoked or expired one."""
    row = connection.execute(
        _TOKENS.where(
            station_token.c.token_sha256 == digest(token),
            station_token.c.revoked_at.is_(None),
            station_token.c.expires_at > at,
        )
    ).first()
    return StationToken(**row._asdict()) if row else None


def valid_tokens(connection: sa.Connection, sha256s: Iterable[str], at: datetime) -> frozenset[str]:
    """Those of the tokens, by digest, that are neither revoked nor expired."""
    return frozenset(connection.scalars(_VALID, {"wanted": sorted(sha256s), "at": at}))


def station_tokens(connection: sa.Connection) -> list[StationToken]:
    """Every token ever made, by station."""
    rows = connection.execute(_TOKENS.order_by(station_token.c.station_id, station_token.c.created_at))
    return [StationToken(**row._asdict()) for row in rows]


def accounts(connection: sa.Connection) -> list[Account]:
    """Every account, by name."""
    return [Account(*row) for row in connection.execute(_ACCOUNTS.order_by(user_account.c.name))]


def account_by_name(connection: sa.Connection, name: str) -> Account | None:
    """The account that has this name; None for none."""
    row = connection.execute(_ACCOUNTS.where(user_account.c.name == name)).first()
    return Account(*row) if row else None


def account_by_id(connection: sa.Connection, user_id: str) -> Account | None:
    """The account with this id; None for none."""
    row = connection.execute(_ACCOUNTS.where(user_account.c.id == user_id)).first()
    return Account(*row) if row else None


def operators_version(connection: sa.Connection) -> int:
    """How often what stations know of people at the bench may have changed; 0 where it never did."""
    return connection.scalar(sa.select(sa.func.max(user_account.c.operator_version))) or 0


_VALID = sa.select(station_token.c.token_sha256).where(
    station_token.c.token_sha256.in_(sa.bindparam("wanted", expanding=True)),
    station_token.c.revoked_at.is_(None),
    station_token.c.expires_at > sa.bindparam("at"),
)
_TOKENS = sa.select(
    station_token.c.token_sha256.label("sha256"),
    station_token.c.station_id,
    station_token.c.prefix,
    station_token.c.scope,
    station_token.c.created_at,
    station_token.c.expires_at,
    station_token.c.revoked_at,
    station_token.c.created_by,
    station_token.c.revoked_by,
    station_token.c.last_used_at,
)
_ACCOUNTS = sa.select(
    user_account.c.id,
    user_account.c.name,
    user_account.c.role,
    user_account.c.created_at,
    user_account.c.disabled_at,
    user_account.c.must_change,
    user_account.c.code_until,
)
