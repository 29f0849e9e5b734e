"""Burn orders: the list, a new one, and one with its burns and accounts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Form, Path, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, Field

from server.admin.access import InDatabase, InSettings, Now, Reading, require
from server.admin.author import Author
from server.admin.queries import User
from server.burns.queries import BurnFilter
from server.burns.queries import ledger as burn_ledger
from server.config import Settings
from server.db.engine import Database
from server.errors import BadInput, Contradiction, NotAllowed, NotFound, RequestError
from server.images.queries import image_by_sha256, open_approvals
from server.images.recipe import read_recipe
from server.orders import flows
from server.orders.flows import APPROVE, CORRECT, END, REQUEST, Wish
from server.orders.queries import STATES, entries_of, order_by_no, orders
from server.web.cursor import read_cursor, write_cursor
from server.web.form_reply import USUAL, done_or_told
from server.web.refusals import refusal_of
from server.web.render import page

ROWS = 50
MOST_BURNS = 200
CURSOR_END = "00000000-0000-0000-0000-000000000000"
"""The last part of a cursor is an id; orders go by their numbers."""

router = APIRouter(include_in_schema=False)
Reader = Annotated[User, Depends(require("records.read"))]
Requester = Annotated[User, Depends(require(REQUEST))]
Approver = Annotated[User, Depends(require(APPROVE))]
Ender = Annotated[User, Depends(require(END))]
Corrector = Annotated[User, Depends(require(CORRECT))]
No = Annotated[str, Path(max_length=20)]
Text = Annotated[str, Form(max_length=500)]


@router.get("/burn-orders")
def orders_page(
    request: Request, user: Reader, connection: Reading, text: str = "", state: str = "", after: str = ""
) -> Response:
    """The orders that the address asks for, the newest first; a whole number opens its order at once."""
    wanted, state = text.strip()[:64], state if state in STATES else ""
    cursor = read_cursor(after, 2)
    found = orders(connection, wanted, state, cursor[0] if cursor else None, limit=ROWS + 1)
    if len(found) == 1 and found[0].no == wanted.upper() and "hx-request" not in request.headers:
        return RedirectResponse(f"/burn-orders/{found[0].no}", status_code=303)
    rows = found[:ROWS]
    return page(
        request,
        "orders/list.html",
        user=user,
        rows=rows,
        filters={"text": wanted, "state": state},
        states=STATES,
        is_filtered=bool(wanted or state),
        next_cursor=write_cursor(rows[-1].no, CURSOR_END) if len(found) > ROWS else "",
        is_first=not cursor,
    )


class OrderForm(BaseModel):
    """The fields as they came; nothing is refused here, so that nothing typed is lost."""

    approval: str = Field(default="", max_length=100)
    kind: str = Field(default="stock", max_length=20)
    serial: str = Field(default="", max_length=500)
    quantity: str = Field(default="", max_length=20)
    note: str = Field(default="", max_length=1000)

    def as_wish(self) -> Wish:
        """A unit without a number of ICs gets one."""
        quantity = self.quantity or ("1" if self.kind == "unit" else "")
        return Wish(self.approval, self.kind, self.serial, quantity, self.note)


@router.get("/burn-orders/new")
def order_page_new(request: Request, user: Requester, connection: Reading, approval: str = "") -> Response:
    """The empty form, or one for the image of an approval."""
    return _form_page(request, user, connection, OrderForm(approval=approval[:100]), None)


@router.post("/burn-orders")
def order_form(
    request: Request,
    user: Requester,
    form: Annotated[OrderForm, Form()],
    database: InDatabase,
    settings: InSettings,
    at: Now,
) -> Response:
    """Put the order on record and go to it, or say what is wrong and keep everything typed."""
    try:
        no = _request(database, form, settings, Author(user.name, at))
    except (BadInput, Contradiction) as error:
        with database.reading() as connection:
            return _form_page(request, user, connection, form, error)
    return RedirectResponse(f"/burn-orders/{no}", status_code=303)


@router.get("/burn-orders/{no}")
def order_page(request: Request, user: Reader, connection: Reading, no: No) -> Response:
    """What is to be burned, what was burned, and which ICs are still out."""
    return order_page_with(request, user, connection, no, None)


@router.post("/burn-orders/{no}/approval")
def approval_form(request: Request, user: Approver, database: InDatabase, at: Now, no: No) -> Response:
    """Let stations burn by it."""
    asked = _Asked(request, user, no, "approval", {})
    return asked.do(database, lambda connection: flows.approve_order(connection, no, Author(user.name, at)))


@router.post("/burn-orders/{no}/end")
def end_form(
    request: Request, user: Ender, database: InDatabase, at: Now, no: No, how: Text = "", reason: Text = ""
) -> Response:
    """Close or cancel it."""
    asked = _Asked(request, user, no, "end", {"reason": reason})
    return asked.do(database, lambda connection: flows.end_order(connection, no, how, reason, Author(user.name, at)))


class EntryForm(BaseModel):
    """A correction of the accounts as it came."""

    event: str = Field(default="", max_length=20)
    quantity: str = Field(default="", max_length=20)
    note: str = Field(default="", max_length=1000)


@router.post("/burn-orders/{no}/accounts")
def accounts_form(
    request: Request, user: Corrector, form: Annotated[EntryForm, Form()], database: InDatabase, at: Now, no: No
) -> Response:
    """Add an entry that no station made, or take one back."""
    asked, author = _Asked(request, user, no, "accounts", form.model_dump()), Author(user.name, at)
    return asked.do(
        database,
        lambda connection: flows.correct_accounts(connection, no, form.event, form.quantity, form.note, author),
    )


@dataclass(frozen=True, slots=True)
class _Asked:
    """A form of one ``part`` of an order's page, with what was typed into it."""

    request: Request
    user: User
    no: str
    part: str
    typed: Mapping[str, str]

    def do(self, database: Database, change: Callable[[sa.Connection], object]) -> Response:
        """Do it and go back to that part; what is in the way is said there, and nothing typed is lost."""

        def tell(connection: sa.Connection, error: RequestError) -> Response:
            told = Refused(self.part, self.typed, error)
            return order_page_with(self.request, self.user, connection, self.no, told)

        return done_or_told(database, change, f"/burn-orders/{self.no}#{self.part}", tell, (*USUAL, NotAllowed))


