"""The outbox on disk: one SQLite file in which every record becomes a letter of a chain, safely from any process."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from datetime import datetime
from pathlib import Path

import msgspec

from station.model.burn_record import BurnRecord
from station.model.custody import CustodyRecord
from station.model.errors import StorageError
from station.model.ids import new_id
from station.model.run_record import RunRecord
from station.outbox.answers import Fate
from station.outbox.attachments import Attachments, keep_attachments
from station.outbox.judged_runs import GoldenRun, failed_since_pass, keep_judged, last_golden
from station.outbox.letter import FIRST_PREV_SHA256, LetterRef, Place, sha256_of
from station.outbox.order_claims import settle
from station.outbox.order_events import OrderAccount, account_of, keep_event
from station.outbox.order_sheet import ToldOrder
from station.outbox.outbox_file import outbox_question, outbox_transaction
from station.outbox.wire_text import stamp


class Letter(msgspec.Struct, frozen=True):
    """A letter with its bytes; ``number`` orders this outbox, ``kind`` is its endpoint: runs, burns or custody."""

    number: int
    id: str
    kind: str
    seq: int
    sha256: str
    body: bytes


class SetAside(msgspec.Struct, frozen=True):
    """A letter the server will not take as it is; it is kept here with what the server said."""

    id: str
    kind: str
    seq: int
    receipt: str
    problem: str


Require = Callable[[sqlite3.Connection], None]


class _Entry(msgspec.Struct, frozen=True):
    """What a letter tells; ``require`` may raise, in the letter's own transaction, and nothing is kept."""

    kind: str
    id: str
    subject: str
    record: RunRecord | BurnRecord | CustodyRecord | None = None
    require: Require | None = None


