"""Where a list goes on: the last row's key in the address, opaque to the reader and checked when it comes back."""

from __future__ import annotations

import base64
import json
from uuid import UUID


def write_cursor(*key: str) -> str:
    """The key, whose last part is the row's id, as one word for the query of an address."""
    text = json.dumps(key, ensure_ascii=False, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def read_cursor(word: str, length: int) -> tuple[str, ...]:
    """The key of ``length`` texts in ``word``; empty for anything else, which begins the list anew."""
    try:
        padded = word + "=" * (-len(word) % 4)
        key = json.loads(base64.urlsafe_b64decode(padded.encode("ascii")))
        UUID(key[-1])
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError):
        return ()
    is_key = isinstance(key, list) and len(key) == length and all(isinstance(part, str) for part in key)
    return tuple(key) if is_key else ()
