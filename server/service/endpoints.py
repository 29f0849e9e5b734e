"""Service requests over the API: logged, read and moved."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Path, Query, Response

from server.admin.access import InDatabase, InSettings, Now, Reading, require
from server.admin.author import Author
from server.admin.queries import User
from server.config import Settings
from server.service import flows
from server.service.bodies import (
    CallBody,
    CallerAnswer,
    EventAnswer,
    FiguresAnswer,
    FullAnswer,
    RequestAnswer,
    RequestQuery,
    StepBody,
    request_answer,
)
from server.service.flows import HANDLE, PERSONAL, WRITE, known_request
from server.service.machine import machine
from server.service.queries import RequestFilter, ServiceRequest, clocks, events, figures, request_by_id, requests
from server.wire.fields import UUID, UUID7

router = APIRouter(prefix="/v1", tags=["service"])
Reader = Annotated[User, Depends(require("records.read"))]
Writer = Annotated[User, Depends(require(WRITE))]
Handler = Annotated[User, Depends(require(HANDLE))]
PersonalReader = Annotated[User, Depends(require(PERSONAL))]
MadeId = Annotated[str, Path(pattern=UUID7, examples=["01a1f3a0-2c00-7000-8000-0000000000ef"])]
KnownId = Annotated[str, Path(pattern=UUID)]
REPEATED: dict[int | str, dict[str, object]] = {200: {"description": "On record before"}}


@router.get("/service-requests")
def get_requests(
    user: Reader,
    connection: Reading,
    settings: InSettings,
    at: Now,
    asked: Annotated[RequestQuery, Query()],
) -> list[RequestAnswer]:
    """The requests, the newest first."""
    rows = requests(connection, RequestFilter(asked.state, asked.owner), asked.after, asked.limit)
    seen = clocks(connection, rows, settings.zone, at)
    return [request_answer(row, seen[row.id]) for row in rows]


@router.get("/service-figures")
def get_figures(user: Reader, connection: Reading, settings: InSettings, at: Now) -> FiguresAnswer:
    """What is open and overdue, how much was handled in time, and what the customers said."""
    return FiguresAnswer.model_validate(figures(connection, settings.zone, at))


@router.put("/service-requests/{request_id}", status_code=201, responses=REPEATED)
def put_request(
    request_id: MadeId,
    body: CallBody,
    response: Response,
    user: Writer,
    database: InDatabase,
    settings: InSettings,
    at: Now,
) -> RequestAnswer:
    """Log a request. The same again changes nothing."""
    with database.writing() as connection:
        response.status_code = 200 if request_by_id(connection, request_id) else 201
        made = flows.log(connection, body.as_call(request_id), settings.site, Author(user.name, at))
        return _answer(connection, made, settings, at)


@router.get("/service-requests/{request_id}")
def get_request(request_id: KnownId, user: Reader, connection: Reading, settings: InSettings, at: Now) -> FullAnswer:
    """A request with what happened to it; who called is not in it."""
    found = known_request(connection, request_id)
    history = [EventAnswer.model_validate(event) for event in events(connection, [found.id])]
    moves = machine().moves_from(found.state)
    return FullAnswer(request=_answer(connection, found, settings, at), events=history, moves=moves)


@router.put("/service-requests/{request_id}/moves/{event_id}")
def put_move(
    request_id: KnownId,
    event_id: MadeId,
    body: StepBody,
    user: Handler,
    database: InDatabase,
    settings: InSettings,
    at: Now,
) -> RequestAnswer:
    """Move a request; the table may ask for a further right. The same again changes nothing."""
    with database.writing() as connection:
        moved = flows.move(connection, body.as_step(request_id, event_id), Author(user.name, at))
        return _answer(connection, moved, settings, at)


@router.post("/service-requests/{request_id}/caller")
def post_caller(request_id: KnownId, user: PersonalReader, database: InDatabase, at: Now) -> CallerAnswer:
    """Who called, unmasked; that it was looked at is on record."""
    with database.writing() as connection:
        seen = flows.view_caller(connection, request_id, Author(user.name, at))
    return CallerAnswer(name=seen.name, phone=seen.phone)


def _answer(connection: sa.Connection, request: ServiceRequest, settings: Settings, at: datetime) -> RequestAnswer:
    return request_answer(request, clocks(connection, [request], settings.zone, at)[request.id])
