"""Who changes something on a page or at the command line, and the texts that are typed there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from server.admin.delegation_queries import grants_of
from server.admin.origin import Grant, act_under
from server.admin.permissions import permissions
from server.admin.queries import account_by_name
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
        """Raise NotFound for no account, NotAllowed for one that is closed or may not do ``action``.

        What the role does not include may be a right that another person gave; the audit then says so.
        """
        rights = self._rights(connection, action)
        if rights:
            act_under(connection, rights[0])

    def require_other(self, connection: sa.Connection, action: str, asker: str, said: str) -> None:
        """Raise NotAllowed for what ``asker`` asked for, unless another person decides by a right not the asker's.

        ``said`` is the sentence. Whoever may not do ``action`` at all is refused as by ``require``.
        """
        rights = self._rights(connection, action)
        others = [grant for grant in rights if grant.giver != asker]
        if self.name == asker or (rights and not others):
            raise NotAllowed(said)
        if others:
            act_under(connection, others[0])

    def _rights(self, connection: sa.Connection, action: str) -> list[Grant]:
        """What lets the author do it; nothing where the role does. Raises NotFound and NotAllowed."""
        account = account_by_name(connection, self.name)
        if account is None:
            raise NotFound(f"no account {self.name}")
        if account.disabled_at is None and permissions().allows(account.role, action):
            return []
        found = [grant for grant in grants_of(connection, account.id, self.at) if action in grant.actions]
        if account.disabled_at is not None or not found:
            raise NotAllowed(f"{self.name} ({account.role}) may not do this: {action}")
        return found


def typed(text: str, field: str, longest: int, may_be_empty: bool = False) -> str:
    """``text`` without spaces around it; raises BadInput for none, for too much, and for what cannot be printed."""
    text = text.strip()
    if may_be_empty and not text:
        return ""
    if not 0 < len(text) <= longest or not text.isprintable():
        raise BadInput(f"has 1 to {longest} printable characters", field)
    return text
