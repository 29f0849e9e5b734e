"""The history's SQLite file and its tables."""

from __future__ import annotations

import sqlite3
from contextlib import AbstractContextManager
from pathlib import Path

from station.system import database

WAIT_S = 2.0
"""How long a process waits for another one that is writing; a run's end must not hang on its history."""

_TABLES = """
CREATE TABLE IF NOT EXISTS run (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    station_id TEXT NOT NULL,
    slot TEXT NOT NULL,
    serial TEXT NOT NULL,
    product TEXT NOT NULL,
    plan TEXT NOT NULL,
    operator TEXT NOT NULL,
    purpose TEXT NOT NULL,
    attempt INTEGER NOT NULL,
    verdict TEXT NOT NULL,
    is_marginal INTEGER NOT NULL,
    why TEXT NOT NULL,
    started_at TEXT NOT NULL,
    ended_at TEXT NOT NULL,
    told BLOB
) STRICT;
CREATE INDEX IF NOT EXISTS run_serial ON run (serial);
CREATE INDEX IF NOT EXISTS run_product ON run (product, station_id);
CREATE INDEX IF NOT EXISTS run_operator ON run (operator, station_id);
CREATE TABLE IF NOT EXISTS instrument (
    station_id TEXT NOT NULL,
    name TEXT NOT NULL,
    seen_at TEXT NOT NULL,
    found TEXT NOT NULL,
    problem TEXT NOT NULL,
    PRIMARY KEY (station_id, name)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS insertion (
    number INTEGER PRIMARY KEY,
    station_id TEXT NOT NULL,
    programmer TEXT NOT NULL,
    socket TEXT NOT NULL,
    burn_id TEXT NOT NULL UNIQUE,
    at TEXT NOT NULL,
    result TEXT NOT NULL,
    is_lost_contact INTEGER NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS insertion_socket ON insertion (station_id, programmer, socket, at);
CREATE TABLE IF NOT EXISTS socket_service (
    number INTEGER PRIMARY KEY,
    station_id TEXT NOT NULL,
    programmer TEXT NOT NULL,
    socket TEXT NOT NULL,
    at TEXT NOT NULL,
    by TEXT NOT NULL,
    what TEXT NOT NULL
) STRICT;
"""


def writing(path: Path) -> AbstractContextManager[sqlite3.Connection]:
    """One transaction that may write; makes file and tables where there are none. Raises StorageError.

    A power cut may lose the last runs of the history, never the file: the record of a run is its letter.
    """
    return database.transaction(path, _TABLES, WAIT_S, is_safe_from_power_cuts=False)


def reading(path: Path) -> AbstractContextManager[sqlite3.Connection | None]:
    """A connection that only reads, beside whoever writes; None where no history was ever kept. Raises StorageError."""
    return database.reading(path, WAIT_S)
