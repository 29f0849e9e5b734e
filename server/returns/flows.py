"""A return case is moved from state to state and its details are amended; every change is an event."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime

import msgspec
import sqlalchemy as sa

from server.admin.author import Author, typed
from server.admin.flows import Change, note
from server.errors import BadInput, Contradiction, HasChanged, NotAllowed, NotFound
from server.returns.details import checked
from server.returns.machine import Transition, machine
from server.returns.queries import CaseEvent, ReturnCase, bare_case, event_by_id
from server.returns.tables import case_event, return_case
from server.units.event import NewEvent
from server.units.flows import UnitName
from server.units.queries import has_event, unit_by_id
from server.units.timelines import add_event
from server.wire.fields import UUID

MAX_NOTE = 500
AMEND = "amend"
MOVED = "case_moved"
"""The kind of the unit's event of a move."""


@dataclass(frozen=True, slots=True)
class OpenGate:
    """A gate that server/gates or server/repairs has just found open for a case; ``basis`` is what it found."""

    name: str
    case_id: str
    version: int
    basis: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Move:
    """What is asked: ``id`` is a UUID made by the client, ``name`` a move of cases.toml.

    ``version`` is that of the case as the client saw it (its ETag); None moves it whatever happened meanwhile.
    ``changes`` are details of the case that become true with the move, by their names in details.py.
    """

    id: str
    case_id: str
    name: str
    note: str = ""
    version: int | None = None
    changes: Mapping[str, str] = field(default_factory=dict)

    @property
    def sha256(self) -> str:
        content = [self.case_id, self.name, self.note, sorted(self.changes.items())]
        return hashlib.sha256(msgspec.json.encode(content)).hexdigest()


@dataclass(frozen=True, slots=True)
class Moved:
    """The case as it is, and the event that the client's id stands for."""

    case: ReturnCase
    event: CaseEvent
    is_repeated: bool


def move(connection: sa.Connection, asked: Move, author: Author, gate: OpenGate | None = None) -> Moved:
    """Move a return case: the single way, for every package, inside the caller's transaction.

    ``move(connection, Move(new_id(at), case_id, "wait_for_parts", "no display in stock"), Author(user.name, at))``
    writes the case's event, the unit's event and the audit, and brings the case's row up to date. A move that has no
    guard in cases.toml, and nothing that ``repairs`` must find, needs nothing else; one that has goes through
    server.gates.passage.move_case, which computes the gate and hands it in. As work that voids earlier tests count the
    states with ``is_work``, every burn, and each unit event of a kind in server.gates.work.WORK_KINDS (``repaired``
    among them).

    The same id with the same content answers what it answered first; with another it is a Contradiction. Raises
    NotFound, NotAllowed (the author's role), BadInput (what the move needs was not said), and Contradiction: from
    this state there is no such move, the case is another than ``version``, or its gate is shut.
    """
    if (known := repeated(connection, asked)) is not None:
        return known
    transition = _transition(asked)
    if not transition.action:
        raise NotAllowed(f"no person may do this: {asked.name} follows from a letter")
    author.require(connection, transition.action)
    return _moved(connection, asked, transition, (author.actor, author.at), gate)


def move_by_letter(
    connection: sa.Connection, asked: Move, actor: str, at: datetime, gate: OpenGate | None = None
) -> Moved:
    """Move a case because of what a station's letter says; only moves with ``by_letter``. See ``move``."""
    if (known := repeated(connection, asked)) is not None:
        return known
    transition = _transition(asked)
    if not transition.by_letter:
        raise NotAllowed(f"no letter may do this: {asked.name}")
    return _moved(connection, asked, transition, (actor, at), gate)


def amend(connection: sa.Connection, asked: Move, author: Author) -> Moved:
    """Change details of an open case and leave its state; raises as ``move`` does."""
    if asked.name != AMEND or not asked.changes or "replaced_by" in asked.changes:
        raise BadInput("names nothing that can be changed so", "changes")
    return move(connection, asked, author)


def repeated(connection: sa.Connection, asked: Move) -> Moved | None:
    """The first answer to a move that is on record; None for a new one. Raises Contradiction for another content."""
    if not re.fullmatch(UUID, asked.id):
        raise BadInput("is no UUID", "id")
    case = _known_case(connection, asked.case_id)
    event = event_by_id(connection, case.unit_id, asked.id)
    if event is None and has_event(connection, case.unit_id, asked.id):
        raise Contradiction(f"{asked.id} is on record as something else that happened to the unit")
    if event is None:
        return None
    if event.sha256 != asked.sha256:
        raise Contradiction(f"the move {asked.id} is on record with another content")
    return Moved(case, event, is_repeated=True)


