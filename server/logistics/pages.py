"""The ledger of waybills, and the form of a new one."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Annotated
from uuid import UUID

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import RedirectResponse

from server.admin.access import InDatabase, InSettings, Now, Reading, require
from server.admin.author import Author
from server.admin.queries import User
from server.config import Settings
from server.errors import RequestError
from server.logistics import courier_pages, waybill_page
from server.logistics.details import WRITE
from server.logistics.flows import enter_waybill, name_waybill
from server.logistics.form import COURIERS, WITHOUT_COURIERS, WaybillForm
from server.logistics.ledger_file import COLUMNS, waybill_cells
from server.logistics.statuses import STATUSES
from server.logistics.waybill_ledger import ON_THE_WAY, WaybillFilter, couriers, waybill_ledger
from server.parties.queries import names_of, party_by_id
from server.web.amounts import CURRENCIES
from server.web.cursor import read_cursor, write_cursor
from server.web.day_span import day_span
from server.web.form_reply import USUAL
from server.web.ledger_file import ledger_file
from server.web.refusals import refusal_of
from server.web.render import page

ROWS = 50
HERE = "/waybills"

router = APIRouter(include_in_schema=False)
router.include_router(courier_pages.router)
Reader = Annotated[User, Depends(require("records.read"))]
Writer = Annotated[User, Depends(require(WRITE))]


@dataclass(slots=True)
class LedgerAddress:
    """What the ledger's address asks for; used as a dependency it reads the query."""

    text: str = ""
    direction: str = ""
    status: str = ""
    courier: str = ""
    party: str = ""
    since: str = ""
    until: str = ""
    freight: str = ""

    def __post_init__(self) -> None:
        self.text, self.courier = self.text.strip()[:64], self.courier.strip()[:80]
        self.direction = self.direction if self.direction in ("in", "out") else ""
        self.status = self.status if self.status in (*STATUSES, ON_THE_WAY) else ""
        self.freight = self.freight if self.freight == "missing" else ""
        self.party = self.party if _is_id(self.party) else ""

    @property
    def pairs(self) -> dict[str, str]:
        names = ("text", "direction", "status", "courier", "party", "since", "until", "freight")
        values = (
            self.text,
            self.direction,
            self.status,
            self.courier,
            self.party,
            self.since,
            self.until,
            self.freight,
        )
        return dict(zip(names, values, strict=True))

    def as_filter(self, settings: Settings) -> WaybillFilter:
        return WaybillFilter(
            self.text,
            self.direction,
            self.status,
            self.courier,
            self.party,
            day_span(settings, self.since, self.until),
            bool(self.freight),
        )


@router.get("/waybills")
def waybills_page(
    request: Request,
    user: Reader,
    connection: Reading,
    settings: InSettings,
    asked: Annotated[LedgerAddress, Depends()],
    after: str = "",
) -> Response:
    """The ledger, the newest first."""
    cursor = read_cursor(after, 1)
    found = waybill_ledger(connection, asked.as_filter(settings), cursor[0] if cursor else None, limit=ROWS + 1)
    rows = found[:ROWS]
    return page(
        request,
        "logistics/list.html",
        user=user,
        rows=rows,
        filters=asked.pairs,
        statuses=STATUSES,
        couriers=couriers(connection),
        party=party_by_id(connection, asked.party) if asked.party else None,
        is_filtered=any(asked.pairs.values()),
        next_cursor=write_cursor(rows[-1].id) if len(found) > ROWS else "",
        is_first=not cursor,
    )


@router.get("/waybills.{suffix}")
def waybills_file(
    request: Request,
    user: Reader,
    connection: Reading,
    settings: InSettings,
    asked: Annotated[LedgerAddress, Depends()],
    suffix: str,
) -> Response:
    """Every waybill that the address asks for, as CSV or XLSX."""
    wanted = asked.as_filter(settings)
    lines = partial(waybill_cells, connection, wanted)
    return ledger_file(request, settings.zone, suffix, "waybills", COLUMNS, lines)


@router.get("/waybills/new")
def new_page(request: Request, user: Writer, connection: Reading, direction: str = "in") -> Response:
    """The empty form."""
    return _new_page(request, user, connection, WaybillForm(direction="out" if direction == "out" else "in"), None)


@router.post("/waybills")
def enter_form(
    request: Request,
    user: Writer,
    form: Annotated[WaybillForm, Form()],
    database: InDatabase,
    settings: InSettings,
    at: Now,
) -> Response:
    """Enter the waybill and go to it."""
    author = Author(user.name, at)
    try:
        with database.writing() as connection:
            name, details = name_waybill(form.courier, form.number), form.as_details(connection)
            waybill_id = enter_waybill(connection, form.direction, name, form.source, details, settings.site, author)
    except USUAL as error:
        with database.reading() as connection:
            return _new_page(request, user, connection, form, error)
    return RedirectResponse(f"{HERE}/{waybill_id}", status_code=303)


def _new_page(
    request: Request, user: User, connection: sa.Connection, form: WaybillForm, error: RequestError | None
) -> Response:
    return page(
        request,
        "logistics/new.html",
        status=error.status if error else 200,
        user=user,
        form=form,
        couriers=COURIERS,
        parties=names_of(connection, WITHOUT_COURIERS),
        currencies=CURRENCIES,
        refusal=refusal_of(error),
    )


def _is_id(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


router.include_router(waybill_page.router)  # last: its addresses take anything in the place of a waybill's id
