"""The alarms: letters set aside, letters that are missing, and what contradicts itself."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from server.admin.access import Reading, require
from server.admin.queries import User
from server.ingest import record_pages
from server.ingest.chain import gaps
from server.ingest.queries import conflicts, discrepancies, quarantined
from server.web.cursor import read_cursor, write_cursor
from server.web.render import page

ROWS = 50
router = APIRouter(include_in_schema=False)
router.include_router(record_pages.router)


@router.get("/alarms")
def alarms_page(
    request: Request, user: Annotated[User, Depends(require("alarms.read"))], connection: Reading, after: str = ""
) -> Response:
    """Letters set aside, letters missing from their chains, and what contradicts itself."""
    cursor = read_cursor(after, 1)
    found = discrepancies(connection, cursor[0] if cursor else None, limit=ROWS + 1)
    rows = found[:ROWS]
    return page(
        request,
        "ingest/alarms.html",
        user=user,
        set_aside=[*quarantined(connection), *conflicts(connection)],
        gaps=gaps(connection),
        discrepancies=rows,
        next_cursor=write_cursor(rows[-1].id) if len(found) > ROWS else "",
        is_first=not cursor,
    )
