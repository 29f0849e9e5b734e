"""Sessions that have not ended: whose they are, since when, and where they began."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from server.admin.origin import SESSION_DIGITS
from server.admin.tables import user_account, user_session


@dataclass(frozen=True, slots=True)
class OpenSession:
    """``id`` is the beginning of its secret's digest; ``agent`` what the browser says of itself."""

    id: str
    user: str
    created_at: datetime
    expires_at: datetime
    address: str
    agent: str


def open_sessions(connection: sa.Connection, at: datetime, user_id: str | None = None) -> list[OpenSession]:
    """The sessions that are open at ``at``, the newest first; of one person where ``user_id`` is given."""
    wanted = _SESSIONS.where(user_session.c.expires_at > at).order_by(user_session.c.created_at.desc())
    if user_id is not None:
        wanted = wanted.where(user_session.c.user_id == user_id)
    return [OpenSession(*row) for row in connection.execute(wanted)]


def session_by_id(connection: sa.Connection, session_id: str) -> OpenSession | None:
    """The session that has not ended with this id; None for none."""
    if not re.fullmatch(f"[0-9a-f]{{{SESSION_DIGITS}}}", session_id):
        return None
    row = connection.execute(_SESSIONS.where(begins_with(session_id))).first()
    return OpenSession(*row) if row else None


def begins_with(session_id: str) -> sa.ColumnElement[bool]:
    """Whether a session's digest begins so, as a range of its key: ``g`` is behind every hexadecimal digit."""
    return user_session.c.token_sha256.between(session_id, f"{session_id}g")


_id = sa.func.substr(user_session.c.token_sha256, 1, SESSION_DIGITS)
_SESSIONS = (
    sa.select(
        _id,
        user_account.c.name,
        user_session.c.created_at,
        user_session.c.expires_at,
        user_session.c.address,
        user_session.c.agent,
    )
    .join(user_account, user_account.c.id == user_session.c.user_id)
    .where(user_session.c.ended_at.is_(None))
)
