"""The ledger of all movements, and the forms by which parts change hands."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from types import MappingProxyType
from typing import Annotated
from uuid import UUID, uuid5

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Form, Request, Response
from pydantic import BaseModel, Field

from server.admin.access import InDatabase, InSettings, Now, Reading
from server.admin.author import Author
from server.admin.queries import User
from server.config import Settings
from server.errors import NotFound
from server.parts import flows
from server.parts.desk import NOTHING, ROWS, Mover, Reader, Reverser, Text, Told, do, draw
from server.parts.flows import Hand
from server.parts.ledger_sheet import all_movements
from server.parts.lines import lines_of
from server.parts.movements import Movement, MovementFilter, movement_by_id, movements
from server.parts.part_pages import known_kind
from server.parts.posting import ISSUE, MOVE, MOVEMENT_KINDS, RECEIVE, RETURN, posted_by
from server.parts.queries import BENCH, CASE, CUSTOMER, KEPT, places
from server.web.cursor import read_cursor, write_cursor
from server.web.day_span import day_span
from server.web.spreadsheet import spreadsheet
from server.wire.ids import new_id

MAX_TYPED = 20_000
Flow = Callable[[sa.Connection, str, Hand, Author], tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class HandKind:
    """A way in which parts change hands: its flow, and the kinds of places of both ends, none where it says itself."""

    flow: Flow
    sources: tuple[str, ...]
    targets: tuple[str, ...]
    is_target_given: bool = False


HANDS: Mapping[str, HandKind] = MappingProxyType(
    {
        RECEIVE: HandKind(flows.receive, (), KEPT),
        ISSUE: HandKind(flows.issue, KEPT, (BENCH, CUSTOMER, CASE), is_target_given=True),
        RETURN: HandKind(flows.give_back, (BENCH, CUSTOMER, CASE), KEPT),
        MOVE: HandKind(flows.move, KEPT, KEPT, is_target_given=True),
    }
)

router = APIRouter(include_in_schema=False)


@dataclass(slots=True)
class MovementQuery:
    """What the ledger's address asks for."""

    text: str = ""
    kind: str = ""
    place: str = ""
    since: str = ""
    until: str = ""
    after: str = ""

    def __post_init__(self) -> None:
        self.text = self.text.strip()[:64]
        self.kind = self.kind if self.kind in MOVEMENT_KINDS else ""
        self.place = self.place.strip().upper()[:64]

    @property
    def filters(self) -> dict[str, str]:
        return {name: value for name, value in asdict(self).items() if name != "after"}

    def as_filter(self, settings: Settings) -> MovementFilter:
        span = day_span(settings, self.since, self.until)
        return MovementFilter(self.text, self.kind, self.place, span=span)


Asked = Annotated[MovementQuery, Depends()]


@router.get("/parts/movements")
def movements_page(request: Request, user: Reader, connection: Reading, settings: InSettings, asked: Asked) -> Response:
    """The movements that the address asks for, the newest first."""
    return _ledger_page(request, user, connection, settings, asked)


@router.get("/parts/movements.{suffix}")
def movements_file(
    request: Request, user: Reader, connection: Reading, settings: InSettings, asked: Asked, suffix: str
) -> Response:
    """All movements of the filter as a file, the newest first."""
    found = movements(connection, asked.as_filter(settings), limit=None)
    columns, rows = all_movements(request, found, settings.zone)
    return spreadsheet(known_kind(suffix), "movements", columns, rows)


@router.post("/parts/movements/{movement_id}/reversal")
def reversal_form(
    request: Request,
    user: Reverser,
    database: InDatabase,
    settings: InSettings,
    at: Now,
    movement_id: UUID,
    reason: Text = "",
) -> Response:
    """Take a movement back; there is one such command for each movement, so that a form sent twice is one."""
    command, author = str(uuid5(movement_id, "reversal")), Author(user.name, at)
    return do(
        database,
        lambda connection: flows.reverse(connection, command, str(movement_id), reason, author),
        "/parts/movements",
        lambda connection, told: _ledger_page(request, user, connection, settings, MovementQuery(), told),
        (str(movement_id), {"reason": reason}),
    )


class HandForm(BaseModel):
    """Parts that change hands as they came; nothing is refused here, so that nothing typed is lost."""

    command: str = Field(default="", max_length=100)
    lines: str = Field(default="", max_length=MAX_TYPED)
    source: str = Field(default="", max_length=100)
    target: str = Field(default="", max_length=100)
    person: str = Field(default="", max_length=500)
    document: str = Field(default="", max_length=500)
    case_no: str = Field(default="", max_length=500)
    note: str = Field(default="", max_length=1000)

    def as_hand(self) -> Hand:
        """Raises BadInput for a line that cannot be read."""
        more = self.model_dump(exclude={"command", "lines"})
        return Hand(lines_of(self.lines), **more)


@router.get("/parts/hand/{kind}")
def hand_page(
    request: Request, user: Mover, connection: Reading, at: Now, kind: str, done: str = "", lines: str = ""
) -> Response:
    """The empty form, the list of numbers having the focus; ``done`` is the command that has just been carried out."""
    form = HandForm(command=new_id(at), lines=lines[:MAX_TYPED])
    return _hand_page(request, user, connection, kind, form, done=done)


@router.post("/parts/hand/{kind}")
def hand_form(
    request: Request, user: Mover, form: Annotated[HandForm, Form()], database: InDatabase, at: Now, kind: str
) -> Response:
    """Move the parts and offer the next form, or say what is in the way and keep everything typed."""
    flow = _known_hand(kind).flow
    return do(
        database,
        lambda connection: flow(connection, form.command, form.as_hand(), Author(user.name, at)),
        f"/parts/hand/{kind}?done={form.command}",
        lambda connection, told: _hand_page(request, user, connection, kind, form, told),
        ("hand", {}),
    )


def _known_hand(kind: str) -> HandKind:
    if kind not in HANDS:
        raise NotFound("parts do not change hands in this way")
    return HANDS[kind]


def _hand_page(
    request: Request,
    user: User,
    connection: sa.Connection,
    kind: str,
    form: HandForm,
    told: Told = NOTHING,
    done: str = "",
) -> Response:
    hand = _known_hand(kind)
    made = posted_by(connection, done) if len(done) == 36 else ()
    return draw(
        request,
        "hand",
        user,
        told,
        kind=kind,
        kinds=tuple(HANDS),
        hand=hand,
        form=form,
        sources=places(connection, hand.sources) if hand.sources else [],
        targets=places(connection, hand.targets),
        moved=[row for row in (movement_by_id(connection, one) for one in made) if row],
    )


def _ledger_page(
    request: Request,
    user: User,
    connection: sa.Connection,
    settings: Settings,
    asked: MovementQuery,
    told: Told = NOTHING,
) -> Response:
    cursor = read_cursor(asked.after, 1)
    found = movements(connection, asked.as_filter(settings), cursor[0] if cursor else None, ROWS + 1)
    rows: list[Movement] = found[:ROWS]
    return draw(
        request,
        "movements",
        user,
        told,
        rows=rows,
        filters=asked.filters,
        kinds=MOVEMENT_KINDS,
        places=places(connection),
        is_filtered=any(asked.filters.values()),
        next_cursor=write_cursor(rows[-1].id) if len(found) > ROWS else "",
        is_first=not cursor,
    )
