"""Freight: the bills and closed months, a bill that is tried before it is taken, and its lines with what is decided."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Form, Path, Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, Field
from starlette.datastructures import UploadFile

from server.admin.access import CurrentUser, InDatabase, InSettings, Now, Reading, require
from server.admin.author import Author
from server.admin.queries import User
from server.config import Settings
from server.db.engine import Database
from server.errors import BadInput, NotAllowed, NotFound, RequestError, TooLarge
from server.freight.bill_file import MAX_BILL_BYTES
from server.freight.claims import claims_table, suggested_claim
from server.freight.flows import CLOSE, WRITE, BillEntry, DecisionEntry, close_month, decide, import_bill, month_span
from server.freight.matching import CLASSES
from server.freight.queries import ACCEPT, CLAIM, Review, bill_by_sha256, bills, close_of, closes, review
from server.freight.trial import Trial, bill_store, keep_file, kept_file, try_bill
from server.logistics.waybill_ledger import couriers
from server.web.amounts import CURRENCIES, read_money
from server.web.form_reply import done_or_told
from server.web.language import catalogue
from server.web.refusals import refusal_of
from server.web.render import page, reader_language
from server.web.spreadsheet import KINDS, spreadsheet

HERE = "/freight"
BILL_PATH = "/freight/bills"
MAX_UPLOAD_BYTES = MAX_BILL_BYTES + 64 * 1024
"""The bill, and what the form says beside it."""
SHOWN = 500
"""Lines of a bill on one page; the classes part them."""

router = APIRouter(include_in_schema=False)
Clerk = Annotated[User, Depends(require(WRITE))]
Closer = Annotated[User, Depends(require(CLOSE))]
Digest = Annotated[str, Path(pattern="^[0-9a-f]{64}$")]
Text = Annotated[str, Form(max_length=500)]


@dataclass(frozen=True, slots=True)
class Visit:
    """Who looks at the page, when, and in which zone."""

    request: Request
    user: User
    settings: Settings
    at: datetime

    @property
    def author(self) -> Author:
        return Author(self.user.name, self.at)


def clerks_visit(request: Request, user: Clerk, settings: InSettings, at: Now) -> Visit:
    return Visit(request, user, settings, at)


def clerk_by_session(user: CurrentUser) -> User:
    """Who may upload, by the session alone: nobody else makes the server read a long body."""
    if not user.may(WRITE):
        raise NotAllowed(f"{user.name} ({user.role}) may not do this: {WRITE}")
    return user


ClerksVisit = Annotated[Visit, Depends(clerks_visit)]


class BillForm(BaseModel):
    """What is typed beside a bill; nothing is refused here, so that nothing typed is lost."""

    courier: str = Field(default="", max_length=500)
    month: str = Field(default="", max_length=20)
    currency: str = Field(default="CNY", max_length=3)
    file_name: str = Field(default="", max_length=500)

    def as_entry(self) -> BillEntry:
        if self.currency not in CURRENCIES:
            raise BadInput(f"is one of {', '.join(CURRENCIES)}", "currency")
        return BillEntry(self.courier, self.month, self.file_name, self.currency)


@router.get("/freight")
def freight_page(visit: ClerksVisit, connection: Reading) -> Response:
    """The bills, the closed months, and the form of the next bill."""
    return _list_page(visit, connection, BillForm(month=f"{visit.at.astimezone(visit.settings.zone):%Y-%m}"), None)


@router.post(BILL_PATH)
async def try_form(
    known: Annotated[User, Depends(clerk_by_session)], visit: ClerksVisit, database: InDatabase
) -> Response:
    """Keep the file aside and show what it would bring; nothing is imported yet."""
    form = await visit.request.form()
    file = form.get("file")
    typed = {name: str(form.get(name) or "")[: 20 if name == "month" else 80] for name in ("courier", "month")}
    typed["currency"] = str(form.get("currency") or "CNY")[:3]
    entry = BillForm(**typed)
    store = bill_store(visit.settings.data_dir)
    try:
        if not isinstance(file, UploadFile) or not file.filename:
            raise BadInput("no file was chosen", "file")
        entry.file_name = file.filename[:200]
        sha256 = await run_in_threadpool(keep_file, store, file.file)
        return await run_in_threadpool(_tried, visit, database, sha256, entry)
    except (BadInput, TooLarge) as error:
        with database.reading() as connection:
            return _list_page(visit, connection, entry, error)
    finally:
        await form.close()


@router.post("/freight/bills/{sha256}")
def import_form(
    visit: ClerksVisit, form: Annotated[BillForm, Form()], database: InDatabase, sha256: Digest
) -> Response:
    """Import the file that was tried; the same file again changes nothing."""
    store = bill_store(visit.settings.data_dir)

    def change(connection: sa.Connection) -> None:
        import_bill(connection, sha256, form.as_entry(), kept_file(store, sha256), visit.author)

    def tell(connection: sa.Connection, error: RequestError) -> Response:
        return _list_page(visit, connection, form, error)

    return done_or_told(database, change, f"{BILL_PATH}/{sha256}", tell)


@router.get("/freight/bills/{sha256}")
def bill_page(visit: ClerksVisit, connection: Reading, sha256: Digest, kind: str = "") -> Response:
    """The bill's lines by class, and what was decided of each."""
    return _bill_page(visit, connection, sha256, kind)


