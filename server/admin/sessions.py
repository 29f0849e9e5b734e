"""Logging in and out, slowed down for who guesses, and alike for names that exist and names that do not."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from server.admin.author import Author
from server.admin.flows import note
from server.admin.origin import asked_in_session
from server.admin.passwords import is_password
from server.admin.queries import User, digest
from server.admin.session_queries import begins_with, session_by_id
from server.admin.tables import login_failure, user_account, user_session
from server.db.engine import Database
from server.errors import NotFound, NotLoggedIn, TooManyAttempts

SESSION_HOURS = 12
FREE_ATTEMPTS = 5
FIRST_LOCK_S, LONGEST_LOCK_S = 30, 900
FORGET_AFTER = timedelta(days=1)
MAX_NAME = 80
USERS = "users.write"


@dataclass(frozen=True, slots=True)
class Session:
    """A session that has begun; ``token`` is the cookie's secret and is kept nowhere."""

    token: str
    user: User
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Browser:
    """Where somebody logs in: the address, the program, and the token of the session that this one replaces."""

    address: str = ""
    agent: str = ""
    ended: str = ""


def log_in(database: Database, name: str, password: str, at: datetime, browser: Browser = Browser()) -> Session:
    """Begin a session; raises NotLoggedIn, or TooManyAttempts after FREE_ATTEMPTS wrong ones.

    Attempts count by name and address, where it is known. One counts as failed before the password is looked
    at, so that guesses made at once all count.
    """
    name = name.strip()[:MAX_NAME]
    attempt = digest(f"{browser.address}\x1f{name}")
    with database.writing() as connection:
        count_attempt(connection, attempt, at)
    with database.reading() as connection:
        account = _account(connection, name)
    if not is_password(account.password_hash if account else None, password) or account is None:
        with database.writing() as connection:
            note(connection, at, "unknown", "login.refused", name)
        raise NotLoggedIn("name or password is wrong")
    with database.writing() as connection:
        connection.execute(sa.delete(login_failure).where(login_failure.c.attempt_sha256 == attempt))
        return begin(connection, account.user, at, browser)


def begin(connection: sa.Connection, user: User, at: datetime, browser: Browser) -> Session:
    """A session of somebody who has proved who it is; the one that the browser had ends."""
    session = Session(secrets.token_urlsafe(32), user, at + timedelta(hours=SESSION_HOURS))
    sha256 = digest(session.token)
    _end(connection, browser.ended, at)
    row = {"token_sha256": sha256, "user_id": user.id, "created_at": at, "expires_at": session.expires_at}
    where = {"address": browser.address[:64], "agent": browser.agent[:200]}
    connection.execute(sa.insert(user_session), row | where)
    asked_in_session(sha256)
    note(connection, at, f"user:{user.name}", "login", user.name)
    return session


def log_out(database: Database, token: str, user: User, at: datetime) -> None:
    """End the session of ``user``."""
    with database.writing() as connection:
        _end(connection, token, at)
        note(connection, at, f"user:{user.name}", "logout", user.name)


def end_session(connection: sa.Connection, session_id: str, author: Author, by_any: bool) -> None:
    """End a session by the beginning of its digest: one's own, or with ``by_any`` anybody's. Raises NotFound."""
    found = session_by_id(connection, session_id)
    if found is None or (found.user != author.name and not by_any):
        raise NotFound("no such session is on record")
    if found.user != author.name:
        author.require(connection, USERS)
    one = sa.update(user_session).where(begins_with(session_id), user_session.c.ended_at.is_(None))
    connection.execute(one.values(ended_at=author.at))
    note(connection, author.at, author.actor, "session.end", found.user, session_id)


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
    return _Account(User(row.id, row.name, row.role, row.must_change), row.password_hash) if row else None


def count_attempt(connection: sa.Connection, attempt: str, at: datetime) -> None:
    """One more for the digest ``attempt``; raises TooManyAttempts for what has to wait."""
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
