"""The stock count: a sheet of what should be at a place, and what was found there."""

from __future__ import annotations

from typing import Annotated

import sqlalchemy as sa
from fastapi import APIRouter, Form, Request, Response
from pydantic import BaseModel, Field

from server.admin.access import InDatabase, Now, Reading
from server.admin.author import Author
from server.admin.queries import User
from server.errors import BadInput
from server.parts.count_sheet import SheetRow, count_rows
from server.parts.desk import CURSOR_END, NOTHING, Mover, Told, do, draw
from server.parts.flows import COUNT_REASONS, CountLine, CountSheet, count
from server.parts.queries import BENCH, KEPT, place_by_code, places
from server.web.cursor import read_cursor, write_cursor
from server.wire.ids import new_id

HERE = "/parts/count"
SHEET_ROWS = 100
"""Of one sheet: a form has at most a thousand fields."""

router = APIRouter(include_in_schema=False)


class CountForm(BaseModel):
    """A sheet as it came, field by field; an empty count is a part that was not counted."""

    command: str = Field(default="", max_length=100)
    place: str = Field(default="", max_length=100)
    reason: str = Field(default="", max_length=20)
    note: str = Field(default="", max_length=1000)
    after: str = Field(default="", max_length=400)
    number: list[str] = Field(default=[], max_length=SHEET_ROWS)
    expected: list[str] = Field(default=[], max_length=SHEET_ROWS)
    counted: list[str] = Field(default=[], max_length=SHEET_ROWS)

    @property
    def typed(self) -> dict[str, str]:
        """What was counted, by part."""
        return dict(zip(self.number, self.counted, strict=False))

    def as_sheet(self) -> CountSheet:
        """Raises BadInput for a count that is no number."""
        lines = []
        for number, expected, counted in zip(self.number, self.expected, self.counted, strict=False):
            text = counted.strip()
            if not text:
                continue
            if not (text.isascii() and text.isdecimal() and expected.isdecimal()) or len(text) > 7:
                raise BadInput(f"{number}: {text[:20]} is no count", "quantity", about=f"{number}: {text[:20]}")
            lines.append(CountLine(number, int(expected), int(text)))
        return CountSheet(self.place, tuple(lines), self.reason, self.note)


@router.get("/parts/count")
def count_page(
    request: Request,
    user: Mover,
    connection: Reading,
    at: Now,
    place: str = "STORE",
    after: str = "",
    done: str = "",
) -> Response:
    """The sheet of a place; ``done`` says how many differences the last one had."""
    form = CountForm(command=new_id(at), place=place.strip().upper()[:64], after=after[:400])
    return _page(request, user, connection, form, done=done)


@router.post("/parts/count")
def count_form(
    request: Request, user: Mover, form: Annotated[CountForm, Form()], database: InDatabase, at: Now
) -> Response:
    """Post the differences, or say what is in the way and keep everything typed."""
    return do(
        database,
        lambda connection: count(connection, form.command, form.as_sheet(), Author(user.name, at)),
        f"{HERE}?place={form.place}&after={form.after}&done={form.command}",
        lambda connection, told: _page(request, user, connection, form, told),
        ("count", {}),
    )


def _page(
    request: Request,
    user: User,
    connection: sa.Connection,
    form: CountForm,
    told: Told = NOTHING,
    done: str = "",
) -> Response:
    choices = places(connection, (*KEPT, BENCH))
    place = place_by_code(connection, form.place)
    place = place if place is not None and place.id in {choice.id for choice in choices} else None
    cursor = read_cursor(form.after, 2)
    rows: list[SheetRow] = []
    if place is not None:
        rows = count_rows(connection, place.id, cursor[0] if cursor else None, SHEET_ROWS + 1)
    return draw(
        request,
        "count",
        user,
        told,
        form=form,
        counted_place=place,
        places=choices,
        rows=rows[:SHEET_ROWS],
        reasons=COUNT_REASONS,
        is_done=len(done) == 36,
        next_cursor=write_cursor(rows[SHEET_ROWS - 1].part.number, CURSOR_END) if len(rows) > SHEET_ROWS else "",
        is_first=not cursor,
    )
