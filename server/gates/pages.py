"""Holds, released plans and what units still need: seen by everybody, changed by those who may."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Form, Request, Response
from pydantic import BaseModel, Field

from server.admin.access import InDatabase, Now, Reading, require
from server.admin.author import Author
from server.admin.queries import User, station_tokens
from server.db.engine import Database
from server.errors import BadInput, Contradiction, NotFound, RequestError
from server.gates import flows, golden_flows
from server.gates.flows import HOLDS, PLANS, ROUTES
from server.gates.golden_queries import golden_units
from server.gates.queries import demands, holds, ordered_burns, releases
from server.web.form_reply import USUAL, done_or_told
from server.web.render import page

HERE = "/gates"
router = APIRouter(include_in_schema=False, prefix=HERE)
Reader = Annotated[User, Depends(require("records.read"))]
Holder = Annotated[User, Depends(require(HOLDS))]
Releaser = Annotated[User, Depends(require(PLANS))]
Router = Annotated[User, Depends(require(ROUTES))]
Text = Annotated[str, Form(max_length=500)]


@router.get("")
def gates_page(request: Request, user: Reader, connection: Reading) -> Response:
    """What is held, released and missing at this moment."""
    return _page(request, user, connection)


@router.post("/holds")
def hold_form(
    request: Request, user: Holder, database: InDatabase, at: Now, what: Text = "", name: Text = "", reason: Text = ""
) -> Response:
    """Hold a unit, or every unit of a product."""
    act = flows.hold_product if what == "product" else flows.hold_unit
    asked = _Asked(request, user, "holds", {"what": what, "name": name, "reason": reason})
    return asked.do(database, lambda connection: act(connection, name, reason, Author(user.name, at)))


@router.post("/holds/{hold_id}/release")
def hold_release_form(
    request: Request, user: Holder, database: InDatabase, at: Now, hold_id: str, reason: Text = ""
) -> Response:
    """End one hold."""
    asked = _Asked(request, user, "holds", {})
    return asked.do(database, lambda connection: flows.release_hold(connection, hold_id, reason, Author(user.name, at)))


@router.post("/plans")
def plan_form(
    request: Request, user: Releaser, database: InDatabase, at: Now, product: Text = "", sha256: Text = ""
) -> Response:
    """Let a plan judge units of a product."""
    digest = sha256.strip().lower()
    asked = _Asked(request, user, "plans", {"product": product, "sha256": sha256})
    return asked.do(database, lambda connection: flows.release_plan(connection, product, digest, Author(user.name, at)))


@router.post("/plans/withdraw")
def plan_withdraw_form(
    request: Request,
    user: Releaser,
    database: InDatabase,
    at: Now,
    product: Text = "",
    sha256: Text = "",
    reason: Text = "",
) -> Response:
    """Take a release back."""
    asked = _Asked(request, user, "plans", {})
    return asked.do(
        database, lambda connection: flows.withdraw_plan(connection, product, sha256, reason, Author(user.name, at))
    )


class GoldenForm(BaseModel):
    """The fields as they came."""

    station: str = Field(default="", max_length=500)
    product: str = Field(default="", max_length=500)
    serial: str = Field(default="", max_length=500)
    every_h: str = Field(default="", max_length=500)

    def put(self, connection: sa.Connection, author: Author) -> None:
        """Set the golden unit."""
        golden_flows.set_golden_unit(connection, self.station, self.product, self.serial, _hours(self.every_h), author)


@router.post("/golden")
def golden_form(
    request: Request, user: Releaser, form: Annotated[GoldenForm, Form()], database: InDatabase, at: Now
) -> Response:
    """Set the golden unit of a product at a station."""
    asked = _Asked(request, user, "golden", form.model_dump())
    return asked.do(database, lambda connection: form.put(connection, Author(user.name, at)))


@router.post("/golden/end")
def golden_end_form(
    request: Request,
    user: Releaser,
    database: InDatabase,
    at: Now,
    station: Text = "",
    product: Text = "",
    reason: Text = "",
) -> Response:
    """Take a golden unit back."""
    asked = _Asked(request, user, "golden", {})
    author = Author(user.name, at)
    return asked.do(
        database, lambda connection: golden_flows.end_golden_unit(connection, station, product, reason, author)
    )


class RouteForm(BaseModel):
    """The fields as they came; nothing is refused here, so that nothing typed is lost."""

    what: str = Field(default="", max_length=20)
    serial: str = Field(default="", max_length=500)
    image: str = Field(default="", max_length=500)
    detail: str = Field(default="", max_length=500)

    def put(self, connection: sa.Connection, author: Author) -> None:
        """Demand a repair or a burn of the unit, or put its repair on record."""
        if self.what == "burn":
            flows.demand_burn(connection, self.serial, self.image.strip().lower(), self.detail, author)
        elif self.what == "repaired":
            flows.close_repair(connection, self.serial, author)
        else:
            flows.demand_repair(connection, self.serial, self.detail, author)


@router.post("/routes")
def route_form(
    request: Request, user: Router, form: Annotated[RouteForm, Form()], database: InDatabase, at: Now
) -> Response:
    """What a unit needs before its outgoing test."""
    asked = _Asked(request, user, "routes", form.model_dump())
    return asked.do(database, lambda connection: form.put(connection, Author(user.name, at)))


@dataclass(frozen=True, slots=True)
class _Asked:
    """A form of one ``part`` of the page, with what was typed into it."""

    request: Request
    user: User
    part: str
    typed: Mapping[str, str]

    def do(self, database: Database, change: Callable[[sa.Connection], object]) -> Response:
        """Do it and go back to that part; what is in the way is said there, and nothing typed is lost."""

        def tell(connection: sa.Connection, error: RequestError) -> Response:
            return _page(self.request, self.user, connection, self, error)

        return done_or_told(database, change, f"{HERE}#{self.part}", tell, (*USUAL, NotFound))


def _page(
    request: Request,
    user: User,
    connection: sa.Connection,
    asked: _Asked | None = None,
    error: RequestError | None = None,
) -> Response:
    return page(
        request,
        "gates/list.html",
        status=error.status if error is not None else 200,
        user=user,
        holds=holds(connection),
        releases=releases(connection),
        demands=demands(connection),
        ordered=ordered_burns(connection),
        golden=golden_units(connection),
        stations=sorted({token.station_id for token in station_tokens(connection)}),
        part=asked.part if asked is not None else "",
        typed=asked.typed if asked is not None else {},
        problem=_problem_of(error),
    )


def _hours(text: str) -> float:
    try:
        return float(text.strip())
    except ValueError:
        raise BadInput("is no number of hours", "every_h") from None


def _problem_of(error: RequestError | None) -> str:
    """What the page has a sentence for: the field that cannot be used, ``already`` or ``gone``."""
    if isinstance(error, BadInput):
        return error.field
    return "already" if isinstance(error, Contradiction) else "gone" if error is not None else ""
