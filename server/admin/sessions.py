"""Logging in and out, slowed down for who guesses, and alike for names that exist and names that do not."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from server.admin.flows import note
from server.admin.passwords import is_password
from server.admin.queries import User, digest
from server.admin.tables import login_failure, user_account, user_session
from server.db.engine import Database
from server.errors import NotLoggedIn, TooManyAttempts

SESSION_HOURS = 12
FREE_ATTEMPTS = 5
FIRST_LOCK_S, LONGEST_LOCK_S = 30, 900
FORGET_AFTER = timedelta(days=1)
MAX_NAME = 80


@dataclass(frozen=True, slots=True)
class Session:
    """A session that has begun; ``token`` is the cookie's secret and is kept nowhere."""

    token: str
    user: User
    expires_at: datetime


def log_in(database: Database, name: str, password: str, at: datetime, address: str = "", ended: str = "") -> Session:
    """Begin a session; raises NotLoggedIn, or TooManyAttempts after FREE_ATTEMPTS wrong ones.

    Attempts count by name and ``address``, where it is known. One counts as failed before the password is looked
    at, so that guesses made at once all count. ``ended`` is the token of the session that this one replaces.
    """
    name = name.strip()[:MAX_NAME]
    attempt = digest(f"{address}\x1f{name}")
    with database.writing() as connection:
        _count_attempt(connection, attempt, at)
    with database.reading() as connection:
        account = _account(connection, name)
    if not is_password(account.password_hash if account else None, password) or account is None:
        with database.writing() as connection:
            note(connection, at, "unknown", "login.refused", name)
        raise NotLoggedIn("name or password is wrong")
    session = Session(secrets.token_urlsafe(32), account.user, at + timedelta(hours=SESSION_HOURS))
    with database.writing() as connection:
        connection.execute(sa.delete(login_failure).where(login_failure.c.attempt_sha256 == attempt))
        _end(connection, ended, at)
        row = {
            "token_sha256": digest(session.token),
            "user_id": account.user.id,
            "created_at": at,
            "expires_at": session.expires_at,
        }
        connection.execute(sa.insert(user_session), row)
        note(connection, at, f"user:{account.user.name}", "login", account.user.name)
    return session


def log_out(database: Database, token: str, at: datetime) -> None:
    """End the session, if it is one."""
    with database.writing() as connection:
        _end(connection, token, at)


def _end(connection: sa.Connection, token: str, at: datetime) -> None:
    connection.execute(
        sa.update(user_session)
        .where(user_session.c.token_sha256 == digest(token), user_session.c.ended_at.is_(None))
        .values(ended_at=at)
    )


@dataclass(frozen=True, slots=True)
class _Account:
    user: User
    password_hash: str


def _account(connection: sa.Connection, name: str) -> _Account | None:
    row = connection.execute(
        sa.select(user_account).where(user_account.c.name == name, user_account.c.disabled_at.is_(None))
    ).first()
    return _Account(User(row.id, row.name, row.role), row.password_hash) if row else None


def _count_attempt(connection: sa.Connection, attempt: str, at: datetime) -> None:
    connection.execute(sa.delete(login_failure).where(login_failure.c.last_at < at - FORGET_AFTER))
    row = connection.execute(sa.select(login_failure).where(login_failure.c.attempt_sha256 == attempt)).first()
    if row is not None and row.locked_until is not None and row.locked_until > at:
        wait_s = int((row.locked_until - at).total_seconds()) + 1
        raise TooManyAttempts(f"too many wrong attempts: try again in {wait_s} s", wait_s)
    failures = (row.failures if row else 0) + 1
    values = {"failures": failures, "last_at": at, "locked_until": _locked_until(failures, at)}
    if row is None:
        connection.execute(sa.insert(login_failure), {"attempt_sha256": attempt, **values})
    else:
        connection.execute(sa.update(login_failure).where(login_failure.c.attempt_sha256 == attempt).values(values))


def _locked_until(failures: int, at: datetime) -> datetime | None:
    """No lock for the first attempts; then each doubles the wait, up to LONGEST_LOCK_S."""
    if failures < FREE_ATTEMPTS:
        return None
    return at + timedelta(seconds=min(FIRST_LOCK_S * 2 ** min(failures - FREE_ATTEMPTS, 10), LONGEST_LOCK_S))
