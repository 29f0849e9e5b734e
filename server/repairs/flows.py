"""A repair comes on record once, moves its case on, and is corrected by another entry; nothing of it is changed."""

from __future__ import annotations

import re
from dataclasses import astuple, dataclass, replace

import sqlalchemy as sa

from server.admin.author import Author, typed
from server.admin.flows import note
from server.db.pending import PendingRows
from server.errors import BadInput, Contradiction, NotFound, NotInForce
from server.interception.catching import REPAIR as AT_REPAIR
from server.interception.catching import catch
from server.parts.flows import Hand, issue_to_case
from server.parts.movements import movement_by_id
from server.quality.queries import fault_tree
from server.quality.tree import FaultTree
from server.repairs.asked import MAX_NOTE, WRITE, Repair, checked
from server.repairs.gate import ready_gate
from server.repairs.queries import READY, SCRAP, WAITING, Entry, entry_by_id
from server.repairs.scrapping import ScrapWish, ask_scrap
from server.repairs.tables import repair_designator, repair_entry, repair_part
from server.returns.flows import Move, Moved, move
from server.returns.machine import machine
from server.returns.queries import ReturnCase, bare_case
from server.units.event import NewEvent
from server.units.flows import UnitName
from server.units.queries import has_event, unit_by_id
from server.units.timelines import add_event
from server.wire.fields import UUID
from server.wire.ids import new_id
from server.wire.state import moment_text

REPAIRED, CORRECTED = "repaired", "repair_corrected"
"""Kinds of the unit's events; the first voids the tests before it."""
FIRST_MOVE = {"received": "repair", "diagnosing": "repair", "waiting_parts": "parts_came"}
"""What brings a case to where it is repaired."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """The entry, and whether it was on record before."""

    entry: Entry
    is_repeated: bool


def record(connection: sa.Connection, asked: Repair, author: Author) -> Recorded:
    """Put a repair on record, draw its parts, tell the unit, and move the case to what follows.

    The same id with the same content answers what it answered first. Raises BadInput that names the field, NotFound,
    NotAllowed, and Contradiction: the id stands for something else, or the case is not where it can be repaired.
    """
    author.require(connection, WRITE)
    if (known := _repeated(connection, asked)) is not None:
        return known
    case = _case_in_repair(connection, asked, author)
    entry = _drawn(connection, asked, case, checked(connection, asked, case, author), author)
    _keep(connection, entry)
    _tell_unit(connection, entry, REPAIRED, author)
    catch(connection, {entry.unit_id: author.actor}, AT_REPAIR, author.at)
    what = f"{entry.serial} {entry.symptom} {entry.cause} {entry.action} {' '.join(entry.designators)}".strip()
    note(connection, author.at, author.actor, "repair.record", case.case_no, what)
    _move_on(connection, asked, case, author)
    return Recorded(_known(connection, asked.id), is_repeated=False)


def correct(connection: sa.Connection, asked: Repair, author: Author) -> Recorded:
    """Put another entry in the place of ``asked.corrects``, with the reason as its note; the case stays where it is.

    Its parts stay as they were drawn: a part is taken back in the parts ledger. Raises as ``record`` does, and
    NotInForce with the state ``corrected`` where that entry is corrected already.
    """
    author.require(connection, WRITE)
    if (known := _repeated(connection, asked)) is not None:
        return known
    before = _known(connection, asked.corrects)
    if before.case_id != asked.case_id:
        raise BadInput("is an entry of another case", "corrects")
    if before.is_corrected:
        raise NotInForce("this entry is corrected already", "corrected")
    typed(asked.note, "note", MAX_NOTE)
    case = _known_case(connection, asked.case_id)
    entry = replace(checked(connection, asked, case, author), outcome=before.outcome, parts=before.parts)
    _keep(connection, entry)
    _tell_unit(connection, entry, CORRECTED, author)
    note(connection, author.at, author.actor, "repair.correct", case.case_no, f"{before.id}: {entry.note}")
    return Recorded(_known(connection, asked.id), is_repeated=False)


def send_to_test(connection: sa.Connection, move_id: str, case_id: str, author: Author) -> Moved:
    """Send a case to its test; raises NotInForce with the state ``nothing_done``, see ``readiness``."""
    case = _known_case(connection, case_id)
    return move(connection, Move(move_id, case.id, "ready"), author, ready_gate(connection, case))


def _repeated(connection: sa.Connection, asked: Repair) -> Recorded | None:
    if not re.fullmatch(UUID, asked.id):
        raise BadInput("is no UUID", "id")
    known = entry_by_id(connection, asked.id)
    if known is not None and known.sha256 != asked.sha256:
        raise Contradiction(f"the repair {asked.id} is on record with another content")
    return Recorded(known, is_repeated=True) if known else None


def _case_in_repair(connection: sa.Connection, asked: Repair, author: Author) -> ReturnCase:
    """The case, moved to where it is repaired; raises Contradiction for one that cannot come there."""
    case = _known_case(connection, asked.case_id)
    if has_event(connection, case.unit_id, asked.id):
        raise Contradiction(f"{asked.id} is on record as something else that happened to the unit")
    first = FIRST_MOVE.get(case.state)
    if case.state == "refurbishing" and asked.outcome == WAITING:
        first = "repair"
    if first is not None:
        return move(connection, Move(new_id(author.at), case.id, first), author).case
    if case.state not in machine().work_states:
        raise NotInForce(f"the case {case.case_no} is {case.state}: it is not being repaired", "not_in_repair")
    return case


def _drawn(connection: sa.Connection, asked: Repair, case: ReturnCase, entry: Entry, author: Author) -> Entry:
    """The entry with its parts' movements in the ledger, where they are drawn from a place of it."""
    if not entry.parts or not asked.source:
        return entry
    paper = {"person": entry.technician, "document": case.case_no, "case_no": case.case_no, "case_id": case.id}
    made = issue_to_case(connection, asked.id, Hand(asked.parts, source=asked.source, **paper), author)
    found = [movement_by_id(connection, one) for one in made]
    movements = {movement.number: movement.id for movement in found if movement is not None}
    return replace(entry, parts=tuple(replace(part, movement_id=movements[part.number]) for part in entry.parts))


