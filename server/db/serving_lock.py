"""The locks that a serving process holds, so that no migration runs under it and no second server is in its way."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import sqlalchemy as sa

from server.config import Settings
from server.db.engine import database_of
from server.db.on_postgresql import present
from server.errors import AlreadyServing

NAME = "server.lock"


@contextmanager
def serving_lock(settings: Settings, serves: bool = False) -> Iterator[None]:
    """Hold the lock of the data folder and of the database, whatever folder another server was given.

    On SQLite one process holds them. On PostgreSQL any number of those that ``serves`` do so together, and a
    migration or a restoration alone. Raises AlreadyServing. The locks are free when the process ends in any way.
    """
    is_shared = serves and is_on_postgresql(settings)
    with ExitStack() as held:
        for path in lock_files(settings):
            held.enter_context(_locked(path, is_shared))
        if is_on_postgresql(settings):
            database = database_of(settings)
            held.callback(database.close)
            held.enter_context(present(database.engine, is_shared))
        yield


def lock_files(settings: Settings) -> tuple[Path, ...]:
    """The folder's lock, then the database file's where there is one."""
    url = sa.make_url(settings.database_url)
    in_folder = settings.data_dir / NAME
    if is_on_postgresql(settings) or not url.database:
        return (in_folder,)
    database = Path(url.database).resolve()
    return in_folder, database.with_name(f"{database.name}.lock")


def is_on_postgresql(settings: Settings) -> bool:
    return sa.make_url(settings.database_url).get_backend_name() == "postgresql"


@contextmanager
def _locked(path: Path, is_shared: bool) -> Iterator[None]:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+", encoding="ascii") as file:
        try:
            fcntl.flock(file, (fcntl.LOCK_SH if is_shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except OSError:
            raise AlreadyServing(lock_file=str(path), holder=path.read_text(encoding="ascii").strip()) from None
        file.truncate(0)
        file.write(f"{os.getpid()}\n")
        file.flush()
        yield
