"""The runs that were played at this station, newest first, each with what it told."""

from __future__ import annotations

import sqlite3
import zlib
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from station.history.database import reading, writing
from station.history.instruments import note_instruments
from station.model.run_record import RunRecord

KEPT_RUNS = 100_000
"""A bench that tests a unit every three minutes, day and night, fills them in seven months."""
KEPT_WHOLE = 20_000
"""Of so many the steps and values are kept too; of older ones the verdict alone. A run of FJ-R1 takes 1.5 KB."""
WHY_LENGTH = 300


class PastRun(msgspec.Struct, frozen=True):
    """A run that has ended; ``number`` orders this history, ``why`` says in a line what it did not pass for.

    ``is_whole`` where steps, values and curves are still kept.
    """

    number: int
    run_id: str
    slot: str
    serial: str
    product: str
    plan: str
    operator: str
    purpose: str
    attempt: int
    verdict: str
    is_marginal: bool
    why: str
    started_at: datetime
    ended_at: datetime
    is_whole: bool


_FIELDS = PastRun.__struct_fields__
_COLUMNS = ", ".join(_FIELDS).replace("run_id", "id").replace("is_whole", "told IS NOT NULL")


class Wanted(msgspec.Struct, frozen=True):
    """What is searched for; an empty text and None ask for everything.

    ``serial`` is any part of the canonical serial; runs that ended from ``since`` up to before ``until``.
    """

    serial: str = ""
    verdict: str = ""
    product: str = ""
    operator: str = ""
    since: datetime | None = None
    until: datetime | None = None


class PastRuns(msgspec.Struct, frozen=True):
    """The history of ``station_id`` in the file ``path``; every method may be called from any process."""

    path: Path
    station_id: str

    def keep(self, record: RunRecord, told: bytes) -> None:
        """Keep a run that was closed, with the JSON list of its entries; the same run again replaces itself.

        Raises StorageError. The oldest beyond KEPT_RUNS are dropped.
        """
        plan = f"{record.plan.name} · {record.plan.version}"
        row = (
            record.id,
            self.station_id,
            record.slot,
            record.unit.serial,
            record.product,
            plan,
            record.operator,
            record.purpose,
            record.attempt,
            record.verdict,
            any(taken.is_marginal for taken in record.measurements) or bool(record.attempts),
            _why(record),
            _text_of(record.started_at),
            _text_of(record.finished_at),
            zlib.compress(told),
        )
        with writing(self.path) as database:
            database.execute(
                "INSERT OR REPLACE INTO run (id, station_id, slot, serial, product, plan, operator, purpose, attempt,"
                " verdict, is_marginal, why, started_at, ended_at, told)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                row,
            )
            note_instruments(database, self.station_id, record)
            _bound(database)

    def find(self, wanted: Wanted, count: int, before: int | None = None) -> tuple[PastRun, ...]:
        """The newest ``count`` runs that are wanted, of those numbered below ``before``. Raises StorageError."""
        conditions = {
            "station_id = ?": self.station_id,
            "number < ?": before,
            "instr(serial, ?)": wanted.serial,
            "verdict = ?": wanted.verdict,
            "product = ?": wanted.product,
            "operator = ?": wanted.operator,
            "ended_at >= ?": _text_of(wanted.since) if wanted.since else "",
            "ended_at < ?": _text_of(wanted.until) if wanted.until else "",
        }
        asked = {condition: value for condition, value in conditions.items() if value not in ("", None)}
        query = f"SELECT {_COLUMNS} FROM run WHERE {' AND '.join(asked)} ORDER BY number DESC LIMIT ?"  # noqa: S608
        found = self._rows(query, (*asked.values(), count))
        return tuple(msgspec.convert(dict(zip(_FIELDS, row, strict=True)), PastRun, strict=False) for row in found)

    def told(self, run_id: str) -> bytes | None:
        """The JSON list of the entries of a run; None where it is not kept, or not kept whole. Raises StorageError."""
        rows = self._rows("SELECT told FROM run WHERE id = ? AND station_id = ?", (run_id, self.station_id))
        return next((zlib.decompress(told) for (told,) in rows if isinstance(told, bytes)), None)

    def products(self) -> tuple[str, ...]:
        """The products there are runs of, in order."""
        return self._different("product")

    def operators(self) -> tuple[str, ...]:
        """The people there are runs of, in order."""
        return self._different("operator")

    def _different(self, column: str) -> tuple[str, ...]:
        """Its values in order: by the index from each one to the next, however many runs have the same."""
        following = f"SELECT {column} FROM run WHERE station_id = ?1 AND {column} > text ORDER BY {column} LIMIT 1"  # noqa: S608
        query = (
            f"WITH RECURSIVE one (text) AS (SELECT '' UNION ALL SELECT ({following}) FROM one WHERE text IS NOT NULL)"  # noqa: S608
            " SELECT text FROM one WHERE text != ''"
        )
        return tuple(str(row[0]) for row in self._rows(query, (self.station_id,)))

    def _rows(self, query: str, values: Sequence[object]) -> list[Sequence[object]]:
        with reading(self.path) as database:
            return database.execute(query, values).fetchall() if database is not None else []


def _why(record: RunRecord) -> str:
    """What the page shows beside the verdict: the names of what failed, or what stopped the run."""
    failed = [taken.limit.name for taken in record.measurements if taken.outcome == "FAIL"]
    missing = [item.name for item in record.accessories if not item.is_present]
    if record.failure is not None and record.verdict != "FAIL":
        return record.failure.message[:WHY_LENGTH]
    return ", ".join(dict.fromkeys((*failed, *missing)))[:WHY_LENGTH]


def _bound(database: sqlite3.Connection) -> None:
    """Drop what is beyond the bounds; one run came, so that it is little each time."""
    newest = int(database.execute("SELECT max(number) FROM run").fetchone()[0])
    database.execute("DELETE FROM run WHERE number <= ?", (newest - KEPT_RUNS,))
    # the span of one run: numbers grow by one, and a search for what is still whole would read the table
    database.execute(
        "UPDATE run SET told = NULL WHERE number BETWEEN ? AND ?", (newest - KEPT_WHOLE - 1, newest - KEPT_WHOLE)
    )


def _text_of(at: datetime) -> str:
    """UTC with microseconds, so that texts sort as times do."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")
