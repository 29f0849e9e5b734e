"""Passwords: argon2id, and the same work for a name that no account has."""

from __future__ import annotations

import secrets
import threading
from functools import lru_cache

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError

from server.errors import BadInput

MIN_LENGTH, MAX_LENGTH = 8, 1000
HASHES_AT_ONCE = 2
"""Each verification needs 64 MiB; more logins than this wait their turn."""

_hasher = PasswordHasher()
_turn = threading.BoundedSemaphore(HASHES_AT_ONCE)


def hash_password(password: str) -> str:
    """An argon2id hash with the library's current parameters; raises BadInput for a bad length."""
    if not MIN_LENGTH <= len(password) <= MAX_LENGTH:
        raise BadInput(f"a password has {MIN_LENGTH} to {MAX_LENGTH} characters", "password")
    with _turn:
        return _hasher.hash(password)


def is_password(password_hash: str | None, password: str) -> bool:
    """Whether ``password`` made ``password_hash``; None takes the time of a real hash and is never true."""
    with _turn:
        try:
            return (
                _hasher.verify(password_hash or _hash_of_nobody(), password[:MAX_LENGTH]) and password_hash is not None
            )
        except VerifyMismatchError:
            return False


@lru_cache(maxsize=1)
def _hash_of_nobody() -> str:
    return _hasher.hash(secrets.token_urlsafe(32))
