"""Posts movements: the only code that writes them and the balances they make, in the caller's transaction."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from server.admin.author import Author
from server.db.pending import Row
from server.errors import BadInput, Contradiction, NotInForce
from server.parts.queries import Part, Place
from server.parts.tables import stock_balance, stock_command, stock_movement
from server.wire.ids import new_id

RECEIVE, REQUISITION, ISSUE, RETURN, SCRAPPING, COUNT, KIT, BURN, MOVE, REVERSAL = MOVEMENT_KINDS = (
    "receive",
    "requisition",
    "issue",
    "return",
    "scrap",
    "count",
    "kit",
    "burn",
    "move",
    "reversal",
)
MAX_QUANTITY = 1_000_000
SHORT = "short"
"""The state of a refusal where a place has fewer than are asked for."""
TICK = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Step:
    """So many of a part, from a place to another."""

    part: Part
    quantity: int
    source: Place
    target: Place


@dataclass(frozen=True, slots=True)
class Paper:
    """What a movement says beside its ends; ``reverses`` is the movement that it takes back."""

    approver: str = ""
    person: str = ""
    reason: str = ""
    document: str = ""
    note: str = ""
    case_id: str | None = None
    case_no: str = ""
    order_no: str = ""
    request_id: str | None = None
    reverses: str | None = None


def begin(connection: sa.Connection, command_id: str, kind: str, asked: object, author: Author) -> bool:
    """Put a command on record; False where the same was asked before, so that nothing is left to do.

    Raises BadInput for an id that is none, and Contradiction where the id stands for another content.
    """
    if len(command_id) != 36:
        raise BadInput("is a UUID that is made for the command", "command")
    said = hashlib.sha256(msgspec.json.encode([kind, author.name, asked])).hexdigest()
    known = connection.execute(sa.select(stock_command).where(stock_command.c.id == command_id)).first()
    if known is not None:
        if known.sha256 != said:
            raise Contradiction(f"the command {command_id} is on record with another content")
        return False
    row = {"id": command_id, "kind": kind, "sha256": said, "at": author.at, "actor": author.name}
    connection.execute(sa.insert(stock_command), row)
    return True


def posted_by(connection: sa.Connection, command_id: str) -> tuple[str, ...]:
    """The ids of the movements that a command made, in order."""
    query = sa.select(stock_movement.c.id).where(stock_movement.c.command_id == command_id)
    return tuple(connection.scalars(query.order_by(stock_movement.c.id)))


def post(
    connection: sa.Connection, command_id: str, kind: str, steps: Iterable[Step], paper: Paper, author: Author
) -> tuple[str, ...]:
    """Move the parts, all of them or none; the movements' ids.

    Raises NotInForce with the state ``short`` where a real place has fewer. The balance is read and written under the
    row's lock, and the database itself refuses one below nothing.
    """
    wanted = sorted(steps, key=lambda step: step.part.id)
    posted_at = _moment(connection, author.at)
    ids = sorted(new_id(posted_at) for _ in wanted)
    rows: list[Row] = []
    for step, made in zip(wanted, ids, strict=True):
        if not 0 < step.quantity <= MAX_QUANTITY:
            raise BadInput(f"is a number from 1 to {MAX_QUANTITY}", "quantity")
        left, right = sorted((step.source, step.target), key=lambda place: place.id)
        after = {
            place.id: _add(connection, step, place, step.quantity if place is step.target else -step.quantity)
            for place in (left, right)
        }
        rows.append(
            {
                "part_id": step.part.id,
                "id": made,
                "command_id": command_id,
                "kind": kind,
                "quantity": step.quantity,
                "from_id": step.source.id,
                "to_id": step.target.id,
                "from_after": after[step.source.id],
                "to_after": after[step.target.id],
                "posted_at": posted_at,
                "actor": author.name,
                **asdict(paper),
            }
        )
    if rows:
        connection.execute(sa.insert(stock_movement), rows)
    return tuple(ids)


def _add(connection: sa.Connection, step: Step, place: Place, change: int) -> int:
    """The balance behind the change."""
    key = {"part_id": step.part.id, "location_id": place.id}
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    connection.execute(insert(stock_balance).values(**key, quantity=0, is_real=place.is_real).on_conflict_do_nothing())
    row = sa.and_(*(stock_balance.c[name] == value for name, value in key.items()))
    before = connection.scalar(sa.select(stock_balance.c.quantity).where(row).with_for_update())
    after = int(before or 0) + change
    if place.is_real and after < 0:
        said = f"{step.part.number}: {place.code} has {before}, {step.quantity} are asked for"
        raise NotInForce(said, SHORT, about=f"{step.part.number} · {place.code}: {before} < {step.quantity}")
    connection.execute(sa.update(stock_balance).where(row).values(quantity=after))
    return after


def _moment(connection: sa.Connection, at: datetime) -> datetime:
    """The middle of a millisecond that is later than every movement's, so that ids, moments and commits agree."""
    last = connection.scalar(sa.select(sa.func.max(stock_movement.c.posted_at)))
    earliest = at if last is None else max(at, last + TICK)
    return earliest.replace(microsecond=earliest.microsecond // 1000 * 1000 + 500)
