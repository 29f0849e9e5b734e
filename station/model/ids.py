"""The two kinds of id: made by the producer (UUIDv7), and computed from a serial number (UUIDv5)."""

from __future__ import annotations

import secrets
import unicodedata
import uuid
from datetime import datetime

from station.model.errors import OperatorError

UNIT_NAMESPACE = uuid.UUID("c0b5f6de-4d1b-5c0e-9c8e-6b1f6a3e7d21")
"""Fixed by the wire contract (fixtures/wire/v1/unit-ids.json)."""

MAX_SERIAL_LENGTH = 64


def new_id(at: datetime) -> str:
    """A UUIDv7 (RFC 9562, 5.7) of the time ``at``: sorts by time to the millisecond, the rest is random."""
    milliseconds = int(at.timestamp() * 1000)
    value = (milliseconds << 80) | (0x7 << 76) | (secrets.randbits(12) << 64) | (0b10 << 62) | secrets.randbits(62)
    return str(uuid.UUID(int=value))


def canonical_serial(text: str) -> str:
    """``text`` in the form serial numbers are compared in: NFKC, upper case, trimmed.

    Raises OperatorError when it is empty, too long, or holds a control character or a wildcard.
    """
    serial = unicodedata.normalize("NFKC", text).upper().strip()
    if not serial:
        raise OperatorError("the serial number is empty: scan the label again")
    if len(serial) > MAX_SERIAL_LENGTH:
        raise OperatorError(f"the serial number has {len(serial)} characters, at most {MAX_SERIAL_LENGTH} are allowed")
    bad = [character for character in serial if unicodedata.category(character).startswith("C") or character in "*?%"]
    if bad:
        raise OperatorError(f"the serial number holds {bad[0]!r}: scan the label again")
    return serial


def unit_id(family: str, serial: str) -> str:
    """The unit's id anywhere, offline too; ``family`` is empty for a provisional unit."""
    return str(uuid.uuid5(UNIT_NAMESPACE, f"{family}\x1f{canonical_serial(serial)}"))
