"""A backup becomes the records of a server that has none."""

from __future__ import annotations

import shutil
from pathlib import Path

import msgspec
import sqlalchemy as sa

from server.config import Settings
from server.db.engine import Database, database_of
from server.db.schema import revision_of
from server.db.serving_lock import serving_lock
from server.errors import BackupError
from server.upkeep.backup import MANIFEST, Manifest, sha256_of, sync
from server.upkeep.postgresql_tools import read_dump


def restore(settings: Settings, folder: Path) -> Manifest:
    """Put the backup in ``folder`` where the settings say; the database comes last, and whole.

    Raises AlreadyServing while a server serves there, and BackupError for a damaged backup, one of the other kind of
    database, or a place that holds records.
    """
    manifest = read_manifest(folder)
    with serving_lock(settings):
        database = database_of(settings)
        try:
            _require_room(database, manifest)
            for path, sha256 in manifest.files.items():
                if path != manifest.database:
                    _copy_whole(folder / path, settings.data_dir / path, sha256)
            source = folder / manifest.database
            if database.is_postgresql:
                read_dump(database.url, source)
            else:
                place = Path(database.url.database or "")
                database.close()
                for left in ("-wal", "-shm"):
                    place.with_name(place.name + left).unlink(missing_ok=True)
                place.unlink(missing_ok=True)
                _copy_whole(source, place, manifest.files[manifest.database])
            if (found := revision_of(database)) != manifest.schema:
                raise BackupError(f"the restored schema is {found}, the backup says {manifest.schema}")
        except OSError as error:
            raise BackupError(f"{error.filename}: {error.strerror}") from None
        finally:
            database.close()
    return manifest


def read_manifest(folder: Path) -> Manifest:
    """What is in the backup, after a look at every file; raises BackupError for the first that is not as it was."""
    try:
        manifest = msgspec.json.decode((folder / MANIFEST).read_bytes(), type=Manifest)
    except OSError as error:
        raise BackupError(f"{folder} is no backup: {MANIFEST}: {error.strerror}") from None
    except msgspec.DecodeError as error:
        raise BackupError(f"{folder / MANIFEST} is damaged: {error}") from None
    for path, sha256 in manifest.files.items():
        if Path(path).is_absolute() or ".." in Path(path).parts:
            raise BackupError(f"{path} lies outside of the backup")
        if not (folder / path).is_file() or sha256_of(folder / path) != sha256:
            raise BackupError(f"{folder / path} is damaged or missing")
    return manifest


def _require_room(database: Database, manifest: Manifest) -> None:
    if manifest.is_of_postgresql != database.is_postgresql:
        kind = "PostgreSQL" if manifest.is_of_postgresql else "SQLite"
        raise BackupError(f"the backup is of {kind}: give such a FANJI_DATABASE_URL")
    with database.reading() as connection:
        if sa.inspect(connection).get_table_names():
            shown = database.url.render_as_string()
            raise BackupError(f"{shown} holds tables: restore into an empty database, or move this one away first")


def _copy_whole(source: Path, target: Path, sha256: str) -> None:
    """The file is in its place whole or not at all; one that is there under its digest stays."""
    if target.is_file() and sha256_of(target) == sha256:
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f".{target.name}.part")
    shutil.copyfile(source, part)
    sync(part)
    part.replace(target)
    sync(target.parent)
