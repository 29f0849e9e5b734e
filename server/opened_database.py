"""The database that the environment names, opened for one command of the command line."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa

from server.config import Settings, read_settings
from server.db.engine import Database, database_of
from server.db.schema import require_migrated


@contextmanager
def opened(settings: Settings) -> Iterator[Database]:
    """The migrated database; raises NotMigrated for another schema."""
    database = database_of(settings)
    try:
        require_migrated(database)
        yield database
    finally:
        database.close()


@contextmanager
def writing() -> Iterator[sa.Connection]:
    """One transaction, committed at the end of the block."""
    with opened(read_settings(os.environ)) as database, database.writing() as connection:
        yield connection


@contextmanager
def reading() -> Iterator[sa.Connection]:
    """A connection for queries."""
    with opened(read_settings(os.environ)) as database, database.reading() as connection:
        yield connection
