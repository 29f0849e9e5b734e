"""Parts: the list with what is in stock now or on a past day, and one part with its ledger."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from server.admin.access import InSettings, Reading
from server.admin.queries import User
from server.config import Settings
from server.errors import NotFound
from server.parts.desk import CURSOR_END, NOTHING, ROWS, Reader, Told, draw, name_of, said, titles
from server.parts.ledger_sheet import part_ledger
from server.parts.movements import MovementFilter, movements
from server.parts.queries import (
    PART_KINDS,
    REAL,
    Part,
    PartFilter,
    PartRow,
    count_below,
    holdings,
    part_by_id,
    part_rows,
    parts_by_number,
    place_by_id,
    places,
    sums,
)
from server.parts.requests import count_requests
from server.web.cursor import read_cursor, write_cursor
from server.web.day_span import day_span
from server.web.spreadsheet import KINDS, spreadsheet

SHOWN = ("below", "valuable", "retired")
LIST_COLUMNS = ("number", "name", "kind", "unit", "in_stock", "minimum", "valuable", "place", "supplier", "target")

router = APIRouter(include_in_schema=False)


@dataclass(slots=True)
class PartQuery:
    """What the list's address asks for; ``on`` is a past day whose balances are shown."""

    text: str = ""
    kind: str = ""
    shown: str = ""
    place: str = ""
    on: str = ""
    after: str = ""

    def __post_init__(self) -> None:
        self.text = self.text.strip()[:64]
        self.kind = self.kind if self.kind in PART_KINDS else ""
        self.shown = self.shown if self.shown in SHOWN else ""
        self.place = self.place.strip().upper()[:64]

    @property
    def filters(self) -> dict[str, str]:
        return {name: value for name, value in asdict(self).items() if name != "after"}

    def rows(self, connection: sa.Connection, settings: Settings, limit: int | None) -> list[PartRow]:
        """The rows of the page; of a past day with the balances at its end."""
        cursor = read_cursor(self.after, 2)
        wanted = PartFilter(self.text, self.kind, self.shown, self.place)
        found = part_rows(connection, wanted, cursor[0] if cursor and limit else None, limit)
        until = end_of_day(settings, self.on)
        if until is None:
            return found
        real = [place.id for place in places(connection, REAL, with_retired=True)]
        then = sums(connection, until, [row.part.id for row in found] if limit else [])
        return [replace(row, in_stock=sum(then.at(row.part.id, place) for place in real)) for row in found]


Asked = Annotated[PartQuery, Depends()]


def end_of_day(settings: Settings, day: str) -> datetime | None:
    """The last moment of a day in the site's zone; None for no day."""
    span = day_span(settings, "", day)
    return span.end - timedelta(microseconds=1) if span else None


@router.get("/parts")
def parts_page(request: Request, user: Reader, connection: Reading, settings: InSettings, asked: Asked) -> Response:
    """The parts that the address asks for, by number; a scanned number opens its part at once."""
    if asked.text and "hx-request" not in request.headers:
        exact = parts_by_number(connection, [asked.text.upper()]).get(asked.text.upper())
        if exact is not None:
            return RedirectResponse(f"/parts/{exact.id}", status_code=303)
    found = asked.rows(connection, settings, ROWS + 1)
    return draw(
        request,
        "list",
        user,
        rows=found[:ROWS],
        filters=asked.filters,
        kinds=PART_KINDS,
        shown=SHOWN,
        places=places(connection, REAL),
        is_filtered=any(asked.filters.values()),
        below=count_below(connection),
        waiting=count_requests(connection),
        next_cursor=write_cursor(found[ROWS - 1].part.number, CURSOR_END) if len(found) > ROWS else "",
        is_first=not read_cursor(asked.after, 2),
    )


@router.get("/parts/list.{suffix}")
def parts_file(
    request: Request, user: Reader, connection: Reading, settings: InSettings, asked: Asked, suffix: str
) -> Response:
    """All parts of the filter, as a file."""
    rows = [
        (
            row.part.number,
            name_of(request, row.part),
            said(request, "part_kind", row.part.kind),
            row.part.unit,
            row.in_stock,
            row.part.minimum,
            "✓" if row.part.is_valuable else "",
            row.home_code,
            row.part.supplier,
            row.part.target or "",
        )
        for row in asked.rows(connection, settings, None)
    ]
    return spreadsheet(known_kind(suffix), "parts", titles(request, *LIST_COLUMNS), rows)


def known_kind(suffix: str) -> str:
    """csv or xlsx; raises NotFound."""
    if suffix not in KINDS:
        raise NotFound("no such file")
    return suffix


@dataclass(slots=True)
class LedgerQuery:
    """What the address of a part's ledger asks for: a place, and where it goes on."""

    place: str = ""
    since: str = ""
    until: str = ""
    after: str = ""

    def __post_init__(self) -> None:
        self.place = self.place.strip().upper()[:64]


@router.get("/parts/{part_id}")
def part_page(
    request: Request,
    user: Reader,
    connection: Reading,
    settings: InSettings,
    part_id: UUID,
    asked: Annotated[LedgerQuery, Depends()],
) -> Response:
    """The part, where it is, and its ledger at one place in the paper form's columns."""
    return part_page_with(request, user, connection, settings, part_id, asked)


@router.get("/parts/{part_id}/ledger.{suffix}")
def part_file(
    request: Request,
    user: Reader,
    connection: Reading,
    settings: InSettings,
    part_id: UUID,
    asked: Annotated[LedgerQuery, Depends()],
    suffix: str,
) -> Response:
    """The part's whole ledger at the place, the oldest first, as a file."""
    part = known_part(connection, part_id)
    code = asked.place or _home_code(connection, part)
    span = day_span(settings, asked.since, asked.until)
    found = movements(connection, MovementFilter(part_id=part.id, place=code, span=span), limit=None)
    columns, rows = part_ledger(request, code, list(reversed(found)), settings.zone)
    return spreadsheet(known_kind(suffix), f"{part.number}-{code}", columns, rows)


def known_part(connection: sa.Connection, part_id: UUID) -> Part:
    """The part; raises NotFound."""
    part = part_by_id(connection, str(part_id))
    if part is None:
        raise NotFound("no such part is on record")
    return part


def _home_code(connection: sa.Connection, part: Part) -> str:
    home = place_by_id(connection, part.home_id)
    return home.code if home else ""


def part_page_with(
    request: Request,
    user: User,
    connection: sa.Connection,
    settings: Settings,
    part_id: UUID,
    asked: LedgerQuery,
    told: Told = NOTHING,
) -> Response:
    """The page of a part, with what stands in the way of a form on it; raises NotFound."""
    part = known_part(connection, part_id)
    code = asked.place or _home_code(connection, part)
    cursor = read_cursor(asked.after, 1)
    wanted = MovementFilter(part_id=part.id, place=code, span=day_span(settings, asked.since, asked.until))
    found = movements(connection, wanted, cursor[0] if cursor else None, ROWS + 1)
    held = holdings(connection, [part.id])
    return draw(
        request,
        "one",
        user,
        told,
        part=part,
        code=code,
        home=place_by_id(connection, part.home_id),
        held=held,
        in_stock=sum(holding.quantity for holding in held),
        rows=found[:ROWS],
        filters={"place": asked.place, "since": asked.since, "until": asked.until},
        next_cursor=write_cursor(found[ROWS - 1].id) if len(found) > ROWS else "",
        is_first=not cursor,
    )
