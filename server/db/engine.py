"""Connections: many that read, and one transaction at a time that writes."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa

from server.config import Settings
from server.db.on_postgresql import postgresql_engine, storage_errors
from server.db.on_sqlite import sqlite_engine
from server.db.refused import take_kept
from server.errors import RequestError

PATIENCE_S = 10.0
POOL_SIZE = 4
"""Threads beyond it wait; PostgreSQL's default of 100 connections is shared by every server process."""


class Database:
    """The database of one server process; writers of this process queue here, not in the database.

    ``patience_s`` is how long another process may hold the database before this one gives up; ``prepares`` is false
    where a pooler stands between (PostgreSQL alone). ``commits`` counts this process's own.
    """

    def __init__(self, url: str, patience_s: float = PATIENCE_S, prepares: bool = True) -> None:
        self.url = sa.make_url(url)
        self.is_postgresql = self.url.get_backend_name() == "postgresql"
        if self.is_postgresql:
            self.engine = postgresql_engine(self.url, POOL_SIZE, patience_s, prepares)
        else:
            self.engine = sqlite_engine(self.url, POOL_SIZE, patience_s)
        self._reading = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        self._writing = threading.Lock()
        self.commits = 0

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """A connection for queries; it sees one state of the database for as long as it is open."""
        with storage_errors(), self.engine.connect() as connection:
            if self.is_postgresql:
                connection.execution_options(**self._reading)
            yield connection

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """One transaction that commits at the end of the block and is rolled back by an exception.

        No other process writes meanwhile, so that what it reads stays true until it commits.
        Raises StorageError when the database is locked by another process for too long, when it is away, or when
        the disk does not take the commit.
        """
        with self._writing, storage_errors(), self.engine.connect() as connection:
            connection.execution_options(fanji_writes=True)
            take_kept(connection)
            try:
                with connection.begin():
                    yield connection
            except RequestError:
                self._keep_refused(connection)
                raise
            self.commits += 1

    def close(self) -> None:
        self.engine.dispose()

    def _keep_refused(self, connection: sa.Connection) -> None:
        if kept := take_kept(connection):
            with connection.begin():
                for write in kept:
                    write(connection)
            self.commits += 1


def database_of(settings: Settings) -> Database:
    """The database that the settings name; nothing is opened before it is used."""
    return Database(settings.database_url, prepares=settings.prepares_statements)
