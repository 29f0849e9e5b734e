"""What should be bought, where valuable parts are and who has them, the places, and stock beside burn orders."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Annotated
from uuid import UUID

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Form, Path, Request, Response
from pydantic import BaseModel, Field

from server.admin.access import InDatabase, InSettings, Now, Reading
from server.admin.author import Author
from server.admin.queries import User, accounts
from server.parts.burned import burn_rows, follow_again
from server.parts.desk import CURSOR_END, NOTHING, ROWS, Master, Mover, Reader, Text, Told, do, draw, name_of, titles
from server.parts.master_flows import MADE_KINDS, PlaceForm, add_place, change_place, retire_place
from server.parts.part_pages import known_kind
from server.parts.plan import MAX_COVER_MONTHS, MONTHS_AVERAGED, Month, PlanRow, months_until, plan
from server.parts.queries import PART_KINDS, REAL, PartFilter, holdings, places
from server.web.cursor import read_cursor, write_cursor
from server.web.spreadsheet import Cell, spreadsheet

router = APIRouter(include_in_schema=False)


@dataclass(slots=True)
class PlanQuery:
    """What the plan's address asks for: how many months to cover, and only what should be bought where needed is 1."""

    text: str = ""
    kind: str = ""
    cover: str = "1"
    needed: str = ""
    after: str = ""

    def __post_init__(self) -> None:
        self.text = self.text.strip()[:64]
        self.kind = self.kind if self.kind in PART_KINDS else ""
        is_known = self.cover.isascii() and self.cover.isdecimal() and 1 <= int(self.cover) <= MAX_COVER_MONTHS
        self.cover = self.cover if is_known else "1"

    def rows(self, connection: sa.Connection, months: Sequence[Month]) -> list[PlanRow]:
        return plan(connection, PartFilter(self.text, self.kind), months, int(self.cover), self.needed == "1")


PlanAsked = Annotated[PlanQuery, Depends()]


@router.get("/parts/plan")
def plan_page(
    request: Request, user: Reader, connection: Reading, settings: InSettings, at: Now, asked: PlanAsked
) -> Response:
    """Use by month and what should be bought, with how it is reckoned."""
    months = months_until(at, settings.zone)
    cursor = read_cursor(asked.after, 2)
    found = [row for row in asked.rows(connection, months) if not cursor or row.row.part.number > cursor[0]]
    return draw(
        request,
        "plan",
        user,
        rows=found[:ROWS],
        months=months,
        averaged=MONTHS_AVERAGED,
        most=MAX_COVER_MONTHS,
        kinds=PART_KINDS,
        filters={name: value for name, value in asdict(asked).items() if name != "after"},
        next_cursor=write_cursor(found[ROWS - 1].row.part.number, CURSOR_END) if len(found) > ROWS else "",
        is_first=not cursor,
    )


@router.get("/parts/plan.{suffix}")
def plan_file(
    request: Request,
    user: Reader,
    connection: Reading,
    settings: InSettings,
    at: Now,
    asked: PlanAsked,
    suffix: str,
) -> Response:
    """The plan of the filter as a file."""
    months = months_until(at, settings.zone)
    columns = [
        *titles(request, "number", "name", "unit"),
        *(month.name for month in months),
        *titles(request, "average", "minimum", "in_stock", "suggested", "supplier"),
    ]
    rows = _plan_cells(request, asked.rows(connection, months))
    return spreadsheet(known_kind(suffix), "parts-plan", columns, rows)


def _plan_cells(request: Request, rows: Iterable[PlanRow]) -> list[list[Cell]]:
    return [
        [
            row.row.part.number,
            name_of(request, row.row.part),
            row.row.part.unit,
            *row.used,
            round(row.average, 2),
            row.row.part.minimum,
            row.row.in_stock,
            row.suggested,
            row.row.part.supplier,
        ]
        for row in rows
    ]


@router.get("/parts/valuable")
def valuable_page(request: Request, user: Reader, connection: Reading) -> Response:
    """Each valuable part, where it is, and who keeps it there."""
    return draw(request, "valuable", user, rows=holdings(connection, is_valuable=True))


