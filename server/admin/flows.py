"""Accounts and tokens are made, changed and withdrawn; each change is audited in its transaction."""

from __future__ import annotations

import re
import secrets
from datetime import datetime, timedelta
from typing import NamedTuple

import sqlalchemy as sa

from server.admin.origin import grant_of, origin
from server.admin.passwords import hash_password, refuse_weak
from server.admin.permissions import permissions
from server.admin.queries import BENCH_SCOPE, SCOPES, digest, operators_version
from server.admin.tables import audit, station_token, user_account, user_session
from server.errors import BadInput, Contradiction, NotFound
from server.wire.ids import new_id

COMMAND_LINE = "command-line"
TOKEN_PREFIX_LENGTH = 10
MAX_TOKEN_DAYS = 3650
STATION_ID = re.compile("[a-z0-9][a-z0-9-]{0,62}")


class Change(NamedTuple):
    """How what was written was before, and how it is after; empty before for what was made."""

    before: str
    after: str


def note(
    connection: sa.Connection,
    at: datetime,
    actor: str,
    action: str,
    subject: str,
    detail: str = "",
    change: Change | None = None,
) -> None:
    """Add an entry to the audit, in the caller's transaction; where it comes from, and by whose right, is added."""
    where, grant = origin(), grant_of(connection)
    row = {"id": new_id(at), "at": at, "actor": actor, "action": action, "subject": subject[:200], "detail": detail}
    row |= {"address": where.address[:64], "session": where.session, "giver": grant.giver if grant else ""}
    row |= {"delegation_id": grant.delegation_id if grant else None}
    row |= {"before": change.before if change else None, "after": change.after if change else None}
    connection.execute(sa.insert(audit), row)


def add_user(
    connection: sa.Connection, name: str, role: str, password: str, at: datetime, must_change: bool = False
) -> None:
    """Make an account; raises BadInput or, for a name that is taken, Contradiction."""
    refuse_weak(name, password)
    made = {"password_hash": hash_password(password), "must_change": must_change}
    name = insert_account(connection, new_id(at), name, role, made | {"created_at": at})
    note(connection, at, COMMAND_LINE, "user.add", name, role)


def insert_account(connection: sa.Connection, user_id: str, name: str, role: str, row: dict[str, object]) -> str:
    """The name as it is kept; raises BadInput or, for a name that is taken, Contradiction. Not audited by itself."""
    name = name.strip()
    if not 0 < len(name) <= 80 or not name.isprintable():
        raise BadInput("a name has 1 to 80 printable characters", "name")
    require_role(role)
    if connection.scalar(sa.select(user_account.c.id).where(user_account.c.name == name)):
        raise Contradiction(f"there is an account {name} already")
    connection.execute(sa.insert(user_account), row | {"id": user_id, "name": name, "role": role})
    return name


def require_role(role: str) -> None:
    """Raise BadInput for a role that permissions.toml does not have."""
    if role not in permissions().roles:
        raise BadInput(f"no role {role!r}; there are {', '.join(permissions().roles)}", "role")


def set_password(connection: sa.Connection, name: str, password: str, at: datetime, must_change: bool = False) -> None:
    """Give the account another password and end its sessions; a one-time code is void."""
    refuse_weak(name, password)
    values: dict[str, object] = {"password_hash": hash_password(password), "must_change": must_change}
    change_account(connection, name, values | {"code_sha256": None, "code_until": None})
    end_sessions_of(connection, name, at)
    note(connection, at, COMMAND_LINE, "user.password", name)


def disable_user(connection: sa.Connection, name: str, at: datetime, actor: str = COMMAND_LINE) -> None:
    """Close the account for good; its records stay, what it gave to others is over."""
    values: dict[str, object] = {"disabled_at": at, "operator_version": operators_version(connection) + 1}
    change_account(connection, name, values | {"code_sha256": None, "code_until": None})
    end_sessions_of(connection, name, at)
    note(connection, at, actor, "user.disable", name, change=Change("active", "disabled"))


def add_token(
    connection: sa.Connection,
    station_id: str,
    days: int,
    at: datetime,
    actor: str = COMMAND_LINE,
    scope: str = BENCH_SCOPE,
) -> str:
    """Make a token that may write letters of ``station_id``; it is returned once and kept as a digest only."""
    if not STATION_ID.fullmatch(station_id):
        raise BadInput("a station id has lower-case letters, digits and hyphens, at most 63", "station_id")
    if not 1 <= days <= MAX_TOKEN_DAYS:
        raise BadInput(f"a token is valid for 1 to {MAX_TOKEN_DAYS} days", "days")
    if scope not in SCOPES:
        raise BadInput(f"is one of {', '.join(SCOPES)}", "scope")
    token = f"fjt_{secrets.token_urlsafe(32)}"
    row = {
        "token_sha256": digest(token),
        "prefix": token[:TOKEN_PREFIX_LENGTH],
        "station_id": station_id,
        "scope": scope,
        "created_by": actor,
        "created_at": at,
        "expires_at": at + timedelta(days=days),
    }
    connection.execute(sa.insert(station_token), row)
    note(connection, at, actor, "token.add", station_id, f"{token[:TOKEN_PREFIX_LENGTH]} {scope} {days} d")
    return token


def revoke_token(connection: sa.Connection, prefix: str, at: datetime, actor: str = COMMAND_LINE) -> None:
    """End the token that begins with ``prefix``; raises NotFound."""
    found = connection.execute(
        sa.update(station_token)
        .where(station_token.c.prefix == prefix, station_token.c.revoked_at.is_(None))
        .values(revoked_at=at, revoked_by=actor)
    )
    if found.rowcount != 1:
        raise NotFound(f"no valid token begins with {prefix!r}")
    note(connection, at, actor, "token.revoke", prefix)


def mark_used(connection: sa.Connection, sha256: str, at: datetime) -> None:
    """Keep that the token was used; no entry of the audit, because a station does so all day."""
    connection.execute(sa.update(station_token).where(station_token.c.token_sha256 == sha256).values(last_used_at=at))


def change_account(connection: sa.Connection, name: str, values: dict[str, object]) -> None:
    """Write columns of the account; raises NotFound. Not audited by itself."""
    changed = connection.execute(sa.update(user_account).where(user_account.c.name == name).values(values))
    if changed.rowcount != 1:
        raise NotFound(f"no account {name}")


def end_sessions_of(connection: sa.Connection, name: str, at: datetime, but: str = "") -> None:
    """End every session of the account but the one with the digest ``but``."""
    user_id = sa.select(user_account.c.id).where(user_account.c.name == name).scalar_subquery()
    connection.execute(
        sa.update(user_session)
        .where(user_session.c.user_id == user_id, user_session.c.ended_at.is_(None), user_session.c.token_sha256 != but)
        .values(ended_at=at)
    )
