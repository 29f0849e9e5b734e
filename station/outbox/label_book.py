"""Which runs may have a label, what stands on it, and every time one was printed; on this disk, one SQLite file."""

from __future__ import annotations

import sqlite3
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from pathlib import Path

import msgspec

from station.model.errors import OperatorError
from station.outbox.wire_text import stamp
from station.system.database import transaction

WAIT_S = 10.0
"""How long a process waits for another one that is writing."""
PRINTING_TAKES_AT_MOST = timedelta(seconds=60)
"""After that a print that was begun and has no end is one whose process died: whether it came out nobody knows."""

_TABLES = """
CREATE TABLE IF NOT EXISTS label (run_id TEXT PRIMARY KEY, facts BLOB NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS print (
    run_id TEXT NOT NULL REFERENCES label (run_id),
    number INTEGER NOT NULL,
    begun_at TEXT NOT NULL,
    ended_at TEXT NOT NULL DEFAULT '',
    problem TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (run_id, number)
) STRICT;
"""


class LabelFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What a label may say of a run that passed; ``values`` are the measured ones as text."""

    run_id: str
    serial: str
    product: str
    station_id: str
    operator: str
    finished_at: datetime
    attempt: int
    is_marginal: bool
    values: dict[str, str]


class Print(msgspec.Struct, frozen=True):
    """One time a label was sent to the printer; ``number`` counts from 1, so that 2 and above are reprints.

    ``ended_at`` is empty while it is printed, ``problem`` where it came out.
    """

    number: int
    begun_at: str
    ended_at: str
    problem: str


class LabelBook:
    """Opened for each use and closed again; one transaction per call."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def note(self, facts: LabelFacts) -> None:
        """The run may have a label; noted again it changes nothing."""
        with self._transaction() as database:
            row = (facts.run_id, msgspec.json.encode(facts))
            database.execute("INSERT OR IGNORE INTO label (run_id, facts) VALUES (?, ?)", row)

    def facts_of(self, run_id: str) -> LabelFacts | None:
        """What the label says; None for a run that may have none."""
        with self._transaction() as database:
            row = database.execute("SELECT facts FROM label WHERE run_id = ?", (run_id,)).fetchone()
        return msgspec.json.decode(row[0], type=LabelFacts) if row else None

    def prints_of(self, run_id: str) -> tuple[Print, ...]:
        """Every print of the run's label, the first first."""
        with self._transaction() as database:
            return _prints(database, run_id)

    def begin(self, run_id: str, number: int | None, at: datetime) -> int:
        """Take the next print and give its number; ``number`` is what the caller takes it for, None: whatever it is.

        Raises OperatorError where that one was asked for already, as by a key pressed twice, or while one is printed.
        """
        with self._transaction() as database:
            known = _prints(database, run_id)
            following = len(known) + 1
            if number is not None and number != following:
                raise OperatorError(f"label {number} of this run was asked for already: it is not printed twice")
            oldest = stamp(at - PRINTING_TAKES_AT_MOST)
            if any(not one.ended_at and one.begun_at > oldest for one in known):
                raise OperatorError("this run's label is being printed: wait for it")
            database.execute(
                "INSERT INTO print (run_id, number, begun_at) VALUES (?, ?, ?)", (run_id, following, stamp(at))
            )
        return following

    def end(self, run_id: str, number: int, problem: str, at: datetime) -> None:
        """The print has ended; ``problem`` is empty where the label came out."""
        with self._transaction() as database:
            database.execute(
                "UPDATE print SET ended_at = ?, problem = ? WHERE run_id = ? AND number = ?",
                (stamp(at), problem, run_id, number),
            )

    def _transaction(self) -> AbstractContextManager[sqlite3.Connection]:
        return transaction(self._path, _TABLES, WAIT_S)


def _prints(database: sqlite3.Connection, run_id: str) -> tuple[Print, ...]:
    query = "SELECT number, begun_at, ended_at, problem FROM print WHERE run_id = ? ORDER BY number"
    return tuple(Print(*row) for row in database.execute(query, (run_id,)))