@router.get("/parts/valuable.{suffix}")
def valuable_file(request: Request, user: Reader, connection: Reading, suffix: str) -> Response:
    """The same as a file."""
    rows = [
        (
            row.part.number,
            name_of(request, row.part),
            row.quantity,
            row.part.unit,
            f"{row.place.code} {name_of(request, row.place)}",
            row.place.custodian,
        )
        for row in holdings(connection, is_valuable=True)
    ]
    columns = titles(request, "number", "name", "quantity", "unit", "place", "custodian")
    return spreadsheet(known_kind(suffix), "valuable-parts", columns, rows)


class PlaceFields(BaseModel):
    """A place as it came; nothing is refused here, so that nothing typed is lost."""

    code: str = Field(default="", max_length=500)
    name_zh: str = Field(default="", max_length=500)
    name_en: str = Field(default="", max_length=500)
    kind: str = Field(default="bench", max_length=20)
    custodian: str = Field(default="", max_length=500)
    version: int = 0

    def as_form(self) -> PlaceForm:
        return PlaceForm(**self.model_dump(exclude={"version"}))


@router.get("/parts/places")
def places_page(request: Request, user: Reader, connection: Reading) -> Response:
    """The real places, and who keeps them."""
    return _places_page(request, user, connection)


@router.post("/parts/places")
def place_form(
    request: Request, user: Master, form: Annotated[PlaceFields, Form()], database: InDatabase, at: Now
) -> Response:
    """Put a place on record."""
    return do(
        database,
        lambda connection: add_place(connection, form.as_form(), Author(user.name, at)),
        "/parts/places",
        lambda connection, told: _places_page(request, user, connection, told),
        ("new", {name: str(value) for name, value in form.model_dump().items()}),
    )


@router.post("/parts/places/{place_id}")
def place_change_form(
    request: Request, user: Master, form: Annotated[PlaceFields, Form()], database: InDatabase, at: Now, place_id: UUID
) -> Response:
    """Change its names and who keeps it, unless another person did meanwhile."""
    return do(
        database,
        lambda connection: change_place(connection, str(place_id), form.version, form.as_form(), Author(user.name, at)),
        "/parts/places",
        lambda connection, told: _places_page(request, user, connection, told),
        (str(place_id), {name: str(value) for name, value in form.model_dump().items()}),
    )


@router.post("/parts/places/{place_id}/retire")
def place_retire_form(
    request: Request, user: Master, database: InDatabase, at: Now, place_id: UUID, version: Text = ""
) -> Response:
    """Take it out of use."""
    number = int(version) if version.isascii() and version.isdecimal() else 0
    return do(
        database,
        lambda connection: retire_place(connection, str(place_id), number, Author(user.name, at)),
        "/parts/places",
        lambda connection, told: _places_page(request, user, connection, told),
        (str(place_id), {}),
    )


@router.get("/parts/burn-orders")
def burn_orders_page(request: Request, user: Reader, connection: Reading) -> Response:
    """Each order that the ledger follows: its accounts, and what stock has still to follow."""
    return draw(request, "burned", user, rows=burn_rows(connection))


@router.post("/parts/burn-orders/{no}")
def follow_form(
    request: Request, user: Mover, database: InDatabase, at: Now, no: Annotated[str, Path(max_length=20)]
) -> Response:
    """Let stock follow what it could not before."""
    return do(
        database,
        lambda connection: follow_again(connection, no, Author(user.name, at)),
        "/parts/burn-orders",
        lambda connection, told: draw(request, "burned", user, told, rows=burn_rows(connection)),
        (no, {}),
    )


def _places_page(request: Request, user: User, connection: sa.Connection, told: Told = NOTHING) -> Response:
    return draw(
        request,
        "places",
        user,
        told,
        rows=places(connection, REAL),
        kinds=MADE_KINDS,
        people=[account.name for account in accounts(connection) if account.disabled_at is None],
    )
