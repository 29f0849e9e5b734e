"""The list of units, found by the beginning or the end of the serial number."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from server.admin.access import Reading, require
from server.admin.queries import User
from server.units.queries import Unit, recent_units, search_units
from server.web.cursor import read_cursor, write_cursor
from server.web.render import page

ROWS = 50
MAX_TEXT = 64
router = APIRouter(include_in_schema=False)
Reader = Annotated[User, Depends(require("records.read"))]


@router.get("/units")
def units_page(request: Request, user: Reader, connection: Reading, text: str = "", after: str = "") -> Response:
    """Units by serial, or the last ones that something happened to; a whole serial number opens its unit at once."""
    wanted = text.strip()[:MAX_TEXT]
    cursor = read_cursor(after, 2)
    if wanted or cursor:
        found = search_units(connection, wanted, (cursor[0], cursor[1]) if cursor else None, limit=ROWS + 1)
    else:
        found = recent_units(connection, limit=ROWS)
    if len(found) == 1 and wanted and not cursor and _is_whole_serial(found[0], wanted, request):
        return RedirectResponse(f"/units/{found[0].unit_id}", status_code=303)
    rows = found[:ROWS]
    next_cursor = write_cursor(rows[-1].serial, rows[-1].unit_id) if len(found) > ROWS else ""
    return page(
        request,
        "units/list.html",
        user=user,
        rows=rows,
        filters={"text": wanted},
        next_cursor=next_cursor,
        is_first=not cursor,
    )


def _is_whole_serial(unit: Unit, wanted: str, request: Request) -> bool:
    """Whether a person asked for exactly this unit; while typing, the list stays."""
    return "hx-request" not in request.headers and unit.serial == wanted.upper()
