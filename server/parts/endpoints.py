"""The parts ledger over the API: what is in stock, what has moved, and parts that change hands."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Annotated, Literal

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Path, Query, Response

from server.admin.access import InDatabase, InSettings, Now, Reading, require
from server.admin.author import Author
from server.admin.queries import User
from server.errors import NotFound
from server.parts import flows
from server.parts.bodies import (
    HandBody,
    HoldingAnswer,
    MovementAnswer,
    MovementsAnswer,
    OnePartAnswer,
    PartAnswer,
    PartsAnswer,
)
from server.parts.flows import MOVING, Hand
from server.parts.movements import MovementFilter, movement_by_id, movements
from server.parts.posting import posted_by
from server.parts.queries import PartFilter, holdings, part_row_by_id, part_rows
from server.web.cursor import read_cursor, write_cursor
from server.web.day_span import day_span
from server.wire.fields import UUID

MAX_ROWS = 200
CURSOR_END = "00000000-0000-0000-0000-000000000000"
"""The last part of a cursor is an id; parts go by their numbers."""
HANDS: Mapping[str, Callable[[sa.Connection, str, Hand, Author], tuple[str, ...]]] = MappingProxyType(
    {"receive": flows.receive, "issue": flows.issue, "return": flows.give_back, "move": flows.move}
)

router = APIRouter(prefix="/v1/parts", tags=["parts"])
Reader = Annotated[User, Depends(require("records.read"))]
Text = Annotated[str, Query(max_length=64)]
Limit = Annotated[int, Query(ge=1, le=MAX_ROWS)]
Day = Annotated[str, Query(max_length=10, examples=["2026-11-27"])]


@router.get("")
def get_parts(
    user: Reader,
    connection: Reading,
    text: Text = "",
    shown: Literal["", "below", "valuable", "retired"] = "",
    after: Annotated[str, Query(max_length=400)] = "",
    limit: Limit = 50,
) -> PartsAnswer:
    """Parts by number with what is in stock; ``shown`` leaves those below their minimum, the valuable, the retired."""
    cursor = read_cursor(after, 2)
    found = part_rows(connection, PartFilter(text.strip(), shown=shown), cursor[0] if cursor else None, limit + 1)
    following = write_cursor(found[limit - 1].part.number, CURSOR_END) if len(found) > limit else None
    return PartsAnswer(parts=[PartAnswer.of(row) for row in found[:limit]], next=following)


@router.get("/movements")
def get_movements(
    user: Reader,
    connection: Reading,
    settings: InSettings,
    text: Text = "",
    since: Day = "",
    until: Day = "",
    after: Annotated[str, Query(max_length=400)] = "",
) -> MovementsAnswer:
    """The newest movements first; ``since`` and ``until`` are days of the site's zone."""
    cursor = read_cursor(after, 1)
    wanted = MovementFilter(text.strip(), span=day_span(settings, since, until))
    found = movements(connection, wanted, cursor[0] if cursor else None, MAX_ROWS + 1)
    following = write_cursor(found[MAX_ROWS - 1].id) if len(found) > MAX_ROWS else None
    return MovementsAnswer(movements=[MovementAnswer.of(row) for row in found[:MAX_ROWS]], next=following)


@router.get("/{part_id}")
def get_part(user: Reader, connection: Reading, part_id: Annotated[str, Path(pattern=UUID)]) -> OnePartAnswer:
    """One part, and where it is."""
    row = part_row_by_id(connection, part_id)
    if row is None:
        raise NotFound(f"no part {part_id}")
    return OnePartAnswer(
        part=PartAnswer.of(row), holdings=[HoldingAnswer.of(one) for one in holdings(connection, [row.part.id])]
    )


@router.put(
    "/commands/{command_id}",
    status_code=201,
    responses={200: {"description": "The same command again"}, 409: {"description": "Too few, valuable, or another"}},
)
def put_command(
    command_id: Annotated[str, Path(pattern=UUID)],
    body: HandBody,
    response: Response,
    user: Annotated[User, Depends(require(MOVING))],
    database: InDatabase,
    at: Now,
) -> MovementsAnswer:
    """Move parts, all of them or none; the same command again changes nothing and gives the first answer."""
    with database.writing() as connection:
        is_repeated = bool(posted_by(connection, command_id))
        made = HANDS[body.kind](connection, command_id, body.as_hand(), Author(user.name, at))
        rows = [row for row in (movement_by_id(connection, one) for one in made) if row]
    response.status_code = 200 if is_repeated else 201
    return MovementsAnswer(movements=[MovementAnswer.of(row) for row in rows], next=None)
