"""The history's SQLite file: opened for each use, in one transaction, for any process of this station."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from station.model.errors import StorageError

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
CREATE TABLE IF NOT EXISTS instrument (
    station_id TEXT NOT NULL,
    name TEXT NOT NULL,
    seen_at TEXT NOT NULL,
    found TEXT NOT NULL,
    problem TEXT NOT NULL,
    PRIMARY KEY (station_id, name)
) STRICT, WITHOUT ROWID;
"""


@contextmanager
def writing(path: Path) -> Iterator[sqlite3.Connection]:
    """One transaction that may write; makes file and tables where there are none. Raises StorageError.

    A power cut may lose the last runs of the history, never the file: the record of a run is its letter.
    """
    with _opened(path, path) as database:
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = NORMAL")
        database.execute("BEGIN IMMEDIATE")
        for statement in _TABLES.split(";")[:-1]:
            database.execute(statement)
        yield database
        database.execute("COMMIT")


@contextmanager
def reading(path: Path) -> Iterator[sqlite3.Connection | None]:
    """A connection that only reads, beside whoever writes; None where no history was ever kept. Raises StorageError."""
    if not path.exists():
        yield None
        return
    with _opened(path, f"{path.absolute().as_uri()}?mode=ro") as database:
        has_tables = database.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        yield database if has_tables else None


@contextmanager
def _opened(path: Path, name: Path | str) -> Iterator[sqlite3.Connection]:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        database = sqlite3.connect(name, timeout=WAIT_S, isolation_level=None, uri=isinstance(name, str))
    except (sqlite3.Error, OSError) as error:
        raise StorageError(str(path), str(error)) from None
    try:
        yield database
    except sqlite3.Error as error:
        raise StorageError(str(path), str(error)) from None
    finally:
        database.close()
