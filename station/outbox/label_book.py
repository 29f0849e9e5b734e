"""Which runs or ICs may have a label, what stands on it, and every print of it; on this disk, a SQLite file each."""

from __future__ import annotations

import sqlite3
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Generic, TypeVar

import msgspec

from station.config.settings import Settings
from station.model.errors import OperatorError
from station.outbox.label_facts import IcLabelFacts, LabelFacts
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


class Print(msgspec.Struct, frozen=True):
    """One time a label was sent to the printer; ``number`` counts from 1, so that 2 and above are reprints.

    ``ended_at`` is empty while it is printed, ``problem`` where it came out.
    """

    number: int
    begun_at: str
    ended_at: str
    problem: str


Facts = TypeVar("Facts", LabelFacts, IcLabelFacts)


class LabelBook(Generic[Facts]):
    """Of runs, or of ICs; opened for each use and closed again, one transaction per call."""

    def __init__(self, path: Path, kind: type[Facts]) -> None:
        self._path = path
        self._kind: type[Facts] = kind

    @staticmethod
    def of_runs(settings: Settings) -> LabelBook[LabelFacts]:
        """The labels of runs; ``run_id`` is the run's id."""
        return LabelBook(settings.labels, LabelFacts)

    @staticmethod
    def of_ics(settings: Settings) -> LabelBook[IcLabelFacts]:
        """The labels of ICs; ``run_id`` is the burn's id."""
        return LabelBook(settings.ic_labels, IcLabelFacts)

    def note(self, facts: Facts) -> None:
        """It may have a label; noted again it changes nothing."""
        with self._transaction() as database:
            row = (facts.record_id, msgspec.json.encode(facts))
            database.execute("INSERT OR IGNORE INTO label (run_id, facts) VALUES (?, ?)", row)

    def facts_of(self, run_id: str) -> Facts | None:
        """What the label says; None for what may have none."""
        with self._transaction() as database:
            row = database.execute("SELECT facts FROM label WHERE run_id = ?", (run_id,)).fetchone()
        return msgspec.json.decode(row[0], type=self._kind) if row else None

    def prints_of(self, run_id: str) -> tuple[Print, ...]:
        """Every print of that label, the first first."""
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
                raise OperatorError(f"label {number} of this was asked for already: it is not printed twice")
            oldest = stamp(at - PRINTING_TAKES_AT_MOST)
            if any(not one.ended_at and one.begun_at > oldest for one in known):
                raise OperatorError("this label is being printed: wait for it")
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
