"""Accounts and tokens are made, changed and withdrawn; each change is audited in its transaction."""

from __future__ import annotations

import re
import secrets
from datetime import datetime, timedelta

import sqlalchemy as sa

from server.admin.passwords import hash_password
from server.admin.permissions import permissions
from server.admin.queries import digest, operators_version
from server.admin.tables import audit, station_token, user_account, user_session
from server.errors import BadInput, Contradiction, NotFound
from server.wire.ids import new_id

COMMAND_LINE = "command-line"
TOKEN_PREFIX_LENGTH = 10
WRITE_LETTERS = "letters.write"
MAX_TOKEN_DAYS = 3650
STATION_ID = re.compile("[a-z0-9][a-z0-9-]{0,62}")


def note(connection: sa.Connection, at: datetime, actor: str, action: str, subject: str, detail: str = "") -> None:
    """Add an entry to the audit, in the caller's transaction."""
    row = {"id": new_id(at), "at": at, "actor": actor, "action": action, "subject": subject[:200], "detail": detail}
    connection.execute(sa.insert(audit), row)


def add_user(connection: sa.Connection, name: str, role: str, password: str, at: datetime) -> None:
    """Make an account; raises BadInput or, for a name that is taken, Contradiction."""
    name = name.strip()
    if not 0 < len(name) <= 80 or not name.isprintable():
        raise BadInput("a name has 1 to 80 printable characters", "name")
    if role not in permissions().roles:
        raise BadInput(f"no role {role!r}; there are {', '.join(permissions().roles)}", "role")
    if connection.scalar(sa.select(user_account.c.id).where(user_account.c.name == name)):
        raise Contradiction(f"there is an account {name} already")
    row = {"id": new_id(at), "name": name, "role": role, "password_hash": hash_password(password), "created_at": at}
    connection.execute(sa.insert(user_account), row)
    note(connection, at, COMMAND_LINE, "user.add", name, role)


def set_password(connection: sa.Connection, name: str, password: str, at: datetime) -> None:
    """Give the account another password and end its sessions."""
    _change_account(connection, name, {"password_hash": hash_password(password)})
    _end_sessions(connection, name, at)
    note(connection, at, COMMAND_LINE, "user.password", name)


def disable_user(connection: sa.Connection, name: str, at: datetime) -> None:
    """Close the account for good; its records stay."""
    _change_account(connection, name, {"disabled_at": at, "operator_version": operators_version(connection) + 1})
    _end_sessions(connection, name, at)
    note(connection, at, COMMAND_LINE, "user.disable", name)


def add_token(connection: sa.Connection, station_id: str, days: int, at: datetime) -> str:
    """Make a token that may write letters of ``station_id``; it is returned once and kept as a digest only."""
    if not STATION_ID.fullmatch(station_id):
        raise BadInput("a station id has lower-case letters, digits and hyphens, at most 63", "station_id")
    if not 1 <= days <= MAX_TOKEN_DAYS:
        raise BadInput(f"a token is valid for 1 to {MAX_TOKEN_DAYS} days", "days")
    token = f"fjt_{secrets.token_urlsafe(32)}"
    row = {
        "token_sha256": digest(token),
        "prefix": token[:TOKEN_PREFIX_LENGTH],
        "station_id": station_id,
        "scope": WRITE_LETTERS,
        "created_at": at,
        "expires_at": at + timedelta(days=days),
    }
    connection.execute(sa.insert(station_token), row)
    note(connection, at, COMMAND_LINE, "token.add", station_id, token[:TOKEN_PREFIX_LENGTH])
    return token


def revoke_token(connection: sa.Connection, prefix: str, at: datetime) -> None:
    """End the token that begins with ``prefix``; raises NotFound."""
    found = connection.execute(
        sa.update(station_token)
        .where(station_token.c.prefix == prefix, station_token.c.revoked_at.is_(None))
        .values(revoked_at=at)
    )
    if found.rowcount != 1:
        raise NotFound(f"no valid token begins with {prefix!r}")
    note(connection, at, COMMAND_LINE, "token.revoke", prefix)


def _change_account(connection: sa.Connection, name: str, values: dict[str, object]) -> None:
    changed = connection.execute(sa.update(user_account).where(user_account.c.name == name).values(values))
    if changed.rowcount != 1:
        raise NotFound(f"no account {name}")


def _end_sessions(connection: sa.Connection, name: str, at: datetime) -> None:
    user_id = sa.select(user_account.c.id).where(user_account.c.name == name).scalar_subquery()
    connection.execute(
        sa.update(user_session)
        .where(user_session.c.user_id == user_id, user_session.c.ended_at.is_(None))
        .values(ended_at=at)
    )
