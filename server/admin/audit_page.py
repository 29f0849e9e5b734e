"""The audit as a page: who did what, by whose right and from where, before and after."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from server.admin.access import InSettings, Reading, require
from server.admin.audit_queries import AuditEntry, AuditFilter, audit_entries
from server.admin.flows import COMMAND_LINE
from server.admin.queries import User
from server.config import Settings
from server.web.cursor import read_cursor, write_cursor
from server.web.day_span import day_span
from server.web.render import page

ROWS = 100
READ = "audit.read"
MAX_TEXT = 100
router = APIRouter(include_in_schema=False)
Auditor = Annotated[User, Depends(require(READ))]


@dataclass(slots=True)
class AuditAddress:
    """The filter as typed; used as a dependency it reads the query of the address."""

    who: str = ""
    what: str = ""
    subject: str = ""
    delegated: str = ""
    since: str = ""
    until: str = ""

    def as_filter(self, settings: Settings) -> AuditFilter:
        """A name without ``station:`` is a person's."""
        who = self.who.strip()[:MAX_TEXT]
        if who and ":" not in who and who != COMMAND_LINE:
            who = f"user:{who}"
        what, subject = self.what.strip()[:MAX_TEXT], self.subject.strip()[:MAX_TEXT]
        return AuditFilter(who, what, subject, self.delegated == "1", day_span(settings, self.since, self.until))


@router.get("/audit")
def audit_page(
    request: Request,
    user: Auditor,
    connection: Reading,
    settings: InSettings,
    address: Annotated[AuditAddress, Depends()],
    after: str = "",
) -> Response:
    """The entries that the address asks for, the newest first."""
    before = read_position(after)
    found = audit_entries(connection, ROWS + 1, address.as_filter(settings), before)
    rows, filters = found[:ROWS], asdict(address)
    return page(
        request,
        "admin/audit.html",
        user=user,
        rows=rows,
        filters=filters,
        is_filtered=any(filters.values()),
        next_cursor=position_of(rows[-1]) if len(found) > ROWS else "",
        is_first=before is None,
    )


def position_of(entry: AuditEntry) -> str:
    """Where the list goes on after ``entry``."""
    return write_cursor(entry.at.isoformat(), entry.id)


def read_position(word: str) -> tuple[datetime, str] | None:
    """The time and id of the entry to go on after; None begins anew."""
    key = read_cursor(word, 2)
    try:
        return (datetime.fromisoformat(key[0]).astimezone(UTC), key[1]) if key else None
    except (ValueError, OverflowError):
        return None
