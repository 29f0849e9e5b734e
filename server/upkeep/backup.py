"""A backup: a folder with the database as it is at one moment, the files under their digests, and what it all is."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

import msgspec

from server.config import Settings
from server.db.engine import database_of
from server.db.schema import require_migrated, revision_of
from server.errors import BackupError
from server.upkeep.postgresql_tools import dump

MANIFEST = "manifest.json"
SQLITE_FILE, POSTGRESQL_FILE = "fanji.sqlite", "fanji.dump"
CONTENT = re.compile("[a-z_-]+/[0-9a-f]{2}/[0-9a-f]{64}")
"""Files of content stores in the data folder; they are never changed."""
AT_ONCE = 1024 * 1024


class Manifest(msgspec.Struct, frozen=True):
    """What a backup holds: its database's file first, each file's sha256 by its path."""

    format: int
    software_version: str
    schema: str
    site: str
    made_at: str
    database: str
    files: dict[str, str]

    @property
    def is_of_postgresql(self) -> bool:
        return self.database == POSTGRESQL_FILE


def back_up(settings: Settings, folder: Path, at: datetime) -> Manifest:
    """Make the backup ``folder``, also while a server serves; it is there whole or not at all. Raises BackupError.

    The database comes first: a file is in its place before a record names it.
    """
    if folder.exists():
        raise BackupError(f"{folder} exists: a backup has a folder of its own")
    made = folder.with_name(f".{folder.name}.part")
    shutil.rmtree(made, ignore_errors=True)
    made.mkdir(parents=True)
    try:
        database = database_of(settings)
        try:
            require_migrated(database)
            schema = revision_of(database)
        finally:
            database.close()
        name = POSTGRESQL_FILE if database.is_postgresql else SQLITE_FILE
        if database.is_postgresql:
            dump(database.url, made / name)
        else:
            _copy_sqlite(Path(database.url.database or ""), made / name)
        files = {name: sha256_of(made / name)}
        for path in content_files(settings.data_dir):
            (made / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(settings.data_dir / path, made / path)
            files[path] = sha256_of(made / path)
        manifest = Manifest(1, version("fanji"), schema, settings.site, at.isoformat(), name, files)
        (made / MANIFEST).write_bytes(msgspec.json.format(msgspec.json.encode(manifest), indent=1))
        sync_tree(made)
        made.rename(folder)
    except OSError as error:
        raise BackupError(f"{error.filename or folder}: {error.strerror}") from None
    finally:
        shutil.rmtree(made, ignore_errors=True)
    return manifest


def content_files(data_dir: Path) -> Iterator[str]:
    """The paths in the data folder of files that are kept under their digests."""
    for path in sorted(data_dir.glob("*/??/*")):
        name = path.relative_to(data_dir).as_posix()
        if CONTENT.fullmatch(name):
            yield name


def sha256_of(file: Path) -> str:
    digest = hashlib.sha256()
    with file.open("rb") as source:
        while chunk := source.read(AT_ONCE):
            digest.update(chunk)
    return digest.hexdigest()


def sync_tree(folder: Path) -> None:
    """Have the disk keep every file and folder."""
    for path in (*folder.rglob("*"), folder):
        sync(path)


def sync(path: Path) -> None:
    """Have the disk keep a file, or a folder's list of files."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _copy_sqlite(source: Path, target: Path) -> None:
    """One state of the database, while others write; a single file without a log beside it."""
    try:
        address = f"{source.resolve().as_uri()}?mode=ro"
        with closing(sqlite3.connect(address, uri=True)) as theirs, closing(sqlite3.connect(target)) as ours:
            theirs.backup(ours)
            ours.execute("PRAGMA journal_mode=DELETE")
    except sqlite3.Error as error:
        raise BackupError(f"{source}: {error}") from None
