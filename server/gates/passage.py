"""A case is moved through its gates: by persons who ask for it, and by what stations' letters say."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import sqlalchemy as sa

from server.admin.author import Author
from server.errors import GateShut, NotFound
from server.gates.case_gates import case_gates
from server.gates.evidence import last_outgoing_run
from server.gates.judgement import PASSED, REPLACED, SHIPPED, STOCKED_IN
from server.gates.work import sent_to_test_at
from server.interception.catching import catch_at_door
from server.repairs.gate import gate_of_repairs
from server.returns.flows import Move, Moved, move, move_by_letter, repeated
from server.returns.machine import machine
from server.returns.queries import ReturnCase, bare_case, events_of, open_case
from server.web.language import ENGLISH
from server.wire.ids import order_id

AWAITING_TEST = "awaiting_test"
DOORS = (SHIPPED, STOCKED_IN, REPLACED)
"""The gates by which a unit leaves the department."""


def move_case(connection: sa.Connection, asked: Move, author: Author) -> Moved:
    """Move a case by any move of the table; a guarded one only while its gate is open, or server/repairs agrees.

    Raises GateShut with what shuts the gate, and what returns.flows.move raises.
    """
    if (known := repeated(connection, asked)) is not None:
        return known
    transition = machine().moves.get(asked.name)
    case = bare_case(connection, asked.case_id)
    if case is None:
        raise NotFound(f"no return case {asked.case_id}")
    is_from_here = transition is not None and case.state in transition.sources
    if transition is None or not is_from_here:
        return move(connection, asked, author)
    if not transition.guard:
        if transition.repairs:
            author.require(connection, transition.action)
        return move(connection, asked, author, gate_of_repairs(connection, case, transition))
    author.require(connection, transition.action)
    if transition.guard in DOORS:
        for unit_id in {case.unit_id, asked.changes.get("replaced_by", case.unit_id)}:
            catch_at_door(connection, unit_id, author.actor, author.at)
    gate = case_gates(connection, case, asked.changes)[transition.guard]
    if not gate.is_open:
        texts = tuple(reason.text(ENGLISH) for reason in gate.reasons)
        raise GateShut(f"{case.case_no} cannot {asked.name}: {' '.join(texts)}", gate.name, texts)
    return move(connection, asked, author, gate.opened(case))


def take_runs(connection: sa.Connection, unit_ids: Iterable[str], at: datetime) -> None:
    """Move the open cases of these units by their last outgoing test, in the transaction of its letter.

    A FAIL sends the unit back to repair, from wherever it was after its test; a PASS that opens the gate passes it.
    """
    for unit_id in sorted(unit_ids):
        case = open_case(connection, unit_id)
        if case is not None and case.state in machine().moves["fail"].sources:
            _take_run(connection, case, at)


def _take_run(connection: sa.Connection, case: ReturnCase, at: datetime) -> None:
    run = last_outgoing_run(connection, case.unit_id)
    sent_at = sent_to_test_at(tuple(events_of(connection, case)))
    if run is None or sent_at is None or run.row.started_at < sent_at:
        return
    actor = f"station:{run.row.station_id}"
    if run.row.verdict == "FAIL":
        move_by_letter(connection, _by_run(case, "fail", run.row.id), actor, at)
    elif case.state == AWAITING_TEST and (gate := case_gates(connection, case)[PASSED]).is_open:
        move_by_letter(connection, _by_run(case, "pass", run.row.id), actor, at, gate.opened(case))


def _by_run(case: ReturnCase, name: str, run_id: str) -> Move:
    """The move that a run causes, under an id that the run makes: each run moves its case once."""
    return Move(order_id(f"{run_id} {name}"), case.id, name)
