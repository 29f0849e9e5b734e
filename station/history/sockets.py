"""How the sockets and clips of the programmers wear: every chip that was put in, what came of it, who serviced them."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from station.history.database import reading, writing
from station.model.burn_record import BurnRecord

WINDOW = 10
"""So many of the last insertions since the service say whether a socket still makes contact."""

_SERVICED = "SELECT max(at) FROM socket_service WHERE station_id = ? AND programmer = ? AND socket = ?"
_COUNTS = """
SELECT count(*), count(*) FILTER (WHERE result IN ('PASS', 'FAIL')), count(*) FILTER (WHERE result = 'PASS')
FROM insertion WHERE station_id = ? AND programmer = ? AND socket = ? AND at > ?
"""
_LOST = """
SELECT count(*) FROM (
    SELECT is_lost_contact FROM insertion WHERE station_id = ? AND programmer = ? AND socket = ? AND at > ?
    ORDER BY number DESC LIMIT ?
) WHERE is_lost_contact
"""


class SocketWear(msgspec.Struct, frozen=True):
    """A socket since it was last serviced: ``insertions`` and, of the last WINDOW of them, the ``lost_contacts``.

    ``burned`` chips came to PASS or FAIL since then, ``good`` of them to PASS. ``serviced_at`` is None for a socket
    that never was.
    """

    programmer: str
    socket: str
    insertions: int
    lost_contacts: int
    burned: int
    good: int
    serviced_at: datetime | None

    @property
    def yield_percent(self) -> float | None:
        """How many of the chips that were judged came out good; None before the first."""
        return 100 * self.good / self.burned if self.burned else None


class SocketLog(msgspec.Struct, frozen=True):
    """The insertions and services at ``station_id``, in the history's file; every method from any process."""

    path: Path
    station_id: str

    def keep(self, record: BurnRecord) -> None:
        """Count the chip of ``record`` as one insertion; the same burn again counts once. Raises StorageError."""
        programmer = record.programmer
        row = (self.station_id, programmer.name, programmer.socket, record.id, _text_of(record.finished_at))
        with writing(self.path) as database:
            database.execute(
                "INSERT OR IGNORE INTO insertion (station_id, programmer, socket, burn_id, at, result, is_lost_contact)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                (*row, record.result, has_lost_contact(record)),
            )

    def service(self, programmer: str, socket: str, at: datetime, by: str, what: str) -> None:
        """Begin the counts anew: the socket was cleaned or replaced. Raises StorageError."""
        with writing(self.path) as database:
            database.execute(
                "INSERT INTO socket_service (station_id, programmer, socket, at, by, what) VALUES (?, ?, ?, ?, ?, ?)",
                (self.station_id, programmer, socket, _text_of(at), by, what),
            )

    def wear(self, programmer: str, socket: str) -> SocketWear:
        """How the socket stands; all zero where nothing was ever put in. Raises StorageError."""
        with reading(self.path) as database:
            if database is None or not _has_tables(database):
                return SocketWear(programmer, socket, 0, 0, 0, 0, None)
            return _wear(database, self.station_id, programmer, socket)


def has_lost_contact(record: BurnRecord) -> bool:
    """Whether the chip did not answer as one that sits well does: neither the chip's fault nor the cable's."""
    return record.result == "ERROR" and record.failure is not None and record.failure.kind == "programmer"


def _wear(database: sqlite3.Connection, station_id: str, programmer: str, socket: str) -> SocketWear:
    place = (station_id, programmer, socket)
    serviced = database.execute(_SERVICED, place).fetchone()[0]
    since = serviced or ""
    insertions, burned, good = database.execute(_COUNTS, (*place, since)).fetchone()
    lost = database.execute(_LOST, (*place, since, WINDOW)).fetchone()[0]
    serviced_at = datetime.fromisoformat(serviced) if serviced else None
    return SocketWear(programmer, socket, insertions, lost, burned, good, serviced_at)


def _has_tables(database: sqlite3.Connection) -> bool:
    """A history that an earlier version made has none of them yet."""
    return bool(database.execute("SELECT count(*) FROM sqlite_master WHERE name = 'socket_service'").fetchone()[0])


def _text_of(at: datetime) -> str:
    """UTC with microseconds, so that texts sort as times do."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")