def _transition(asked: Move) -> Transition:
    found = machine().moves.get(asked.name)
    if found is None:
        raise BadInput(f"there is no move {asked.name!r}", "move")
    return found


def _moved(
    connection: sa.Connection,
    asked: Move,
    transition: Transition,
    by: tuple[str, datetime],
    gate: OpenGate | None,
) -> Moved:
    case = _known_case(connection, asked.case_id)
    if asked.version is not None and asked.version != case.version:
        raise HasChanged(f"the case {case.case_no} has changed since: it is version {case.version}", case.version)
    state = machine().after(case.state, asked.name)
    _require_gate(case, transition, gate)
    said = typed(asked.note, "note", MAX_NOTE, may_be_empty="note" not in transition.needs)
    columns = checked(asked.changes)
    for needed in transition.needs:
        if needed != "note" and not columns.get(needed):
            raise BadInput("is needed for this", needed)
    actor, at = by
    basis: dict[str, object] = {"gate": dict(gate.basis)} if gate else {}
    if asked.changes:
        basis["changes"] = dict(asked.changes)
    event = CaseEvent(
        asked.id,
        case.version + 1,
        state,
        at,
        actor,
        said,
        asked.name,
        msgspec.json.encode(basis).decode(),
        asked.sha256,
    )
    closed_at = at if machine().states[state].is_end else None
    row = {"state": state, "changed_at": at, "closed_at": closed_at, "version": event.seq} | columns
    _refuse_second_open_case(connection, case, closed_at)
    keep_event(connection, case, event)
    connection.execute(
        sa.update(return_case).where(return_case.c.unit_id == case.unit_id, return_case.c.id == case.id).values(row)
    )
    _tell_unit(connection, case, event, asked.changes)
    note(connection, at, actor, f"case.{asked.name}", case.case_no, said, Change(case.state, state))
    return Moved(_known_case(connection, case.id), event, is_repeated=False)


def keep_event(connection: sa.Connection, case: ReturnCase, event: CaseEvent) -> None:
    """The event's row, for the caller who brings the case's row up to date."""
    connection.execute(sa.insert(case_event), {"unit_id": case.unit_id, "case_id": case.id} | asdict(event))


def _require_gate(case: ReturnCase, transition: Transition, gate: OpenGate | None) -> None:
    if not transition.guard:
        return
    wanted = (transition.guard, case.id, case.version)
    if gate is None or (gate.name, gate.case_id, gate.version) != wanted:
        raise Contradiction(f"the gate {transition.guard} of the case {case.case_no} was not found open")


def _refuse_second_open_case(connection: sa.Connection, case: ReturnCase, closed_at: datetime | None) -> None:
    """A case that is opened again must be the unit's last one, and its only open one."""
    if closed_at is not None or case.closed_at is None:
        return
    later = sa.select(return_case.c.case_no).where(return_case.c.unit_id == case.unit_id, return_case.c.id > case.id)
    if (case_no := connection.scalar(later.limit(1))) is not None:
        raise Contradiction(f"the unit has come again since: {case_no}")


def _tell_unit(connection: sa.Connection, case: ReturnCase, event: CaseEvent, changes: Mapping[str, str]) -> None:
    """The unit's timeline shows every move, and the details that came with it."""
    unit = unit_by_id(connection, case.unit_id)
    if unit is None:
        raise NotFound(f"no unit {case.unit_id}")
    payload: dict[str, object] = {
        "case_no": case.case_no,
        "move": event.move,
        "state": event.state,
        "note": event.note,
        "changes": dict(changes),
    }
    name = UnitName(unit.unit_id, unit.family, unit.serial, unit.product)
    told = NewEvent(event.id, MOVED, event.at, event.actor, payload, case_id=case.id)
    add_event(connection, name, told, case.site, event.at)


def _known_case(connection: sa.Connection, case_id: str) -> ReturnCase:
    found = bare_case(connection, case_id)
    if found is None:
        raise NotFound(f"no return case {case_id}")
    return found
