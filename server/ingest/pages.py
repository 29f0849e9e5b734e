"""The home page and the alarms: what waits for somebody, over all domains."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from server.admin.access import CurrentUser, InSettings, Now, Reading, require
from server.admin.queries import User
from server.burns.queries import ledger as burn_ledger
from server.db.span import day_of
from server.ingest import record_pages
from server.ingest.chain import gaps
from server.ingest.queries import conflicts, discrepancies, home, quarantined
from server.parts.flows import MOVING
from server.parts.queries import count_below
from server.parts.requests import count_requests
from server.repairs.queue import waiting_for
from server.returns.case_ledger import OPEN, CaseFilter, case_ledger
from server.runs.queries import failed_measurements, only_just
from server.runs.queries import ledger as run_ledger
from server.web.cursor import read_cursor, write_cursor
from server.web.render import page

LINES = 8
ROWS = 50
router = APIRouter(include_in_schema=False)
router.include_router(record_pages.router)


@router.get("/")
def home_page(request: Request, user: CurrentUser, connection: Reading, settings: InSettings, at: Now) -> Response:
    """Open cases, the last tests and burns, and the day's numbers."""
    today = at.astimezone(settings.zone).date().isoformat()
    runs = run_ledger(connection, limit=LINES)
    return page(
        request,
        "ingest/home.html",
        user=user,
        counts=home(connection, day_of(at, settings.zone)),
        repairs=waiting_for(connection, user.name, at.astimezone(settings.zone).date()),
        today=today,
        cases=case_ledger(connection, CaseFilter(state=OPEN), limit=LINES),
        runs=runs,
        failed=failed_measurements(connection, [run.id for run in runs]),
        only_just=only_just(connection, [run.id for run in runs]),
        burns=burn_ledger(connection, limit=LINES),
        parts_requests=count_requests(connection),
        parts_below=count_below(connection) if user.may(MOVING) else 0,
    )


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
