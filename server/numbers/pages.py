"""Serial numbers: the pools, those that wait for a person, and each number with its state."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Annotated

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Form, Request, Response
from pydantic import BaseModel, Field

from server.admin.access import InDatabase, Now, Reading, require
from server.admin.author import Author
from server.admin.queries import User
from server.db.engine import Database
from server.errors import NotFound, RequestError
from server.numbers import flows
from server.numbers.flows import NUMBERS, PoolForm
from server.numbers.queries import STATES, find_numbers, overdue_numbers, pools
from server.web.cursor import read_cursor, write_cursor
from server.web.form_reply import USUAL, done_or_told
from server.web.refusals import refusal_of
from server.web.render import page

HERE = "/serial-numbers"
ROWS = 50
CURSOR_END = "00000000-0000-0000-0000-000000000000"
"""The last part of a cursor is an id; numbers go by themselves."""

router = APIRouter(include_in_schema=False)
Reader = Annotated[User, Depends(require("records.read"))]
Writer = Annotated[User, Depends(require(NUMBERS))]
Text = Annotated[str, Form(max_length=500)]


@dataclass(slots=True)
class NumberFilter:
    """What the list's address asks for; used as a dependency it reads the query."""

    text: str = ""
    state: str = ""
    after: str = ""

    def __post_init__(self) -> None:
        self.text = self.text.strip()[:64]
        self.state = self.state if self.state in STATES else ""


@router.get("/serial-numbers")
def numbers_page(
    request: Request, user: Reader, connection: Reading, at: Now, asked: Annotated[NumberFilter, Depends()]
) -> Response:
    """Pools, numbers whose lease is over, and the numbers that the address asks for."""
    return _page(request, user, connection, at, asked)


class PoolFields(BaseModel):
    """A pool as it came; nothing is refused here, so that nothing typed is lost."""

    name: str = Field(default="", max_length=500)
    prefix: str = Field(default="", max_length=500)
    base: str = Field(default="10", max_length=10)
    digits: str = Field(default="", max_length=10)
    first: str = Field(default="", max_length=100)
    last: str = Field(default="", max_length=100)


@router.post("/serial-numbers/pools")
def pool_form(
    request: Request, user: Writer, form: Annotated[PoolFields, Form()], database: InDatabase, at: Now
) -> Response:
    """Make a pool."""
    asked = _Asked(request, user, "pools", form.model_dump())
    pool = PoolForm(form.name, form.prefix, form.base, form.digits, form.first, form.last)
    return asked.do(database, at, lambda connection: flows.make_pool(connection, pool, Author(user.name, at)))


@router.post("/serial-numbers/void")
def void_form(
    request: Request, user: Writer, database: InDatabase, at: Now, number: Text = "", reason: Text = ""
) -> Response:
    """Say that a number is never to be met again."""
    asked, author = _Asked(request, user, "overdue", {"number": number}), Author(user.name, at)
    return asked.do(database, at, lambda connection: flows.void_number(connection, number, reason, author))


@router.post("/serial-numbers/bind")
def bind_form(
    request: Request, user: Writer, database: InDatabase, at: Now, number: Text = "", serial: Text = ""
) -> Response:
    """Say which unit an IC with a number went into."""
    asked, author = _Asked(request, user, "bind", {"number": number, "serial": serial}), Author(user.name, at)
    return asked.do(database, at, lambda connection: flows.bind_number(connection, number, serial, author))


@dataclass(frozen=True, slots=True)
class _Asked:
    """A form of one ``part`` of the page, with what was typed into it."""

    request: Request
    user: User
    part: str
    typed: Mapping[str, str]

    def do(self, database: Database, at: datetime, change: Callable[[sa.Connection], object]) -> Response:
        """Do it and go back to that part; what is in the way is said there, and nothing typed is lost."""

        def tell(connection: sa.Connection, error: RequestError) -> Response:
            return _page(self.request, self.user, connection, at, NumberFilter(), self, error)

        return done_or_told(database, change, f"{HERE}#{self.part}", tell, (*USUAL, NotFound))


def _page(
    request: Request,
    user: User,
    connection: sa.Connection,
    at: datetime,
    wanted: NumberFilter,
    asked: _Asked | None = None,
    error: RequestError | None = None,
) -> Response:
    cursor = read_cursor(wanted.after, 2)
    found = find_numbers(connection, wanted.text, wanted.state, cursor[0] if cursor else None, limit=ROWS + 1)
    return page(
        request,
        "numbers/list.html",
        status=error.status if error else 200,
        user=user,
        pools=pools(connection),
        overdue=overdue_numbers(connection, at),
        rows=found[:ROWS],
        filters={name: value for name, value in asdict(wanted).items() if name != "after"},
        states=STATES,
        is_filtered=bool(wanted.text or wanted.state),
        next_cursor=write_cursor(found[ROWS - 1].number, CURSOR_END) if len(found) > ROWS else "",
        is_first=not cursor,
        part=asked.part if asked else "",
        typed=asked.typed if asked else {},
        refusal=refusal_of(error),
    )