def _keep(connection: sa.Connection, entry: Entry) -> None:
    row = {column.name: value for column, value in zip(repair_entry.c, astuple(entry), strict=False)}
    connection.execute(sa.insert(repair_entry), row)
    key: dict[str, object] = {"unit_id": entry.unit_id, "entry_id": entry.id}
    pending = PendingRows()
    pending.add(repair_designator, *(key | {"designator": word} for word in entry.designators))
    for position, part in enumerate(entry.parts):
        line = {"part_number": part.number, "quantity": part.quantity, "movement_id": part.movement_id}
        pending.add(repair_part, key | {"position": position} | line)
    pending.insert(connection)


def _tell_unit(connection: sa.Connection, entry: Entry, kind: str, author: Author) -> None:
    """The words stand beside the codes: the timeline reads the same when the tree has changed."""
    unit = unit_by_id(connection, entry.unit_id)
    if unit is None:
        raise NotFound(f"no unit {entry.unit_id}")
    tree = fault_tree(connection)
    payload: dict[str, object] = {
        "symptom": _words(tree, entry.symptom),
        "cause": _words(tree, entry.cause),
        "action": _words(tree, entry.action),
        "designators": list(entry.designators),
        "parts": [[part.number, part.quantity] for part in entry.parts],
        "technician": entry.technician,
        "started_at": moment_text(entry.started_at),
        "ended_at": moment_text(entry.ended_at),
        "run_id": entry.run_id,
        "measurement": entry.measurement,
        "outcome": entry.outcome,
        "note": entry.note,
        "corrects": entry.corrects,
    }
    name = UnitName(unit.unit_id, unit.family, unit.serial, unit.product)
    event = NewEvent(entry.id, kind, author.at, author.actor, payload, case_id=entry.case_id)
    add_event(connection, name, event, entry.site, author.at)


def _words(tree: FaultTree, code: str) -> dict[str, str]:
    return {"code": code, "zh": tree.name(code, "zh-CN"), "en": tree.name(code, "en")}


def _move_on(connection: sa.Connection, asked: Repair, case: ReturnCase, author: Author) -> None:
    if asked.outcome == READY:
        send_to_test(connection, new_id(author.at), case.id, author)
    elif asked.outcome == WAITING:
        move(connection, Move(new_id(author.at), case.id, "wait_for_parts", asked.note), author)
    elif asked.outcome == SCRAP:
        ask_scrap(connection, ScrapWish(new_id(author.at), case.id, asked.scrap_reason, asked.note), author)


def _known(connection: sa.Connection, entry_id: str) -> Entry:
    found = entry_by_id(connection, entry_id) if re.fullmatch(UUID, entry_id) else None
    if found is None:
        raise NotFound(f"no repair {entry_id[:36]}")
    return found


def _known_case(connection: sa.Connection, case_id: str) -> ReturnCase:
    found = bare_case(connection, case_id) if re.fullmatch(UUID, case_id) else None
    if found is None:
        raise NotFound(f"no return case {case_id[:36]}")
    return found
