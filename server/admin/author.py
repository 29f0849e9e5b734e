"""Who changes something on a page or at the command line, and the texts that are typed there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from server.admin.permissions import permissions
from server.admin.queries import accounts
from server.errors import BadInput, NotAllowed, NotFound


@dataclass(frozen=True, slots=True)
class Author:
    """Who changes something, and when."""

    name: str
    at: datetime

    @property
    def actor(self) -> str:
        return f"user:{self.name}"

    def require(self, connection: sa.Connection, action: str) -> None:
        """Raise NotFound for no account, NotAllowed for one that is closed or whose role may not do ``action``."""
        account = next((row for row in accounts(connection) if row.name == self.name), None)
        if account is None:
            raise NotFound(f"no account {self.name}")
        if account.disabled_at is not None or not permissions().allows(account.role, action):
            raise NotAllowed(f"{self.name} ({account.role}) may not do this: {action}")


def typed(text: str, field: str, longest: int, may_be_empty: bool = False) -> str:
    """``text`` without spaces around it; raises BadInput for none, for too much, and for what cannot be printed."""
    text = text.strip()
    if may_be_empty and not text:
        return ""
    if not 0 < len(text) <= longest or not text.isprintable():
        raise BadInput(f"has 1 to {longest} printable characters", field)
    return text
