"""Return cases as tests need them: received, moved by whoever may, and looked at."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from server.admin.author import Author
from server.config import Settings
from server.gates.case_flows import check_accessories, decide_override, request_override
from server.gates.flows import release_plan
from server.ingest.flows import take
from server.ingest.submission import submit
from server.returns.flows import Move, Moved, move
from server.returns.machine import machine
from server.returns.queries import CaseFile, ReturnCase, case_by_id
from server.returns.receiving import Arrival, ArrivedUnit, receive
from server.units.event import NewEvent
from server.units.flows import UnitName, name_unit
from server.units.links import install_board, say_alias
from server.units.queries import Unit, unit_by_id
from server.units.timelines import add_event
from server.wire.ids import new_id
from server.wire.state import moment_text
from tests.server.letter_book import Letter, LetterBook

GOOD, BAD = "FJR126110001", "FJR126110002"


def now() -> datetime:
    return datetime.now(UTC)


def fresh_id() -> str:
    return new_id(now())


def open_cases(connection: sa.Connection, settings: Settings, serials: Sequence[str] = (GOOD,)) -> list[ReturnCase]:
    """A parcel with these units, received by the logistics clerk."""
    units = tuple(ArrivedUnit(serial, "no sound") for serial in serials)
    asked = Arrival(fresh_id(), "SF Express", f"SF{fresh_id()[:13]}", "4S Hangzhou West", units)
    return list(receive(connection, asked, "user:logistics", settings, now()).cases)


def go(connection: sa.Connection, case_id: str, *moves: str, note: str = "as agreed", by: str = "supervisor") -> Moved:
    """Move a case along moves without guard; what the last one made of it."""
    made = [move(connection, Move(fresh_id(), case_id, name, note), Author(by, now())) for name in moves]
    return made[-1]


def file_of(connection: sa.Connection, case_id: str) -> CaseFile:
    found = case_by_id(connection, case_id)
    assert found is not None
    return found


def assert_folds(file: CaseFile) -> None:
    """The case's row says what its events say."""
    events = file.events
    assert machine().fold(event.move for event in events) == file.case.state == events[-1].state
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    assert file.case.version == len(events)
    assert (file.case.closed_at is not None) == machine().states[file.case.state].is_end


def on_record(connection: sa.Connection, serial: str) -> Unit:
    """A unit that something happened to."""
    name: UnitName = name_unit(connection, serial)
    add_event(connection, name, NewEvent(fresh_id(), "noted", now(), "user:x"), "main", now())
    found = unit_by_id(connection, name.unit_id)
    assert found is not None
    return found


def override(connection: sa.Connection, case_id: str, gate: str = "passed") -> str:
    """What shuts the gate is waived: asked for by the engineer, approved by the supervisor."""
    made = fresh_id()
    request_override(connection, made, case_id, gate, "the customer takes it as it is", Author("engineer", now()))
    decide_override(connection, made, True, "", fresh_id(), Author("supervisor", now()))
    return made


def leave_facts(connection: sa.Connection, case_id: str) -> None:
    """A row in each of the tables of cases and of links between units."""
    go(connection, case_id, "ready")
    check_accessories(connection, fresh_id(), case_id, {"remote": True, "manual": False}, Author("logistics", now()))
    override(connection, case_id)
    unit, board, unnamed = (on_record(connection, serial) for serial in (BAD, "FJR126119002", "X-9"))
    install_board(connection, fresh_id(), board.unit_id, unit.unit_id, Author("technician", now()))
    say_alias(connection, unnamed.unit_id, name_unit(connection, BAD), "read wrongly", Author("logistics", now()))


def send(connection: sa.Connection, letter: Letter, at: datetime | None = None) -> tuple[str, ...]:
    """The letter comes on record as it does by the writer, at ``at`` or now; its discrepancies."""
    (receipt,) = take(connection, [submit(letter.kind, letter.id, letter.body, "bench-1")], "main", at or now())
    return receipt.discrepancies


def played(book: LetterBook, golden: str = "run-pass", serial: str = GOOD, **changes: Any) -> Letter:
    """An outgoing test that begins at this moment."""
    at = now()
    times = {"started_at": moment_text(at), "finished_at": moment_text(at + timedelta(milliseconds=1))}
    return book.run(golden, serial, **(times | changes))


def burned(book: LetterBook, serial: str = GOOD, **changes: Any) -> Letter:
    """A burn of the unit that begins at this moment."""
    at = now()
    times = {"started_at": moment_text(at), "finished_at": moment_text(at + timedelta(milliseconds=1))}
    return book.burn(serial=serial, **(times | changes))


def release_golden_plan(connection: sa.Connection) -> None:
    """Let the plan of the golden runs judge."""
    content = LetterBook().run().content
    release_plan(connection, content["product"], content["plan"]["sha256"], Author("engineer", now()))
