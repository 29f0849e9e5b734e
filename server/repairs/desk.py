"""Who repairs what: a technician takes a unit, the leader gives units out with a day by which they are due."""

from __future__ import annotations

import re
from collections.abc import Sequence

import sqlalchemy as sa

from server.admin.author import Author
from server.admin.permissions import permissions
from server.admin.queries import accounts
from server.errors import BadInput, NotFound, NotInForce
from server.repairs.asked import WRITE
from server.returns.flows import AMEND, Move, amend, move
from server.returns.machine import machine
from server.returns.queries import ReturnCase, bare_case, open_case
from server.units.flows import name_unit
from server.wire.fields import UUID
from server.wire.ids import new_id

TAKE = "take"
ASSIGN = "cases.edit"
DIAGNOSE = "diagnose"


def technicians(connection: sa.Connection) -> list[str]:
    """The names of the accounts that may repair."""
    rows = accounts(connection)
    return sorted(row.name for row in rows if row.disabled_at is None and permissions().allows(row.role, WRITE))


def take(connection: sa.Connection, serial: str, author: Author) -> ReturnCase:
    """Take the unit with this serial number to one's bench: its open case is then the technician's.

    What is one's own already stays so. Raises BadInput for no serial number, NotFound without an open case, and
    NotInForce: with the state ``owned`` where somebody else has it, ``not_in_repair`` where it is past its repair.
    """
    author.require(connection, WRITE)
    name = name_unit(connection, serial)
    case = open_case(connection, name.unit_id)
    if case is None:
        raise NotFound(f"no open return case of {name.serial}")
    if case.state != "received" and case.state not in machine().work_states:
        raise NotInForce(f"{case.serial} is {case.state}", "not_in_repair")
    if case.owner not in ("", author.name):
        raise NotInForce(f"{case.serial} is with {case.owner}: the repair leader gives it to another", "owned")
    if case.owner == author.name and case.state != "received":
        return case
    name_of_move = DIAGNOSE if case.state == "received" else TAKE
    asked = Move(new_id(author.at), case.id, name_of_move, changes={"owner": author.name})
    return move(connection, asked, author).case


def assign(connection: sa.Connection, case_ids: Sequence[str], owner: str, due_on: str, author: Author) -> int:
    """Give cases to a technician and say by when; what is left empty stays as it is.

    How many cases that are; all of them or none. Raises BadInput for nothing chosen, nobody or no day, and NotFound.
    """
    author.require(connection, ASSIGN)
    if not case_ids:
        raise BadInput("choose the cases", "cases")
    if owner and owner not in technicians(connection):
        raise BadInput(f"{owner[:80]!r} repairs nothing", "owner")
    changes = {name: text for name, text in (("owner", owner), ("due_on", due_on)) if text}
    if not changes:
        raise BadInput("say to whom or by when", "owner")
    for case_id in case_ids:
        case = bare_case(connection, case_id) if re.fullmatch(UUID, case_id) else None
        if case is None:
            raise NotFound(f"no return case {case_id[:36]}")
        differing = {name: text for name, text in changes.items() if text != _said(case, name)}
        if differing:
            amend(connection, Move(new_id(author.at), case_id, AMEND, changes=differing), author)
    return len(case_ids)


def _said(case: ReturnCase, name: str) -> str:
    return case.owner if name == "owner" else case.due_on.isoformat() if case.due_on else ""
