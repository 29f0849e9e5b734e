"""The ledger of return cases."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from server.admin.access import Reading, require
from server.admin.queries import User
from server.returns.case_ledger import OPEN, CaseFilter, case_ledger
from server.web.case_words import CASE_STATES
from server.web.cursor import read_cursor, write_cursor
from server.web.render import page

ROWS = 50
MAX_TEXT = 64
router = APIRouter(include_in_schema=False)
Reader = Annotated[User, Depends(require("records.read"))]


@router.get("/cases")
def cases_page(
    request: Request, user: Reader, connection: Reading, text: str = "", state: str = "", after: str = ""
) -> Response:
    """The ledger, the newest first."""
    wanted = CaseFilter(text.strip()[:MAX_TEXT], state if state in CASE_STATES or state == OPEN else "")
    cursor = read_cursor(after, 1)
    found = case_ledger(connection, wanted, cursor[0] if cursor else None, limit=ROWS + 1)
    rows = found[:ROWS]
    return page(
        request,
        "returns/list.html",
        user=user,
        cases=rows,
        filters={"text": wanted.text, "state": wanted.state},
        states=tuple(CASE_STATES),
        is_filtered=bool(wanted.text or wanted.state),
        next_cursor=write_cursor(rows[-1].id) if len(found) > ROWS else "",
        is_first=not cursor,
    )
