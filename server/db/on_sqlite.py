"""SQLite: the embedded database; every commit waits for the disk, and whoever writes says so at its beginning."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry

PRAGMAS = ("PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL", "PRAGMA foreign_keys=ON")


def sqlite_engine(url: sa.URL, pool_size: int, patience_s: float) -> sa.Engine:
    """An engine over the file of ``url``, whose folder is made."""
    if url.database:
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    engine = sa.create_engine(url, pool_size=pool_size, max_overflow=0, pool_timeout=patience_s)

    def prepare(connection: DBAPIConnection, entry: ConnectionPoolEntry) -> None:
        if not isinstance(connection, sqlite3.Connection):
            return
        connection.isolation_level = None
        for pragma in (f"PRAGMA busy_timeout={int(patience_s * 1000)}", *PRAGMAS):
            connection.execute(pragma)

    def begin(connection: sa.Connection) -> None:
        writes = connection.get_execution_options().get("fanji_writes", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    sa.event.listen(engine, "connect", prepare)
    sa.event.listen(engine, "begin", begin)
    return engine