@dataclass(frozen=True, slots=True)
class Refused:
    """A form that something stands in the way of: its part of the page, and what was typed into it."""

    part: str
    typed: Mapping[str, str]
    error: RequestError


def _request(database: Database, form: OrderForm, settings: Settings, author: Author) -> str:
    with database.writing() as connection:
        return flows.request_order(connection, form.as_wish(), settings, author)


def _form_page(
    request: Request, user: User, connection: sa.Connection, form: OrderForm, error: RequestError | None
) -> Response:
    return page(
        request,
        "orders/new.html",
        status=error.status if error else 200,
        user=user,
        form=form,
        approvals=open_approvals(connection),
        refusal=refusal_of(error),
    )


def order_page_with(request: Request, user: User, connection: sa.Connection, no: str, told: Refused | None) -> Response:
    """The page of an order, with what stands in the way of a form on it; raises NotFound."""
    order = order_by_no(connection, no)
    if order is None:
        raise NotFound("no such burn order is on record")
    return page(
        request,
        "orders/one.html",
        status=told.error.status if told else 200,
        user=user,
        order=order,
        image=image_by_sha256(connection, order.image_sha256),
        recipe=read_recipe(order.recipe),
        entries=entries_of(connection, no),
        rows=burn_ledger(connection, BurnFilter(order_no=no), limit=MOST_BURNS),
        part=told.part if told else "",
        typed=told.typed if told else {},
        refusal=refusal_of(told.error) if told else "",
    )
