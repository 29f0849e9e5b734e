"""The burn ledger."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from server.admin.access import InSettings, Reading, require
from server.admin.queries import User
from server.burns.queries import BurnFilter, ledger
from server.config import Settings
from server.web.cursor import read_cursor, write_cursor
from server.web.day_span import day_span
from server.web.ledger_file import Teller, every, ledger_file
from server.web.ledger_filter import ONLY_JUST, LedgerFilter
from server.web.render import page
from server.web.spreadsheet import Cell

ROWS = 50
router = APIRouter(include_in_schema=False)
Reader = Annotated[User, Depends(require("records.read"))]


COLUMNS = (
    "verdict", "image", "image_version", "target", "unique_id", "serial", "order", "kind", "proof", "failure",
    "operator", "station", "programmer", "started", "finished",
)  # fmt: skip


@router.get("/burns.{suffix}")
def burn_ledger_file(
    request: Request,
    user: Reader,
    connection: Reading,
    settings: InSettings,
    asked: Annotated[LedgerFilter, Depends()],
    suffix: str,
) -> Response:
    """Every burn that the address asks for, as CSV or XLSX."""
    wanted = _wanted(asked, settings)

    def cells(teller: Teller) -> Iterator[Sequence[Cell]]:
        for burn in every(lambda after, limit: ledger(connection, wanted, after, limit)):
            yield (
                teller.word("verdict", burn.result),
                burn.image_name,
                burn.image_version,
                burn.target,
                burn.unique_id,
                burn.serial or "",
                burn.order_no or "",
                teller.word("burn_kind", burn.kind),
                teller.word("proof", burn.proof),
                burn.failure_message or "",
                burn.operator,
                burn.station_id,
                burn.programmer,
                teller.time(burn.started_at),
                teller.time(burn.finished_at),
            )

    return ledger_file(request, settings.zone, suffix, "burns", COLUMNS, cells)


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
    wanted = _wanted(asked, settings)
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


def _wanted(asked: LedgerFilter, settings: Settings) -> BurnFilter:
    return BurnFilter(
        result=None if asked.verdict == ONLY_JUST else asked.verdict or None,
        serial=asked.text,
        started=day_span(settings, asked.since, asked.until),
        is_marginal=asked.verdict == ONLY_JUST,
    )
