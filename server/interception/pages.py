"""Interception: the rules, one with its hits, a new one that is tried before it is declared, and the noted lots."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from uuid import UUID

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Form, Request, Response

from server.admin.access import InDatabase, InSettings, Now, Reading, require
from server.admin.author import Author
from server.admin.queries import User
from server.errors import NotFound, RequestError
from server.interception import flows
from server.interception.flows import DECIDE, WRITE, known_rule
from server.interception.form import DecisionForm, LotForm, RuleForm
from server.interception.matching import DECISIONS
from server.interception.queries import (
    count_matching,
    figures,
    hits,
    lots,
    not_met,
    progress,
    rules,
    some_matching,
)
from server.interception.rule import DOES, Named
from server.products.queries import products
from server.web.cursor import read_cursor, write_cursor
from server.web.form_reply import USUAL, done_or_told
from server.web.refusals import refusal_of
from server.web.render import page
from server.wire.ids import new_id

HERE = "/interception"
ROWS, SHOWN = 50, 20
"""Rules and hits on a page; units of a trial, and of those not met yet."""
router = APIRouter(include_in_schema=False, prefix=HERE)
Reader = Annotated[User, Depends(require("records.read"))]
Writer = Annotated[User, Depends(require(WRITE))]
Decider = Annotated[User, Depends(require(DECIDE))]
Reason = Annotated[str, Form(max_length=1000)]


@dataclass(frozen=True, slots=True)
class Trial:
    """What a rule, known by its digest, would match at this moment."""

    sha256: str
    matching: int
    first: list[Named]


@dataclass(frozen=True, slots=True)
class Told:
    """What stands in the way, at which part of the page, and what was typed there."""

    part: str = ""
    error: RequestError | None = None
    form: DecisionForm | LotForm | None = None


@router.get("")
def rules_page(request: Request, user: Reader, connection: Reading, at: Now, after: str = "") -> Response:
    """The rules, the newest first, each with how many units it found and how many of these are decided."""
    cursor = read_cursor(after, 1)
    found = rules(connection, cursor[0] if cursor else "", ROWS + 1)
    rows = found[:ROWS]
    return page(
        request,
        "interception/list.html",
        user=user,
        at=at,
        rows=rows,
        progress=progress(connection, [row.id for row in rows]),
        next_cursor=write_cursor(rows[-1].id) if len(found) > ROWS else "",
        is_first=not cursor,
    )


@router.get("/new")
def new_page(request: Request, user: Writer, connection: Reading, at: Now) -> Response:
    """The empty form."""
    return _new_page(request, user, connection, RuleForm(made=new_id(at)))


@router.post("")
def rule_form(
    request: Request,
    user: Writer,
    database: InDatabase,
    settings: InSettings,
    at: Now,
    form: Annotated[RuleForm, Form()],
) -> Response:
    """Show what the rule would match; once exactly this was seen and is meant, declare it."""

    def tell(connection: sa.Connection, error: RequestError) -> Response:
        return _new_page(request, user, connection, form, error=error)

    def change(connection: sa.Connection) -> None:
        flows.declare(connection, form.as_wish(settings.zone), Author(user.name, at))

    with database.reading() as connection:
        try:
            meant = flows.as_meant(form.as_wish(settings.zone))
        except USUAL as error:
            return tell(connection, error)
        first = some_matching(connection, meant.asks, SHOWN)
        trial = Trial(meant.sha256, count_matching(connection, meant.asks), first)
    if form.is_meant and form.tried == meant.sha256:
        return done_or_told(database, change, f"{HERE}/{form.made}", tell)
    with database.reading() as connection:
        return _new_page(request, user, connection, form, trial)


@router.get("/lots")
def lots_page(request: Request, user: Reader, connection: Reading, at: Now, after: str = "") -> Response:
    """The noted lots, and the form of the next one."""
    return _lots_page(request, user, connection, at, Told(form=LotForm(made=new_id(at))), after)


@router.post("/lots")
def lot_form(
    request: Request, user: Writer, database: InDatabase, at: Now, form: Annotated[LotForm, Form()]
) -> Response:
    """Note a lot."""

    def tell(connection: sa.Connection, error: RequestError) -> Response:
        return _lots_page(request, user, connection, at, Told("lot", error, form))

    def change(connection: sa.Connection) -> None:
        flows.note_lot(connection, form.as_entry(), Author(user.name, at))

    return done_or_told(database, change, f"{HERE}/lots", tell)


@router.post("/lots/{lot_id}/void")
def void_form(
    request: Request, user: Writer, database: InDatabase, at: Now, lot_id: UUID, reason: Reason = ""
) -> Response:
    """Say that a lot was noted wrongly."""

    def tell(connection: sa.Connection, error: RequestError) -> Response:
        return _lots_page(request, user, connection, at, Told("void", error, LotForm(made=new_id(at))))

    def change(connection: sa.Connection) -> None:
        flows.void_lot(connection, str(lot_id), reason, Author(user.name, at))

    return done_or_told(database, change, f"{HERE}/lots", tell, (*USUAL, NotFound))


@router.get("/{rule_id}")
def rule_page(request: Request, user: Reader, connection: Reading, at: Now, rule_id: UUID, after: str = "") -> Response:
    """A rule, how far it has come, where it met units, and the field for the next decision."""
    return _rule_page(request, user, connection, at, str(rule_id), Told(), after)


@router.post("/{rule_id}/decisions")
def decision_form(
    request: Request,
    user: Decider,
    database: InDatabase,
    at: Now,
    rule_id: UUID,
    form: Annotated[DecisionForm, Form()],
) -> Response:
    """Say what became of the scanned unit."""

    def tell(connection: sa.Connection, error: RequestError) -> Response:
        return _rule_page(request, user, connection, at, str(rule_id), Told("decide", error, form))

    def change(connection: sa.Connection) -> None:
        flows.decide(connection, form.as_decision(connection, str(rule_id)), Author(user.name, at))

    return done_or_told(database, change, f"{HERE}/{rule_id}#decide", tell, (*USUAL, NotFound))


@router.post("/{rule_id}/end")
def end_form(
    request: Request, user: Writer, database: InDatabase, at: Now, rule_id: UUID, reason: Reason = ""
) -> Response:
    """End the rule."""

    def tell(connection: sa.Connection, error: RequestError) -> Response:
        return _rule_page(request, user, connection, at, str(rule_id), Told("end", error))

    def change(connection: sa.Connection) -> None:
        flows.end_rule(connection, str(rule_id), reason, Author(user.name, at))

    return done_or_told(database, change, f"{HERE}/{rule_id}", tell)


@router.post("/{rule_id}/look")
def look_form(request: Request, user: Writer, database: InDatabase, at: Now, rule_id: UUID) -> Response:
    """Look for what the rule missed since it is in force."""

    def tell(connection: sa.Connection, error: RequestError) -> Response:
        return _rule_page(request, user, connection, at, str(rule_id), Told("look", error))

    def change(connection: sa.Connection) -> None:
        flows.look_again(connection, str(rule_id), Author(user.name, at))

    return done_or_told(database, change, f"{HERE}/{rule_id}", tell)


def _new_page(
    request: Request,
    user: User,
    connection: sa.Connection,
    form: RuleForm,
    trial: Trial | None = None,
    error: RequestError | None = None,
) -> Response:
    return page(
        request,
        "interception/new.html",
        status=error.status if error else 200,
        user=user,
        form=form,
        does=DOES,
        products=[row.name for row in products(connection)],
        trial=trial,
        refusal=refusal_of(error),
    )


def _rule_page(
    request: Request,
    user: User,
    connection: sa.Connection,
    at: datetime,
    rule_id: str,
    told: Told,
    after: str = "",
) -> Response:
    rule, cursor = known_rule(connection, rule_id), read_cursor(after, 1)
    found = hits(connection, rule.id, cursor[0] if cursor else "", ROWS + 1)
    rows = found[:ROWS]
    form = told.form if isinstance(told.form, DecisionForm) else DecisionForm()
    return page(
        request,
        "interception/one.html",
        status=told.error.status if told.error else 200,
        user=user,
        rule=rule,
        state=rule.state(at),
        figures=figures(connection, rule),
        hits=rows,
        missing=not_met(connection, rule, SHOWN),
        decisions=DECISIONS,
        form=form,
        made=new_id(at),
        part=told.part,
        refusal=refusal_of(told.error),
        next_cursor=write_cursor(rows[-1].id) if len(found) > ROWS else "",
        is_first=not cursor,
    )


def _lots_page(
    request: Request, user: User, connection: sa.Connection, at: datetime, told: Told, after: str = ""
) -> Response:
    cursor = read_cursor(after, 1)
    found = lots(connection, cursor[0] if cursor else "", ROWS + 1)
    rows = found[:ROWS]
    return page(
        request,
        "interception/lots.html",
        status=told.error.status if told.error else 200,
        user=user,
        rows=rows,
        form=told.form,
        products=[row.name for row in products(connection)],
        part=told.part,
        refusal=refusal_of(told.error),
        next_cursor=write_cursor(rows[-1].id) if len(found) > ROWS else "",
        is_first=not cursor,
    )
