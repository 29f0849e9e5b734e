"""The two kinds of id: made with the record (UUIDv7), and computed from a serial or order number (UUIDv5)."""

from __future__ import annotations

import secrets
import unicodedata
import uuid
from datetime import datetime

from server.errors import LetterError

NAMESPACE = uuid.UUID("c0b5f6de-4d1b-5c0e-9c8e-6b1f6a3e7d21")
"""Fixed by the wire contract (fixtures/wire/v1/unit-ids.json)."""

MAX_SERIAL_LENGTH = 64


def new_id(at: datetime) -> str:
    """A UUIDv7 (RFC 9562, 5.7) of the time ``at``: sorts by time to the millisecond, the rest is random."""
    milliseconds = int(at.timestamp() * 1000)
    value = (milliseconds << 80) | (0x7 << 76) | (secrets.randbits(12) << 64) | (0b10 << 62) | secrets.randbits(62)
    return str(uuid.UUID(int=value))


def moment_of_id(made: str) -> float:
    """When a UUIDv7 says that it was made, in s since 1970; more than a datetime holds in ids that were not."""
    return (uuid.UUID(made).int >> 80) / 1000


def canonical_serial(text: str) -> str:
    """``text`` in the form serial numbers are compared in: NFKC, upper case, trimmed.

    Raises LetterError when it is empty, too long, or holds a control character or a wildcard.
    """
    serial = unicodedata.normalize("NFKC", text).upper().strip()
    if not serial:
        raise LetterError("serial", "is empty")
    if len(serial) > MAX_SERIAL_LENGTH:
        raise LetterError("serial", f"has {len(serial)} characters, at most {MAX_SERIAL_LENGTH} are allowed")
    bad = [character for character in serial if unicodedata.category(character).startswith("C") or character in "*?%"]
    if bad:
        raise LetterError("serial", f"holds {bad[0]!r}")
    return serial


def unit_id(family: str, serial: str) -> str:
    """The unit's id, the same at every station and site; ``family`` is empty for a provisional unit."""
    return str(uuid.uuid5(NAMESPACE, f"{family}\x1f{canonical_serial(serial)}"))


def order_id(number: str) -> str:
    """The key of what belongs to a burn order and to no unit."""
    return str(uuid.uuid5(NAMESPACE, number))
