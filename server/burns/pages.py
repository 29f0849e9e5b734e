"""The burn ledger."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from server.admin.access import InSettings, Reading, require
from server.admin.queries import User
from server.burns.queries import BurnFilter, ledger
from server.web.cursor import read_cursor, write_cursor
from server.web.day_span import day_span
from server.web.ledger_filter import ONLY_JUST, LedgerFilter
from server.web.render import page

ROWS = 50
router = APIRouter(include_in_schema=False)
Reader = Annotated[User, Depends(require("records.read"))]


@router.get("/burns")
def burn_ledger(
    request: Request,
    user: Reader,
    connection: Reading,
    settings: InSettings,
    asked: Annotated[LedgerFilter, Depends()],
    after: str = "",
) -> Response:
    """The burns that the address asks for, the newest first."""
    wanted = BurnFilter(
        result=None if asked.verdict == ONLY_JUST else asked.verdict or None,
        serial=asked.text,
        started=day_span(settings, asked.since, asked.until),
        is_marginal=asked.verdict == ONLY_JUST,
    )
    cursor = read_cursor(after, 1)
    found = ledger(connection, wanted, cursor[0] if cursor else None, limit=ROWS + 1)
    rows = found[:ROWS]
    return page(
        request,
        "burns/list.html",
        user=user,
        rows=rows,
        filters=asked.pairs,
        is_filtered=asked.is_filtered,
        next_cursor=write_cursor(rows[-1].id) if len(found) > ROWS else "",
        is_first=not cursor,
    )
