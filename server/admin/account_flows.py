"""Accounts as a supervisor sees to them: made, given another role, closed, and let in again by a one-time code."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from server.admin.author import Author
from server.admin.flows import Change, change_account, disable_user, end_sessions_of, insert_account, note, require_role
from server.admin.passwords import hash_password
from server.admin.permissions import permissions
from server.admin.queries import Account, account_by_id, accounts, digest, operators_version
from server.errors import BadInput, Contradiction, NotAllowed, NotFound

WRITE = "users.write"
CODE_HOURS = 48
CODE_LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
CODE_LENGTH, GROUP = 20, 5
"""99 bits: nobody tries them out within CODE_HOURS. Letters that look alike are left out."""


@dataclass(frozen=True, slots=True)
class Made:
    """An account, and the one-time code by which its person chooses a password; the code is kept as a digest only."""

    account: Account
    code: str


def add_account(connection: sa.Connection, user_id: str, name: str, role: str, author: Author) -> Made:
    """Make an account whose password nobody knows; the same id again is the same account, without a code.

    Raises BadInput, and Contradiction for a name that is taken or an id that is another account's.
    """
    author.require(connection, WRITE)
    if (known := account_by_id(connection, user_id)) is not None:
        if (known.name, known.role) != (name.strip(), role):
            raise Contradiction("another account has this id")
        return Made(known, "")
    made = {"password_hash": _unknown_password(), "must_change": True, "created_at": author.at}
    name = insert_account(connection, user_id, name, role, made)
    note(connection, author.at, author.actor, "user.add", name, change=Change("", role))
    return _with_code(connection, user_id, author.at)


def change_role(connection: sa.Connection, user_id: str, role: str, base: str, author: Author) -> None:
    """Give a person whose role is ``base`` another; sessions end, so that nobody works on by the old one.

    Raises NotFound, BadInput, NotAllowed for one's own account, and Contradiction where the role was changed meanwhile,
    the account is closed, or nobody else sees to accounts.
    """
    account = _other(connection, user_id, author)
    require_role(role)
    if role == account.role:
        return
    if account.role != base:
        raise Contradiction(f"{account.name} is {account.role} meanwhile")
    if not permissions().allows(role, WRITE):
        _require_another_keeper(connection, account)
    values: dict[str, object] = {"role": role, "operator_version": operators_version(connection) + 1}
    change_account(connection, account.name, values)
    end_sessions_of(connection, account.name, author.at)
    note(connection, author.at, author.actor, "user.role", account.name, change=Change(account.role, role))


def close_account(connection: sa.Connection, user_id: str, author: Author) -> None:
    """Close it for good; its records stay. Raises as ``change_role`` does."""
    account = _other(connection, user_id, author)
    _require_another_keeper(connection, account)
    disable_user(connection, account.name, author.at, author.actor)


def give_code(connection: sa.Connection, user_id: str, author: Author) -> Made:
    """A code by which the person chooses another password; the old one, an earlier code and all sessions are void."""
    account = _other(connection, user_id, author)
    values: dict[str, object] = {"password_hash": _unknown_password(), "must_change": True}
    change_account(connection, account.name, values)
    end_sessions_of(connection, account.name, author.at)
    note(connection, author.at, author.actor, "user.reset", account.name)
    return _with_code(connection, user_id, author.at)


def typed_code(text: str) -> str:
    """The code as it was given, however it was typed."""
    return "".join(letter for letter in text.upper() if letter in CODE_LETTERS)


def _with_code(connection: sa.Connection, user_id: str, at: datetime) -> Made:
    letters = "".join(secrets.choice(CODE_LETTERS) for _ in range(CODE_LENGTH))
    account = _account(connection, user_id)
    until = at + timedelta(hours=CODE_HOURS)
    change_account(connection, account.name, {"code_sha256": digest(letters), "code_until": until})
    groups = [letters[start : start + GROUP] for start in range(0, CODE_LENGTH, GROUP)]
    return Made(_account(connection, user_id), "-".join(groups))


def _unknown_password() -> str:
    return hash_password(secrets.token_urlsafe(32))


def _account(connection: sa.Connection, user_id: str) -> Account:
    found = account_by_id(connection, user_id)
    if found is None:
        raise NotFound("no such account is on record")
    return found


def _other(connection: sa.Connection, user_id: str, author: Author) -> Account:
    author.require(connection, WRITE)
    account = _account(connection, user_id)
    if account.name == author.name:
        raise NotAllowed(f"{author.name} does not change an account of their own: another person does")
    if account.disabled_at is not None:
        raise Contradiction(f"the account {account.name} is closed")
    return account


def _require_another_keeper(connection: sa.Connection, account: Account) -> None:
    """Somebody who sees to accounts must be left, or only the command line could."""
    keepers = permissions().actions[WRITE].roles
    left = [row for row in accounts(connection) if row.role in keepers and row.disabled_at is None]
    if all(row.name == account.name for row in left):
        raise BadInput(f"nobody but {account.name} sees to accounts", "last_keeper")