class DecisionForm(BaseModel):
    """A decision as typed."""

    position: int = Field(default=0, ge=0, le=10**7)
    decision: str = Field(default="", max_length=10)
    amount: str = Field(default="", max_length=40)
    note: str = Field(default="", max_length=1000)
    kind: str = Field(default="", max_length=20)

    def as_entry(self) -> DecisionEntry:
        claimed = read_money(self.amount, "amount") if self.decision == CLAIM else 0
        return DecisionEntry(self.position, self.decision, claimed, self.note)


@router.post("/freight/bills/{sha256}/decisions")
def decision_form(
    visit: ClerksVisit, form: Annotated[DecisionForm, Form()], database: InDatabase, sha256: Digest
) -> Response:
    """Accept a line or claim some of it back."""

    def tell(connection: sa.Connection, error: RequestError) -> Response:
        return _bill_page(visit, connection, sha256, form.kind, (error, form.position))

    onward = f"{BILL_PATH}/{sha256}{f'?kind={form.kind}' if form.kind in CLASSES else ''}"
    return done_or_told(
        database,
        lambda connection: decide(connection, sha256, form.as_entry(), visit.settings, visit.author),
        onward,
        tell,
    )


@router.post("/freight/bills/{sha256}/close")
def close_form(visit: ClerksVisit, closer: Closer, database: InDatabase, sha256: Digest) -> Response:
    """Close the bill's month with its total."""

    def change(connection: sa.Connection) -> None:
        bill = bill_by_sha256(connection, sha256)
        if bill is None:
            raise NotFound("no such bill is on record")
        close_month(connection, bill.courier, bill.month, visit.settings, visit.author)

    def tell(connection: sa.Connection, error: RequestError) -> Response:
        return _bill_page(visit, connection, sha256, "", (error, 0))

    return done_or_told(database, change, f"{BILL_PATH}/{sha256}", tell)


@router.get("/freight/bills/{sha256}/claims.{form}")
def claims_file(visit: ClerksVisit, connection: Reading, sha256: Digest, form: str) -> Response:
    """What is claimed back, as a file to send to the courier."""
    made = _review(visit, connection, sha256)
    if form not in KINDS:
        raise NotFound("there is no such file")
    texts = catalogue(reader_language(visit.request))
    titles, rows = claims_table(made, texts.ugettext)
    return spreadsheet(form, f"{made.bill.courier}-{made.bill.month}-claims", titles, rows)


def _tried(visit: Visit, database: Database, sha256: str, form: BillForm) -> Response:
    store = bill_store(visit.settings.data_dir)
    with database.reading() as connection:
        trial = try_bill(connection, store, sha256, form.as_entry(), visit.settings)
    return _trial_page(visit, trial, form)


def _trial_page(visit: Visit, trial: Trial, form: BillForm) -> Response:
    return page(
        visit.request,
        "freight/trial.html",
        user=visit.user,
        trial=trial,
        form=form,
        classes=CLASSES,
        counts=trial.matching.counts,
        sums=trial.matching.sums_minor,
    )


def _list_page(visit: Visit, connection: sa.Connection, form: BillForm, error: RequestError | None) -> Response:
    return page(
        visit.request,
        "freight/list.html",
        status=error.status if error else 200,
        user=visit.user,
        bills=bills(connection),
        closes=closes(connection),
        form=form,
        couriers=couriers(connection),
        currencies=CURRENCIES,
        refusal=refusal_of(error),
    )


def _review(visit: Visit, connection: sa.Connection, sha256: str) -> Review:
    bill = bill_by_sha256(connection, sha256)
    if bill is None:
        raise NotFound("no such bill is on record")
    return review(connection, bill, month_span(visit.settings, bill.month))


def _bill_page(
    visit: Visit,
    connection: sa.Connection,
    sha256: str,
    kind: str,
    refused: tuple[RequestError, int] | None = None,
) -> Response:
    made = _review(visit, connection, sha256)
    error, position = refused or (None, 0)
    chosen = kind if kind in CLASSES else ""
    rows = [row for row in made.rows if (row.match.kind == chosen if chosen else row.match.kind != "agrees")]
    return page(
        visit.request,
        "freight/bill.html",
        status=error.status if error else 200,
        user=visit.user,
        bill=made.bill,
        made=made,
        rows=rows[:SHOWN],
        hidden=max(len(rows) - SHOWN, 0),
        kind=chosen,
        classes=CLASSES,
        counts=made.matching.counts,
        sums=made.matching.sums_minor,
        closed=close_of(connection, made.bill.courier, made.bill.month),
        position=position,
        choices=(ACCEPT, CLAIM),
        suggested={row.match.line.position: suggested_claim(row) for row in rows[:SHOWN]},
        refusal=refusal_of(error),
    )
