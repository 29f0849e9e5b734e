"""Passwords, PINs and badges: argon2id, and the same work for a name that no account has."""

from __future__ import annotations

import base64
import re
import secrets
import threading
from functools import lru_cache

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError
from argon2.low_level import Type, hash_secret

from server.errors import BadInput

MIN_LENGTH, MAX_LENGTH = 8, 1000
HASHES_AT_ONCE = 2
"""Each verification needs 64 MiB; more logins than this wait their turn."""

DIFFERENT_CHARACTERS = 5
COMMON = frozenset(
    [
        "password",
        "passw0rd",
        "12345678",
        "123456789",
        "1234567890",
        "11111111",
        "00000000",
        "88888888",
        "66666666",
        "87654321",
        "11223344",
        "12341234",
        "qwertyui",
        "qwertyuiop",
        "1qaz2wsx",
        "qazwsxedc",
        "asdfghjk",
        "zxcvbnm1",
        "abcd1234",
        "abc12345",
        "a1234567",
        "aa123456",
        "iloveyou",
        "woaini1314",
        "woaini520",
        "5201314520",
        "admin123",
        "administrator",
        "password1",
        "welcome1",
        "letmein1",
        "changeme",
        "sunshine",
        "princess",
        "football",
        "baseball",
        "superman",
        "trustno1",
        "starwars",
        "fanji123",
        "fanji1234",
    ]
)
"""The beginning of every list of leaked passwords, here and in the West; whoever guesses tries them first."""

_hasher = PasswordHasher()
_turn = threading.BoundedSemaphore(HASHES_AT_ONCE)


def hash_password(password: str) -> str:
    """An argon2id hash with the library's current parameters; raises BadInput for a bad length."""
    if not MIN_LENGTH <= len(password) <= MAX_LENGTH:
        raise BadInput(f"a password has {MIN_LENGTH} to {MAX_LENGTH} characters", "password")
    with _turn:
        return _hasher.hash(password)


def refuse_weak(name: str, password: str) -> None:
    """Raise BadInput for what somebody who guesses tries first; nothing is asked of its kinds of characters.

    Source: NIST SP 800-63B-4, 3.1.1.2: a least length, lists of common and context-specific words, no composition.
    """
    plain = password.casefold()
    is_near_name = len(name.strip()) > 2 and name.strip().casefold() in plain
    if plain in COMMON or len(set(plain)) < DIFFERENT_CHARACTERS or is_near_name:
        raise BadInput("this password is among the first that are guessed: take a sentence of some words", "weak")


def is_password(password_hash: str | None, password: str) -> bool:
    """Whether ``password`` made ``password_hash``; None takes the time of a real hash and is never true."""
    with _turn:
        try:
            return (
                _hasher.verify(password_hash or _hash_of_nobody(), password[:MAX_LENGTH]) and password_hash is not None
            )
        except VerifyMismatchError:
            return False


def hash_pin(pin: str) -> str:
    """An argon2id hash; raises BadInput where it is not 6 to 12 digits.

    Every station holds it, so that the bench works while the server is away: fewer digits would soon be tried out.
    """
    if not re.fullmatch(r"[0-9]{6,12}", pin):
        raise BadInput("a PIN has 6 to 12 digits", "pin")
    with _turn:
        return _hasher.hash(pin)


def badge_salt(known_hash: str | None) -> bytes:
    """The one salt of all badges of this site, taken from any of them, so that a station hashes a scan only once."""
    if known_hash is None:
        return secrets.token_bytes(16)
    text = known_hash.split("$")[4]
    return base64.b64decode(text + "=" * (-len(text) % 4))


def hash_badge(code: str, salt: bytes) -> str:
    """An argon2id hash, the same for the same code; raises BadInput for what no scanner gives or anybody guesses."""
    if not re.fullmatch(r"(?=[^0-9]*[0-9])[!-~]([ -~]{4,98})[!-~]", code):
        raise BadInput("a badge's code has 6 to 100 characters that a scanner can type, a digit among them", "badge")
    kind = _hasher
    with _turn:
        made = hash_secret(
            code.encode(), salt, kind.time_cost, kind.memory_cost, kind.parallelism, kind.hash_len, Type.ID
        )
    return made.decode()


@lru_cache(maxsize=1)
def _hash_of_nobody() -> str:
    return _hasher.hash(secrets.token_urlsafe(32))
