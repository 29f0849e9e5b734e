"""Boards go into units and come out; a provisional unit turns out to be a real one. No id is ever rewritten."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from server.admin.author import Author, typed
from server.admin.flows import note
from server.db.metadata import UUID
from server.errors import BadInput, Contradiction, NotFound
from server.units.event import NewEvent
from server.units.flows import UnitName
from server.units.link_tables import board_event, unit_alias
from server.units.queries import Unit, unit_by_id
from server.units.tables import unit
from server.units.timelines import add_event
from server.wire.ids import new_id

LINK, MAX_REASON = "cases.repair", 500
INSTALLED, REMOVED, MERGED = "board_installed", "board_removed", "merged"


@dataclass(frozen=True, slots=True)
class Board:
    """A board in its unit, since when."""

    unit_id: str
    serial: str
    product: str
    at: datetime
    actor: str


def install_board(connection: sa.Connection, event_id: str, board_id: str, parent_id: str, author: Author) -> bool:
    """Put a board, a unit of its own, into a unit; False where this event is on record already.

    Raises NotFound, NotAllowed, BadInput for a unit in itself, Contradiction where the board is in a unit already or
    the unit is in the board.
    """
    return _link(connection, (event_id, board_id, parent_id), True, author)


def remove_board(connection: sa.Connection, event_id: str, board_id: str, parent_id: str, author: Author) -> bool:
    """Take the board out of the unit; False where this event is on record already. Raises as install_board does."""
    return _link(connection, (event_id, board_id, parent_id), False, author)


def parent_of(connection: sa.Connection, unit_id: str) -> str | None:
    """The id of the unit that this board is in."""
    query = sa.select(board_event.c.parent_id, board_event.c.is_installed).where(board_event.c.unit_id == unit_id)
    last = connection.execute(query.order_by(board_event.c.seq.desc()).limit(1)).first()
    return last.parent_id if last is not None and last.is_installed else None


def boards_in(connection: sa.Connection, unit_id: str) -> list[Board]:
    """The boards that are in the unit, by serial."""
    later = board_event.alias("later")
    is_last = ~sa.exists().where(later.c.unit_id == board_event.c.unit_id, later.c.seq > board_event.c.seq)
    query = (
        sa.select(unit.c.unit_id, unit.c.serial, unit.c.product, board_event.c.at, board_event.c.actor)
        .join(board_event, board_event.c.unit_id == unit.c.unit_id)
        .where(board_event.c.parent_id == unit_id, board_event.c.is_installed.is_(True), is_last)
        .order_by(unit.c.serial)
    )
    return [Board(*row) for row in connection.execute(query)]


def real_unit_of(connection: sa.Connection, unit_id: str) -> str | None:
    """The real unit that a provisional one turned out to be."""
    return connection.scalar(sa.select(unit_alias.c.real_unit_id).where(unit_alias.c.unit_id == unit_id))


def real_name(connection: sa.Connection, name: UnitName) -> UnitName:
    """The real unit where this provisional one was merged into it, else the same."""
    real_id = real_unit_of(connection, name.unit_id) if name.is_provisional else None
    return name if real_id is None else _name(_known(connection, real_id))


def aliases_of(connection: sa.Connection, unit_id: str) -> list[str]:
    """The provisional units that turned out to be this one."""
    return list(connection.scalars(sa.select(unit_alias.c.unit_id).where(unit_alias.c.real_unit_id == unit_id)))


def say_alias(connection: sa.Connection, unit_id: str, real: UnitName, reason: str, author: Author) -> None:
    """Say once and for all that a provisional unit is ``real``, on both timelines; the caller moves its case.

    ``real`` comes on record by it. Raises NotFound, BadInput, and Contradiction where either is not what it should be.
    """
    found = _known(connection, unit_id)
    reason = typed(reason, "reason", MAX_REASON)
    if not found.is_provisional or real.is_provisional:
        raise Contradiction("a provisional unit is merged into one that a serial rule knows")
    if (known := real_unit_of(connection, unit_id)) is not None:
        raise Contradiction(f"the unit was merged into {known} already")
    for one, other in ((_name(found), real), (real, _name(found))):
        payload: dict[str, object] = {"serial": other.serial, "unit_id": other.unit_id, "reason": reason}
        told = NewEvent(new_id(author.at), MERGED, author.at, author.actor, payload)
        add_event(connection, one, told, found.site, author.at)
    row = {"unit_id": unit_id, "real_unit_id": real.unit_id, "reason": reason}
    connection.execute(sa.insert(unit_alias), row | {"at": author.at, "actor": author.name})
    note(connection, author.at, author.actor, "unit.merge", found.serial, f"{real.serial}: {reason}")


def _link(connection: sa.Connection, ids: tuple[str, str, str], is_installed: bool, author: Author) -> bool:
    event_id, board_id, parent_id = ids
    author.require(connection, LINK)
    if not UUID.fullmatch(event_id):
        raise BadInput("is no UUID", "id")
    columns = board_event.c
    query = sa.select(board_event).where(columns.unit_id == board_id, columns.id == event_id)
    if (known := connection.execute(query).first()) is not None:
        if (known.parent_id, known.is_installed) != (parent_id, is_installed):
            raise Contradiction(f"the event {event_id} is on record with another content")
        return False
    board, parent = _known(connection, board_id), _known(connection, parent_id)
    _refuse(connection, board, parent, is_installed)
    last = connection.scalar(sa.select(sa.func.max(columns.seq)).where(columns.unit_id == board_id)) or 0
    row = {"unit_id": board_id, "id": event_id, "parent_id": parent_id, "seq": last + 1, "is_installed": is_installed}
    connection.execute(sa.insert(board_event), row | {"at": author.at, "actor": author.name})
    kind = INSTALLED if is_installed else REMOVED
    for one, other, made in ((board, parent, event_id), (parent, board, new_id(author.at))):
        payload: dict[str, object] = {"serial": other.serial, "unit_id": other.unit_id}
        _tell(connection, one, NewEvent(made, kind, author.at, author.actor, payload))
    note(connection, author.at, author.actor, f"unit.{kind}", board.serial, parent.serial)
    return True


def _refuse(connection: sa.Connection, board: Unit, parent: Unit, is_installed: bool) -> None:
    within = parent_of(connection, board.unit_id)
    if not is_installed:
        if within != parent.unit_id:
            raise Contradiction(f"{board.serial} is not in {parent.serial}")
        return
    if within is not None:
        raise Contradiction(f"{board.serial} is in a unit already")
    above: str | None = parent.unit_id
    while above is not None:
        if above == board.unit_id:
            raise BadInput("is the board itself, or in it", "parent")
        above = parent_of(connection, above)


def _known(connection: sa.Connection, unit_id: str) -> Unit:
    found = unit_by_id(connection, unit_id)
    if found is None:
        raise NotFound(f"no unit {unit_id}")
    return found


def _tell(connection: sa.Connection, one: Unit, event: NewEvent) -> None:
    add_event(connection, _name(one), event, one.site, event.at)


def _name(one: Unit) -> UnitName:
    return UnitName(one.unit_id, one.family, one.serial, one.product)
