"""What was backed up while a server served is all there after its restoration, and nothing else is overwritten."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from server.admin.author import Author
from server.config import Settings, read_settings
from server.db.engine import Database
from server.db.schema import require_migrated
from server.errors import AlreadyServing, BackupError
from server.images.flows import Upload, take_image
from server.images.store import store_of
from server.ingest.queries import body_of, letters
from server.upkeep.backup import back_up
from server.upkeep.restore import restore
from server.upkeep.verify import broken_records
from tests import databases
from tests.databases import database_url, remove_guards, remove_site
from tests.server.conftest import RunningServer
from tests.server.letter_book import LetterBook
from tests.server_process import environment_of

pytestmark = pytest.mark.both_databases

NOW = datetime(2026, 11, 20, tzinfo=UTC)
CONTENT = b"a program"


@pytest.fixture
def new(tmp_path: Path) -> Iterator[Settings]:
    """An empty database and data folder."""
    folder = tmp_path / "new"
    yield read_settings(environment_of(folder))
    remove_site(folder)


@pytest.fixture
def busy(server: RunningServer, book: LetterBook) -> RunningServer:
    """A server with letters, one of them set aside, and a file."""
    for letter in (book.run(), book.run("run-fail"), book.burn()):
        assert server.put(letter).status_code == 201
    assert server.put(book.run(verdict="MAYBE")).status_code == 422
    store = store_of(server.site.folder)
    take_image(server.database, store, Upload("a.bin", "1", "", ""), io.BytesIO(CONTENT), Author("engineer", NOW))
    return server


def test_a_backup_of_a_serving_server_is_restored_whole(busy: RunningServer, tmp_path: Path, new: Settings) -> None:
    folder = tmp_path / "backup"
    made = back_up(busy.site.settings, folder, NOW)
    assert len(made.files) == 2
    assert restore(new, folder) == made
    database = Database(new.database_url)
    require_migrated(database)
    with busy.database.reading() as before, database.reading() as after:
        kept = letters(before)
        assert letters(after) == kept and len(kept) == 4
        assert [body_of(after, row.id, row.sha256) for row in kept] == [
            body_of(before, row.id, row.sha256) for row in kept
        ]
        assert list(broken_records(after, new.data_dir)) == []
    (file,) = (new.data_dir / path for path in made.files if path != made.database)
    assert file.read_bytes() == CONTENT
    with database.writing() as connection, pytest.raises(sa.exc.IntegrityError, match="holds facts"):
        connection.execute(sa.text("DELETE FROM letter"))
    database.close()


def test_nothing_is_restored_under_a_server_nor_over_records(
    busy: RunningServer, tmp_path: Path, new: Settings
) -> None:
    folder = tmp_path / "backup"
    back_up(busy.site.settings, folder, NOW)
    with pytest.raises(AlreadyServing):
        restore(busy.site.settings, folder)
    restore(new, folder)
    with pytest.raises(BackupError, match="holds tables"):
        restore(new, folder)
    with pytest.raises(BackupError, match="has a folder of its own"):
        back_up(busy.site.settings, folder, NOW)


def test_a_damaged_backup_is_named_before_anything_is_touched(
    busy: RunningServer, tmp_path: Path, new: Settings
) -> None:
    folder = tmp_path / "backup"
    made = back_up(busy.site.settings, folder, NOW)
    damaged = folder / made.database
    damaged.write_bytes(damaged.read_bytes()[:-1])
    with pytest.raises(BackupError, match="damaged or missing"):
        restore(new, folder)
    (folder / "manifest.json").write_text("{}", encoding="utf-8")
    with pytest.raises(BackupError, match="damaged"):
        restore(new, folder)
    with pytest.raises(BackupError, match="is no backup"):
        restore(new, tmp_path)
    assert list(new.data_dir.glob("*/??/*")) == []


@pytest.mark.referee("postgresql")
def test_a_backup_of_the_other_kind_of_database_is_refused(busy: RunningServer, tmp_path: Path, backend: str) -> None:
    folder = tmp_path / "backup"
    back_up(busy.site.settings, folder, NOW)
    databases.use(databases.SQLITE if busy.database.is_postgresql else databases.POSTGRESQL)
    other = database_url(tmp_path / "other")
    databases.use(backend)
    with pytest.raises(BackupError, match=r"the backup is of (PostgreSQL|SQLite)"):
        restore(replace(busy.site.settings, database_url=other, data_dir=tmp_path / "other"), folder)
    remove_site(tmp_path / "other")


def test_what_was_changed_behind_the_servers_back_is_found(busy: RunningServer) -> None:
    with busy.database.reading() as connection:
        assert list(broken_records(connection, busy.site.folder)) == []
    with busy.database.writing() as connection:
        for table in ("letter", "unit_event"):
            remove_guards(connection, table)
        connection.execute(sa.text("UPDATE unit_event SET actor = 'somebody' WHERE seq = 2"))
        connection.execute(sa.text("UPDATE letter SET body = '' WHERE kind = 'burn'"))
    (image,) = busy.site.folder.glob("images/??/*")
    image.chmod(0o644)
    image.write_bytes(b"another")
    with busy.database.reading() as connection:
        found = list(broken_records(connection, busy.site.folder))
    assert [line.split()[0] for line in found] == ["letter", "unit", "file"]
    assert "breaks at 2" in found[1]
