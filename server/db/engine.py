"""Connections: many that read, and one transaction at a time that writes."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry

from server.errors import StorageError

PATIENCE_S = 10.0
POOL_SIZE = 4
"""Threads beyond it wait; PostgreSQL's default of 100 connections is shared by every server process."""

PRAGMAS = ("PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL", "PRAGMA foreign_keys=ON")


class Database:
    """The database of one server process; writers of this process queue here, not in SQLite's busy handler.

    ``patience_s`` is how long another process may hold the database before this one gives up. ``commits`` counts
    this process's own.
    """

    def __init__(self, url: str, patience_s: float = PATIENCE_S) -> None:
        self.url = sa.make_url(url)
        if self.url.get_backend_name() == "sqlite" and self.url.database:
            Path(self.url.database).parent.mkdir(parents=True, exist_ok=True)
        self.engine = sa.create_engine(self.url, pool_size=POOL_SIZE, max_overflow=0, pool_timeout=patience_s)
        if self.engine.dialect.name == "sqlite":
            sa.event.listen(self.engine, "connect", _sqlite_preparation(patience_s))
            sa.event.listen(self.engine, "begin", _begin_sqlite)
        self._writing = threading.Lock()
        self.commits = 0

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """A connection for queries; it sees one state of the database for as long as it is open."""
        with _storage_errors(), self.engine.connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """One transaction that commits at the end of the block and is rolled back by an exception.

        Raises StorageError when the database is locked by another process for too long, or when the disk
        does not take the commit.
        """
        with self._writing, _storage_errors(), self.engine.connect() as connection:
            connection.execution_options(fanji_writes=True)
            with connection.begin():
                yield connection
            self.commits += 1

    def close(self) -> None:
        self.engine.dispose()


@contextmanager
def _storage_errors() -> Iterator[None]:
    try:
        yield
    except (sa.exc.OperationalError, sa.exc.TimeoutError) as error:
        raise StorageError(str(error.__cause__ or error)) from error


def _sqlite_preparation(patience_s: float) -> Callable[[DBAPIConnection, ConnectionPoolEntry], None]:
    def prepare(connection: DBAPIConnection, entry: ConnectionPoolEntry) -> None:
        if not isinstance(connection, sqlite3.Connection):
            return
        connection.isolation_level = None
        for pragma in (f"PRAGMA busy_timeout={int(patience_s * 1000)}", *PRAGMAS):
            connection.execute(pragma)

    return prepare


def _begin_sqlite(connection: sa.Connection) -> None:
    writes = connection.get_execution_options().get("fanji_writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
