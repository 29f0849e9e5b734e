"""An SQLite file that several processes of this station use: opened for each use, closed again, safe from a kill."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import NamedTuple
from zlib import crc32

from station.model.errors import StorageError


@contextmanager
def transaction(
    path: Path, tables: str, wait_s: float, is_safe_from_power_cuts: bool = True
) -> Iterator[sqlite3.Connection]:
    """One BEGIN IMMEDIATE ... COMMIT; makes the file and ``tables`` (statements with semicolons) where there are none.

    Waits ``wait_s`` at most for another process that is writing. What need not be ``is_safe_from_power_cuts`` may lose
    its last transactions by one, never the file. Raises StorageError for every error of SQLite, and where a file that
    was held open is no longer the one at ``path``.
    """
    held = _held.get(_place(path))
    with _opened(path, path, wait_s) if held is None else _borrowed(path, held, wait_s) as database:
        synchronous = "FULL" if is_safe_from_power_cuts else "NORMAL"
        if held is None:
            _use_wal(database)
            database.execute(f"PRAGMA synchronous = {synchronous}")
        else:
            held.set("synchronous", synchronous)
        database.execute("BEGIN IMMEDIATE")
        _make(database, tables)
        yield database
        database.execute("COMMIT")


@contextmanager
def asking(path: Path, tables: str, wait_s: float) -> Iterator[sqlite3.Connection]:
    """For one question: the connection that is held open, as it is; a ``transaction`` where there is none."""
    held = _held.get(_place(path))
    if held is None or _version_of(held.database) != _version(tables):
        with transaction(path, tables, wait_s) as database:
            yield database
    else:
        with _borrowed(path, held, wait_s) as database:
            yield database


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
    not there, or cannot be read, nothing is said. One that is replaced or deleted meanwhile is an error for whoever
    uses it next, before anything is written or when all that was written is still elsewhere. A process that forks has
    to ``let_go`` before, because SQLite's locks are not the new process's.
    """
    with ExitStack() as stack:
        for path in filter(Path.exists, paths):
            place = _place(path)
            if place not in _held:
                with suppress(StorageError, sqlite3.Error):
                    _hold(path, begins_log)
                    stack.callback(_close, place)
        yield


def let_go() -> None:
    """Close whatever this thread holds open; its transactions open and close their own from here on."""
    mine = _place(Path())[1:]
    for place in [place for place in _held if place[1:] == mine]:
        _close(place)


class _Held(NamedTuple):
    """A connection that stays open with what was set in it, and which files it has: who they are on the disk."""

    database: sqlite3.Connection
    files: Mapping[Path, tuple[int, int]]
    settings: dict[str, str | int]

    def set(self, name: str, value: str | int) -> None:
        """Set what is not set so already."""
        if self.settings.get(name) != value:
            self.database.execute(f"PRAGMA {name} = {value}")
            self.settings[name] = value

    def is_in_place(self) -> bool:
        return all(_identity(path) == identity for path, identity in self.files.items())


_held: dict[tuple[Path, int, int], _Held] = {}
"""By file, process and thread: a connection is for no other thread, and for no process that was forked."""


def _place(path: Path) -> tuple[Path, int, int]:
    return path, os.getpid(), threading.get_ident()


def _hold(path: Path, begins_log: bool) -> None:
    database = sqlite3.connect(path, timeout=0.0, isolation_level=None)
    try:
        _use_wal(database)
        database.execute("SELECT count(*) FROM sqlite_master")  # only who has read has the log open
        if begins_log:
            _begin_log(database)
        log = path.with_name(f"{path.name}-wal")
        found = {file: identity for file in (path, log) if (identity := _identity(file)) is not None}
    except sqlite3.Error:
        database.close()
        raise
    _held[_place(path)] = _Held(database, found, {})


def _close(place: tuple[Path, int, int]) -> None:
    held = _held.pop(place, None)
    if held is not None:
        held.database.close()


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


@contextmanager
def _borrowed(path: Path, held: _Held, wait_s: float) -> Iterator[sqlite3.Connection]:
    """Looks before, so that nothing is begun, and after, so that nobody takes for kept what nobody will find."""
    database = held.database
    _require_in_place(path, held)
    try:
        held.set("busy_timeout", round(wait_s * 1000))
        yield database
    except sqlite3.Error as error:
        raise StorageError(str(path), str(error)) from None
    finally:
        if database.in_transaction:
            database.execute("ROLLBACK")
    _require_in_place(path, held)


def _require_in_place(path: Path, held: _Held) -> None:
    if not held.is_in_place():
        raise StorageError(
            str(path), "it was replaced or deleted while it was in use: nothing is written into what is gone; try again"
        )


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
    version = _version_of(database)
    database.execute("PRAGMA synchronous = NORMAL")  # syncs the head of a log that is new, and nothing else
    with suppress(sqlite3.OperationalError):  # somebody else is writing it
        database.execute("BEGIN IMMEDIATE")
        database.execute(f"PRAGMA user_version = {version}")
        database.execute("COMMIT")


def _make(database: sqlite3.Connection, tables: str) -> None:
    """Make the ``tables`` unless the file says, by its user version, that it has had just these made."""
    version = _version(tables)
    if _version_of(database) == version:
        return
    for statement in tables.split(";")[:-1]:
        database.execute(statement)
    database.execute(f"PRAGMA user_version = {version}")


@cache
def _version(tables: str) -> int:
    return crc32(tables.encode()) & 0x7FFFFFFF


def _version_of(database: sqlite3.Connection) -> int:
    return int(database.execute("PRAGMA user_version").fetchone()[0])


def _use_wal(database: sqlite3.Connection) -> None:
    """Switch to the write-ahead log; SQLite does not wait for another process that is just doing the same.

    Where it is busy the rollback journal serves this time, which is as safe.
    """
    try:
        database.execute("PRAGMA journal_mode = WAL")
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode != sqlite3.SQLITE_BUSY:
            raise
