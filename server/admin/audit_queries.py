"""The audit, the newest entry first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from server.admin.tables import audit, delegation, user_account
from server.db.span import Span


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """Who did what, by whose right, from where, and how it was before and after."""

    id: str
    at: datetime
    actor: str
    action: str
    subject: str
    detail: str
    address: str
    session: str
    giver: str
    delegation_id: str | None
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """``action`` is a beginning, ``actor`` one where it ends in a colon; ``is_delegated``: by another's right.

    ``actor`` and ``subject`` are otherwise whole, so that an index finds a few entries among very many.
    """

    actor: str = ""
    action: str = ""
    subject: str = ""
    is_delegated: bool = False
    span: Span | None = None


def audit_entries(
    connection: sa.Connection,
    limit: int,
    wanted: AuditFilter = AuditFilter(),
    before: tuple[datetime, str] | None = None,
) -> list[AuditEntry]:
    """The last ``limit`` entries that ``wanted`` asks for, older than the one with the time and id ``before``."""
    table = audit.c
    found = sa.select(*(table[name] for name in AuditEntry.__dataclass_fields__))
    if wanted.actor.endswith(":"):
        found = found.where(table.actor.startswith(wanted.actor, autoescape=True))
    elif wanted.actor:
        found = found.where(table.actor == wanted.actor)
    if wanted.subject:
        found = found.where(table.subject == wanted.subject)
    if wanted.action:
        found = found.where(table.action.startswith(wanted.action, autoescape=True))
    if wanted.is_delegated:
        found = found.where(table.delegation_id.is_not(None), table.actor.in_(_DEPUTIES))
    if wanted.span is not None:
        found = found.where(table.at >= wanted.span.start, table.at < wanted.span.end)
    if before is not None:
        at, entry_id = before
        found = found.where(table.at <= at, sa.or_(table.at < at, table.id < entry_id))
    rows = connection.execute(found.order_by(table.at.desc(), table.id.desc()).limit(limit))
    return [AuditEntry(*row) for row in rows]


_DEPUTIES = (
    sa.select(sa.literal("user:") + user_account.c.name)
    .join(delegation, delegation.c.taker_id == user_account.c.id)
    .distinct()
)
