"""One courier at a time: a turn that ends with the process that took it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from station.model.errors import StorageError


@contextmanager
def courier_turn(outbox: Path) -> Iterator[bool]:
    """Take the courier's turn at ``outbox``; gives False where another process has it.

    The lock is that of a small SQLite file beside the outbox: it works on every system, and a killed courier loses it.
    """
    path = outbox.with_name(outbox.name + ".courier")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = sqlite3.connect(path, timeout=0, isolation_level=None)
    except (sqlite3.Error, OSError) as error:
        raise StorageError(str(path), str(error)) from None
    try:
        yield _is_taken(lock, path)
    finally:
        lock.close()


def _is_taken(lock: sqlite3.Connection, path: Path) -> bool:
    try:
        lock.execute("BEGIN EXCLUSIVE")
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode == sqlite3.SQLITE_BUSY:
            return False
        raise StorageError(str(path), str(error)) from None
    return True
