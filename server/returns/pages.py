"""The ledger of return cases."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from server.admin.access import InSettings, Now, Reading, require
from server.admin.queries import User
from server.returns.case_ledger import OPEN, CaseFilter, case_ledger
from server.returns.details import KINDS
from server.web.case_words import CASE_STATES
from server.web.cursor import read_cursor, write_cursor
from server.web.ledger_file import Teller, every, ledger_file
from server.web.render import page
from server.web.spreadsheet import Cell

ROWS = 50
MAX_TEXT = 64
AGES, LATE = ("3", "7", "14", "30"), "late"
"""Days after which an open case is looked for; LATE for those after their own day."""
router = APIRouter(include_in_schema=False)
Reader = Annotated[User, Depends(require("records.read"))]


@dataclass(slots=True)
class LedgerFilter:
    """The filter as typed; used as a dependency it reads the query of the address."""

    text: str = ""
    state: str = ""
    kind: str = ""
    owner: str = ""
    days: str = ""

    def __post_init__(self) -> None:
        self.text, self.owner = self.text.strip()[:MAX_TEXT], self.owner.strip()[:MAX_TEXT]
        self.state = self.state if self.state in CASE_STATES or self.state == OPEN else ""
        self.kind = self.kind if self.kind in KINDS else ""
        self.days = self.days if self.days in (*AGES, LATE) else ""

    def wanted(self, at: datetime, zone: ZoneInfo) -> CaseFilter:
        """What the ledger is asked for; a day is a day of the site's zone."""
        before = at - timedelta(days=int(self.days)) if self.days in AGES else None
        late_on = at.astimezone(zone).date() if self.days == LATE else None
        return CaseFilter(self.text, self.state, "", self.kind, self.owner, before, late_on)


COLUMNS = (
    "serial", "case", "product", "kind", "state", "owner", "reason", "courier", "waybill", "source", "received", "due",
    "closed", "days",
)  # fmt: skip


@router.get("/cases.{suffix}")
def cases_file(
    request: Request,
    user: Reader,
    connection: Reading,
    filters: Annotated[LedgerFilter, Depends()],
    settings: InSettings,
    at: Now,
    suffix: str,
) -> Response:
    """Every case that the address asks for, as CSV or XLSX."""
    wanted = filters.wanted(at, settings.zone)

    def cells(teller: Teller) -> Iterator[Sequence[Cell]]:
        for case in every(lambda after, limit: case_ledger(connection, wanted, after, limit)):
            yield (
                case.serial,
                case.case_no,
                case.product,
                teller.word("case_kind", case.kind),
                teller.word("case_state", case.state),
                case.owner,
                case.reason,
                case.courier,
                case.waybill_number,
                case.source,
                teller.time(case.opened_at),
                case.due_on.isoformat() if case.due_on else "",
                teller.time(case.closed_at),
                case.days(at),
            )

    return ledger_file(request, settings.zone, suffix, "return-cases", COLUMNS, cells)


@router.get("/cases")
def cases_page(
    request: Request,
    user: Reader,
    connection: Reading,
    filters: Annotated[LedgerFilter, Depends()],
    settings: InSettings,
    at: Now,
    after: str = "",
) -> Response:
    """The ledger, the newest first; a whole case number opens its case at once."""
    cursor = read_cursor(after, 1)
    found = case_ledger(connection, filters.wanted(at, settings.zone), cursor[0] if cursor else None, limit=ROWS + 1)
    is_whole = len(found) == 1 and found[0].case_no == filters.text.upper() and "hx-request" not in request.headers
    if is_whole:
        return RedirectResponse(f"/cases/{found[0].id}", status_code=303)
    rows = found[:ROWS]
    return page(
        request,
        "returns/list.html",
        user=user,
        cases=rows,
        filters=asdict(filters),
        states=tuple(CASE_STATES),
        kinds=KINDS,
        ages=AGES,
        is_filtered=any(asdict(filters).values()),
        next_cursor=write_cursor(rows[-1].id) if len(found) > ROWS else "",
        is_first=not cursor,
    )
