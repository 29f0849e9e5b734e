"""An SQLite file that several processes of this station use: opened for each use, closed again, safe from a kill."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from zlib import crc32

from station.model.errors import StorageError


@contextmanager
def transaction(
    path: Path, tables: str, wait_s: float, is_safe_from_power_cuts: bool = True
) -> Iterator[sqlite3.Connection]:
    """One BEGIN IMMEDIATE ... COMMIT; makes the file and ``tables`` (statements with semicolons) where there are none.

    Waits ``wait_s`` at most for another process that is writing. What need not be ``is_safe_from_power_cuts`` may lose
    its last transactions by one, never the file. Raises StorageError for every error of SQLite.
    """
    held = _held.get(_place(path))
    with _opened(path, path, wait_s) if held is None else _borrowed(path, held, wait_s) as database:
        if held is None:
            _use_wal(database)
        database.execute(f"PRAGMA synchronous = {'FULL' if is_safe_from_power_cuts else 'NORMAL'}")
        database.execute("BEGIN IMMEDIATE")
        _make(database, tables)
        yield database
        database.execute("COMMIT")


@contextmanager
def reading(path: Path, wait_s: float) -> Iterator[sqlite3.Connection | None]:
    """A connection that only reads, beside whoever writes; None where there is no file yet, or none with tables.

    Raises StorageError.
    """
    if not path.exists():
        yield None
        return
    with _opened(path, f"{path.absolute().as_uri()}?mode=ro", wait_s) as database:
        has_tables = database.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        yield database if has_tables else None


@contextmanager
def held_open(*paths: Path, begins_log: bool = False) -> Iterator[None]:
    """Let the transactions of this thread on these files share a connection, and nobody else be the last to close one.

    Where it ``begins_log`` the first transaction that writes need not sync a log that is new, and its folder.
    Who is the last has to move the log into the file: that is done at the end here. For speed alone: of a file that is
    not there, or cannot be read, nothing is said. Not for a process that forks meanwhile, because SQLite's locks are
    not the new process's.
    """
    with ExitStack() as stack:
        for path in filter(Path.exists, paths):
            with suppress(StorageError, sqlite3.Error):
                database = stack.enter_context(_opened(path, path, 0.0))
                _use_wal(database)
                database.execute("SELECT count(*) FROM sqlite_master")  # only who has read has the log open
                if begins_log:
                    _begin_log(database)
                _held[_place(path)] = database
                stack.callback(_held.pop, _place(path))
        yield


_held: dict[tuple[Path, int, int], sqlite3.Connection] = {}
"""By file, process and thread: a connection is for no other thread, and for no process that was forked."""


def _place(path: Path) -> tuple[Path, int, int]:
    return path, os.getpid(), threading.get_ident()


@contextmanager
def _borrowed(path: Path, database: sqlite3.Connection, wait_s: float) -> Iterator[sqlite3.Connection]:
    try:
        database.execute(f"PRAGMA busy_timeout = {round(wait_s * 1000)}")
        yield database
    except sqlite3.Error as error:
        raise StorageError(str(path), str(error)) from None
    finally:
        if database.in_transaction:
            database.execute("ROLLBACK")


@contextmanager
def _opened(path: Path, name: Path | str, wait_s: float) -> Iterator[sqlite3.Connection]:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        database = sqlite3.connect(name, timeout=wait_s, isolation_level=None, uri=isinstance(name, str))
    except (sqlite3.Error, OSError) as error:
        raise StorageError(str(path), str(error)) from None
    try:
        yield database
    except sqlite3.Error as error:
        raise StorageError(str(path), str(error)) from None
    finally:
        database.close()


def _begin_log(database: sqlite3.Connection) -> None:
    """Write what is there once more."""
    version = database.execute("PRAGMA user_version").fetchone()[0]
    database.execute("PRAGMA synchronous = NORMAL")  # syncs the head of a log that is new, and nothing else
    with suppress(sqlite3.OperationalError):  # somebody else is writing it
        database.execute("BEGIN IMMEDIATE")
        database.execute(f"PRAGMA user_version = {version}")
        database.execute("COMMIT")


def _make(database: sqlite3.Connection, tables: str) -> None:
    """Make the ``tables`` unless the file says, by its user version, that it has had just these made."""
    version = crc32(tables.encode()) & 0x7FFFFFFF
    if database.execute("PRAGMA user_version").fetchone()[0] == version:
        return
    for statement in tables.split(";")[:-1]:
        database.execute(statement)
    database.execute(f"PRAGMA user_version = {version}")


def _use_wal(database: sqlite3.Connection) -> None:
    """Switch to the write-ahead log; SQLite does not wait for another process that is just doing the same.

    Where it is busy the rollback journal serves this time, which is as safe.
    """
    try:
        database.execute("PRAGMA journal_mode = WAL")
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode != sqlite3.SQLITE_BUSY:
            raise
