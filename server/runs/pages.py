"""The test ledger."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from server.admin.access import InSettings, Reading, require
from server.admin.queries import User
from server.config import Settings
from server.runs.queries import RunFilter, failed_measurements, ledger, only_just
from server.units.queries import serial_rules
from server.web.cursor import read_cursor, write_cursor
from server.web.day_span import day_span
from server.web.ledger_file import AT_ONCE, Teller, batched, every, ledger_file
from server.web.ledger_filter import ONLY_JUST, LedgerFilter
from server.web.render import page
from server.web.spreadsheet import Cell

ROWS = 50
router = APIRouter(include_in_schema=False)
Reader = Annotated[User, Depends(require("records.read"))]


COLUMNS = (
    "verdict", "serial", "product", "plan", "purpose", "attempt", "failed", "failure", "operator", "station", "started",
    "finished",
)  # fmt: skip


@router.get("/runs.{suffix}")
def test_ledger_file(
    request: Request,
    user: Reader,
    connection: Reading,
    settings: InSettings,
    asked: Annotated[LedgerFilter, Depends()],
    suffix: str,
) -> Response:
    """Every run that the address asks for, as CSV or XLSX."""
    wanted = _wanted(asked, settings)

    def cells(teller: Teller) -> Iterator[Sequence[Cell]]:
        for rows in batched(every(lambda after, limit: ledger(connection, wanted, after, limit)), AT_ONCE):
            failed = failed_measurements(connection, [run.id for run in rows])
            for run in rows:
                yield (
                    teller.word("verdict", run.verdict),
                    run.serial,
                    run.product,
                    f"{run.plan_name} {run.plan_version}",
                    teller.word("purpose", run.purpose),
                    run.attempt,
                    ", ".join(teller.word("term", name) for name in failed.get(run.id, [])),
                    run.failure_message or "",
                    run.operator,
                    run.station_id,
                    teller.time(run.started_at),
                    teller.time(run.finished_at),
                )

    return ledger_file(request, settings.zone, suffix, "runs", COLUMNS, cells)


@router.get("/runs")
def test_ledger(
    request: Request,
    user: Reader,
    connection: Reading,
    settings: InSettings,
    asked: Annotated[LedgerFilter, Depends()],
    after: str = "",
) -> Response:
    """The runs that the address asks for, the newest first."""
    wanted = _wanted(asked, settings)
    cursor = read_cursor(after, 1)
    found = ledger(connection, wanted, cursor[0] if cursor else None, limit=ROWS + 1)
    rows = found[:ROWS]
    return page(
        request,
        "runs/list.html",
        user=user,
        rows=rows,
        failed=failed_measurements(connection, [row.id for row in rows]),
        only_just=only_just(connection, [row.id for row in rows]),
        filters=asked.pairs,
        is_filtered=asked.is_filtered,
        products=sorted({rule.product for rule in serial_rules(connection)} | {asked.product} - {""}),
        next_cursor=write_cursor(rows[-1].id) if len(found) > ROWS else "",
        is_first=not cursor,
    )


def _wanted(asked: LedgerFilter, settings: Settings) -> RunFilter:
    return RunFilter(
        verdict=None if asked.verdict == ONLY_JUST else asked.verdict or None,
        is_only_just=asked.verdict == ONLY_JUST,
        product=asked.product or None,
        serial=asked.text,
        started=day_span(settings, asked.since, asked.until),
    )
