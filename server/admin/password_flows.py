"""A person chooses a password: instead of the old one, or by a one-time code."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import sqlalchemy as sa

from server.admin.account_flows import typed_code
from server.admin.flows import change_account, end_sessions_of, note
from server.admin.passwords import hash_password, is_password, refuse_weak
from server.admin.queries import User, digest
from server.admin.sessions import Browser, Session, begin, count_attempt
from server.admin.tables import login_failure, user_account
from server.db.engine import Database
from server.errors import BadInput


def choose_password(database: Database, user: User, old: str, new: str, at: datetime, browser: Browser) -> Session:
    """``change_password`` for who may guess, and a session in place of all that ended.

    Raises what ``change_password`` raises, and TooManyAttempts.
    """
    _count(database, f"password\x1f{user.id}", at)
    with database.writing() as connection:
        change_password(connection, user, old, new, at)
        _forget(connection, f"password\x1f{user.id}")
        return begin(connection, replace(user, must_change=False), at, browser)


def choose_password_by_code(database: Database, code: str, new: str, at: datetime, browser: Browser) -> Session:
    """``redeem_code`` for who may guess, and a session; raises BadInput and TooManyAttempts."""
    _count(database, f"code\x1f{browser.address}", at)
    with database.writing() as connection:
        user = redeem_code(connection, code, new, at)
        _forget(connection, f"code\x1f{browser.address}")
        return begin(connection, user, at, browser)


def change_password(connection: sa.Connection, user: User, old: str, new: str, at: datetime) -> None:
    """Take ``new`` instead of ``old``; every session ends. Raises BadInput for a wrong, a weak or the same password."""
    kept = connection.scalar(sa.select(user_account.c.password_hash).where(user_account.c.id == user.id))
    if not is_password(kept, old):
        raise BadInput("is not the password", "old")
    _take(connection, user.name, new, str(kept), at)
    note(connection, at, f"user:{user.name}", "user.password", user.name)


def redeem_code(connection: sa.Connection, code: str, new: str, at: datetime) -> User:
    """Let the bearer of a one-time code choose a password; the code is used up. Raises BadInput."""
    row = connection.execute(
        sa.select(user_account).where(
            user_account.c.code_sha256 == digest(typed_code(code)),
            user_account.c.code_until > at,
            user_account.c.disabled_at.is_(None),
        )
    ).first()
    if row is None:
        raise BadInput("is used up, over, or none", "code")
    _take(connection, row.name, new, row.password_hash, at)
    note(connection, at, f"user:{row.name}", "user.password", row.name, "by a one-time code")
    return User(row.id, row.name, row.role)


def _count(database: Database, attempt: str, at: datetime) -> None:
    with database.writing() as connection:
        count_attempt(connection, digest(attempt), at)


def _forget(connection: sa.Connection, attempt: str) -> None:
    connection.execute(sa.delete(login_failure).where(login_failure.c.attempt_sha256 == digest(attempt)))


def _take(connection: sa.Connection, name: str, new: str, kept: str, at: datetime) -> None:
    refuse_weak(name, new)
    if is_password(kept, new):
        raise BadInput("is the old one", "same")
    values: dict[str, object] = {"password_hash": hash_password(new), "must_change": False}
    change_account(connection, name, values | {"code_sha256": None, "code_until": None})
    end_sessions_of(connection, name, at)
