"""A form may write only if it came from a page of this site in this session."""

from __future__ import annotations

import hashlib
import hmac
from urllib.parse import urlsplit

FIELD = "csrf"


def csrf_token(session_token: str) -> str:
    """The token of a session's forms, derived from its secret and stored nowhere."""
    return hmac.new(session_token.encode(), b"fanji csrf v1", hashlib.sha256).hexdigest()


def is_csrf_token(session_token: str, presented: str) -> bool:
    """Whether ``presented`` belongs to the session; never for an empty session."""
    return session_token != "" and hmac.compare_digest(csrf_token(session_token).encode(), presented.encode())


def is_same_origin(origin: str | None, host: str) -> bool:
    """Whether the Origin of a form without a session is this host; a client that sends none is no browser's form."""
    return origin is None or urlsplit(origin).netloc == host
