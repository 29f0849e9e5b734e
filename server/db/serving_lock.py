"""The files that one serving process holds, so that no migration runs under it and no second server starts."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import sqlalchemy as sa

from server.config import Settings
from server.errors import AlreadyServing

NAME = "server.lock"


@contextmanager
def serving_lock(settings: Settings) -> Iterator[None]:
    """Hold the lock of the data folder and, on SQLite, of the database, whatever folder another server was given.

    Raises AlreadyServing. The kernel frees the locks when the process ends in any way.
    """
    with ExitStack() as held:
        for path in lock_files(settings):
            held.enter_context(_locked(path))
        yield


def lock_files(settings: Settings) -> tuple[Path, ...]:
    """The folder's lock, then the database file's where there is one."""
    url = sa.make_url(settings.database_url)
    in_folder = settings.data_dir / NAME
    if url.get_backend_name() != "sqlite" or not url.database:
        return (in_folder,)
    database = Path(url.database).resolve()
    return in_folder, database.with_name(f"{database.name}.lock")


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+", encoding="ascii") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise AlreadyServing(lock_file=str(path), holder=path.read_text(encoding="ascii").strip()) from None
        file.truncate(0)
        file.write(f"{os.getpid()}\n")
        file.flush()
        yield