class Spool:
    """Opened for each use and closed again; one transaction per call."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def commit(
        self,
        kind: str,
        record_id: str,
        subject: str,
        station_id: str,
        at: datetime,
        write: Callable[[Place], bytes],
    ) -> LetterRef:
        """Give the record its place in the station's chain and keep the letter; on disk when this returns.

        ``subject`` is what the record is about (a unit's id). A record committed before keeps its first letter.
        """
        return self._commit(_Entry(kind, record_id, subject), station_id, at, write)

    def commit_run(
        self, record: RunRecord, station_id: str, at: datetime, write: Callable[[Place], bytes]
    ) -> LetterRef:
        """Likewise of a run, and keep beside it what the gates before later runs must know."""
        return self._commit(_Entry("runs", record.id, record.unit.id, record), station_id, at, write)

    def commit_burn(
        self, record: BurnRecord, station_id: str, at: datetime, write: Callable[[Place], bytes]
    ) -> LetterRef:
        """Likewise of a burn, and what it is for its order."""
        subject = record.unit.id if record.unit else ""
        return self._commit(_Entry("burns", record.id, subject, record), station_id, at, write)

    def commit_custody(
        self,
        record: CustodyRecord,
        station_id: str,
        at: datetime,
        write: Callable[[Place], bytes],
        require: Require,
    ) -> LetterRef:
        """Likewise of ICs that changed hands for an order, unless ``require`` raises: nobody moves any meanwhile."""
        return self._commit(_Entry("custody", record.id, record.order, record, require), station_id, at, write)

    def rehearse_run(
        self, record: RunRecord, station_id: str, at: datetime, write: Callable[[Place], bytes]
    ) -> LetterRef | None:
        """All of ``commit_run`` but that it is taken back: nobody sees anything of it. For speed alone.

        None where the outbox cannot be written, or somebody else is writing.
        """
        letter = None
        with suppress(StorageError, _TakenBack), self._transaction() as database:
            letter = _kept(database, _Entry("runs", record.id, record.unit.id, record), station_id, at, write)
            raise _TakenBack
        return letter

    def _commit(self, entry: _Entry, station_id: str, at: datetime, write: Callable[[Place], bytes]) -> LetterRef:
        with self._transaction() as database:
            return _kept(database, entry, station_id, at, write)

    def last_golden(self, station_id: str, slot: str, product: str, serial: str) -> GoldenRun | None:
        """The last golden run of this unit in this slot that came to PASS or FAIL."""
        with outbox_question(self._path) as database:
            return last_golden(database, station_id, slot, product, serial)

    def failed_since_pass(self, serial: str, repaired_at: datetime | None) -> int:
        """How many outgoing tests of the unit failed here since its last PASS, or since it was repaired."""
        with outbox_question(self._path) as database:
            return failed_since_pass(database, serial, repaired_at)

    def account_of(self, told: ToldOrder) -> OrderAccount:
        """How the burn order stands, with what the server has not heard yet."""
        with self._transaction() as database:
            return account_of(database, told)

    def waiting(self, beyond: int, count: int) -> tuple[Letter, ...]:
        """The oldest ``count`` letters without a receipt whose number is above ``beyond``."""
        with self._transaction() as database:
            rows = database.execute(
                "SELECT number, id, kind, seq, sha256, body FROM letter"
                " WHERE receipt = '' AND number > ? ORDER BY number LIMIT ?",
                (beyond, count),
            ).fetchall()
        return tuple(Letter(*row) for row in rows)

    def last_waiting(self) -> Letter | None:
        """The letter without a receipt that was committed last."""
        with self._transaction() as database:
            row = database.execute(
                "SELECT number, id, kind, seq, sha256, body FROM letter WHERE receipt = '' ORDER BY number DESC LIMIT 1"
            ).fetchone()
        return Letter(*row) if row else None

    def waiting_count(self) -> int:
        """How many letters have no receipt."""
        with self._transaction() as database:
            return int(database.execute("SELECT count(*) FROM letter WHERE receipt = ''").fetchone()[0])

    def deliver(self, letter_id: str, receipt: str, at: datetime) -> None:
        """The server has the letter: keep its row, drop its body."""
        self._receipted(letter_id, True, receipt, "", at)

    def set_aside(self, letter_id: str, receipt: str, problem: str, at: datetime) -> None:
        """The server does not take the letter so: keep row and body, and what it said."""
        self._receipted(letter_id, False, receipt, problem, at)

    def all_set_aside(self) -> tuple[SetAside, ...]:
        """Every letter that was set aside, oldest first."""
        with self._transaction() as database:
            rows = database.execute(
                "SELECT id, kind, seq, receipt, problem FROM letter"
                " WHERE receipt != '' AND body IS NOT NULL ORDER BY number"
            ).fetchall()
        return tuple(SetAside(*row) for row in rows)

    def last_fates(self, count: int) -> dict[str, Fate]:
        """What became of the ``count`` letters that were committed last, by their id; KEPT where a letter waits."""
        with self._transaction() as database:
            rows = database.execute(
                "SELECT id, receipt, body IS NULL FROM letter ORDER BY number DESC LIMIT ?", (count,)
            ).fetchall()
        return {
            letter_id: Fate.DELIVERED if is_gone else Fate.SET_ASIDE if receipt else Fate.KEPT
            for letter_id, receipt, is_gone in rows
        }

    def count_of(self, kind: str, subject: str) -> int:
        """How many letters of ``kind`` this outbox ever took about ``subject``; raises where it could take no other."""
        with self._transaction() as database:
            query = "SELECT count(*) FROM letter WHERE kind = ? AND subject = ?"
            return int(database.execute(query, (kind, subject)).fetchone()[0])

    def attachments(self, folder: Path) -> Attachments:
        """The photos that runs refer to, whose files are in ``folder``."""
        return Attachments(self._transaction, folder)

    def _receipted(self, letter_id: str, is_delivered: bool, receipt: str, problem: str, at: datetime) -> None:
        with self._transaction() as database:
            database.execute(
                "UPDATE letter SET body = CASE WHEN ? THEN NULL ELSE body END, receipt = ?, problem = ?, receipt_at = ?"
                " WHERE id = ?",
                (is_delivered, receipt, problem, stamp(at), letter_id),
            )

    def _transaction(self) -> AbstractContextManager[sqlite3.Connection]:
        return outbox_transaction(self._path)


class _TakenBack(Exception):
    """Ends a transaction of which nothing is to be kept."""


def _kept(
    database: sqlite3.Connection, entry: _Entry, station_id: str, at: datetime, write: Callable[[Place], bytes]
) -> LetterRef:
    record = entry.record
    known = database.execute("SELECT id, seq, sha256 FROM letter WHERE id = ?", (entry.id,)).fetchone()
    if known is not None:
        return LetterRef(*known)
    if entry.require is not None:
        entry.require(database)
    place = _next_place(database, station_id, at)
    body = write(place)
    letter = LetterRef(entry.id, place.seq, sha256_of(body))
    database.execute(
        "INSERT INTO letter (chain_id, seq, id, kind, subject, sha256, body, committed_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (place.chain_id, place.seq, entry.id, entry.kind, entry.subject, letter.sha256, body, stamp(at)),
    )
    if isinstance(record, RunRecord):
        keep_judged(database, record, station_id)
        keep_attachments(database, record)
    elif record is not None:
        keep_event(database, record)
    if isinstance(record, BurnRecord):
        settle(database, record)
    return letter


def _next_place(database: sqlite3.Connection, station_id: str, at: datetime) -> Place:
    row = database.execute("SELECT chain_id FROM chain WHERE station_id = ?", (station_id,)).fetchone()
    if row is None:
        chain_id = new_id(at)
        database.execute("INSERT INTO chain (station_id, chain_id) VALUES (?, ?)", (station_id, chain_id))
    else:
        chain_id = str(row[0])
    last = database.execute(
        "SELECT seq, sha256 FROM letter WHERE chain_id = ? ORDER BY seq DESC LIMIT 1", (chain_id,)
    ).fetchone()
    seq, prev_sha256 = (int(last[0]) + 1, str(last[1])) if last else (1, FIRST_PREV_SHA256)
    return Place(station_id, chain_id, seq, prev_sha256, at)
