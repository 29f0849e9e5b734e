"""A file that many open for the first time at once is made once, and nobody is turned away."""

from __future__ import annotations

import shutil
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from station.model.errors import StorageError
from station.system import fork, wait_for
from station.system.database import asking, held_open, let_go, reading, transaction

TABLES = "CREATE TABLE IF NOT EXISTS note (text TEXT NOT NULL) STRICT;"
AT_ONCE, FILES = 8, 60


def test_those_who_make_the_file_at_the_same_time_all_write_into_it(tmp_path: Path) -> None:
    refused: list[str] = []

    def write(path: Path, start: threading.Barrier, is_safe: bool) -> None:
        start.wait()
        try:
            with transaction(path, TABLES, 10.0, is_safe) as database:
                database.execute("INSERT INTO note VALUES ('here')")
        except StorageError as error:
            refused.append(str(error))

    for number in range(FILES):
        path, start = tmp_path / f"{number}.sqlite3", threading.Barrier(AT_ONCE)
        threads = [threading.Thread(target=write, args=(path, start, one % 2 == 0)) for one in range(AT_ONCE)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        with reading(path, 1.0) as database:
            assert database is not None
            assert database.execute("SELECT count(*) FROM note").fetchone() == (AT_ONCE,)
    assert refused == []


def test_a_transaction_that_is_broken_off_leaves_nothing(tmp_path: Path) -> None:
    path = tmp_path / "notes.sqlite3"
    with pytest.raises(RuntimeError), transaction(path, TABLES, 1.0) as database:
        database.execute("INSERT INTO note VALUES ('half')")
        raise RuntimeError
    with transaction(path, TABLES, 1.0) as database:
        assert database.execute("SELECT count(*) FROM note").fetchone() == (0,)


def test_what_only_reads_makes_no_file_and_cannot_write(tmp_path: Path) -> None:
    path = tmp_path / "notes.sqlite3"
    with reading(path, 1.0) as database:
        assert database is None
    assert not path.exists()
    with transaction(path, TABLES, 1.0):
        pass
    with pytest.raises(StorageError), reading(path, 1.0) as database:
        assert isinstance(database, sqlite3.Connection)
        database.execute("INSERT INTO note VALUES ('there')")


def test_a_file_that_is_held_open_keeps_its_log_until_the_end(tmp_path: Path) -> None:
    path, log = tmp_path / "notes.sqlite3", tmp_path / "notes.sqlite3-wal"
    with transaction(path, TABLES, 1.0):
        pass
    assert not log.exists()
    with held_open(path, tmp_path / "none.sqlite3"):
        with transaction(path, TABLES, 1.0) as database:
            database.execute("INSERT INTO note VALUES ('kept')")
        assert log.stat().st_size > 0
        with reading(path, 1.0) as database:
            assert database is not None
            assert database.execute("SELECT text FROM note").fetchall() == [("kept",)]
    assert not log.exists()
    with reading(path, 1.0) as database:
        assert database is not None
        assert database.execute("SELECT text FROM note").fetchall() == [("kept",)]


def test_a_file_that_cannot_be_read_is_no_obstacle_to_those_beside_it(tmp_path: Path) -> None:
    broken, path = tmp_path / "broken.sqlite3", tmp_path / "notes.sqlite3"
    broken.write_bytes(b"no database at all, but long enough to be looked at" * 40)
    with transaction(path, TABLES, 1.0):
        pass
    with held_open(broken, path), transaction(path, TABLES, 1.0) as database:
        database.execute("INSERT INTO note VALUES ('kept')")


def test_while_a_file_is_held_open_its_transactions_share_a_connection_in_one_thread_and_process(
    tmp_path: Path,
) -> None:
    path = tmp_path / "notes.sqlite3"
    with transaction(path, TABLES, 1.0) as database:
        database.execute("INSERT INTO note VALUES ('before')")
    with held_open(path, begins_log=True):
        with transaction(path, TABLES, 1.0) as first:
            first.execute("INSERT INTO note VALUES ('kept')")
        with transaction(path, TABLES, 1.0) as second:
            assert second is first
        others: list[sqlite3.Connection] = []

        def write() -> None:
            with transaction(path, TABLES, 1.0) as database:
                database.execute("INSERT INTO note VALUES ('there')")
                others.append(database)

        thread = threading.Thread(target=write)
        thread.start()
        thread.join()
        assert others != [] and others[0] is not first
    with transaction(path, TABLES, 1.0) as after:
        assert after is not first
        assert after.execute("SELECT text FROM note ORDER BY rowid").fetchall() == [("before",), ("kept",), ("there",)]


def test_what_is_broken_off_while_the_file_is_held_open_leaves_nothing_and_does_not_spoil_the_next(
    tmp_path: Path,
) -> None:
    path = tmp_path / "notes.sqlite3"
    with transaction(path, TABLES, 1.0):
        pass
    with held_open(path):
        with pytest.raises(RuntimeError), transaction(path, TABLES, 1.0) as database:
            database.execute("INSERT INTO note VALUES ('half')")
            raise RuntimeError
        with pytest.raises(StorageError, match="no such table"), transaction(path, TABLES, 1.0) as database:
            database.execute("INSERT INTO another VALUES (1)")
        with transaction(path, TABLES, 1.0) as database:
            assert database.execute("SELECT count(*) FROM note").fetchone() == (0,)


def test_a_table_that_a_later_version_has_more_is_made_in_a_file_of_an_earlier_one(tmp_path: Path) -> None:
    path = tmp_path / "notes.sqlite3"
    for tables in (TABLES, f"{TABLES} CREATE TABLE IF NOT EXISTS more (text TEXT) STRICT;", TABLES):
        with transaction(path, tables, 1.0) as database:
            database.execute("INSERT INTO note VALUES ('here')")
    with transaction(path, TABLES, 1.0) as database:
        assert database.execute("SELECT count(*) FROM more").fetchone() == (0,)
        assert database.execute("SELECT count(*) FROM note").fetchone() == (3,)


def replaced(path: Path) -> None:
    shutil.copy(path, path.with_suffix(".copy"))
    path.with_suffix(".copy").replace(path)


def deleted(path: Path) -> None:
    path.unlink()


def without_log(path: Path) -> None:
    path.with_name(f"{path.name}-wal").unlink()


GONE = pytest.mark.parametrize("lose", [replaced, deleted, without_log])


@GONE
def test_a_file_that_is_gone_while_it_is_held_open_is_an_error_before_anything_is_begun(
    tmp_path: Path, lose: Callable[[Path], None]
) -> None:
    path = tmp_path / "notes.sqlite3"
    with transaction(path, TABLES, 1.0):
        pass
    with held_open(path):
        lose(path)
        for use in (transaction, asking):
            with pytest.raises(StorageError, match="replaced or deleted"), use(path, TABLES, 1.0):
                pytest.fail("nobody may use it")
    with transaction(path, TABLES, 1.0) as database:
        database.execute("INSERT INTO note VALUES ('into the file that is there')")


@GONE
def test_what_was_written_into_a_file_that_went_meanwhile_is_never_taken_for_kept(
    tmp_path: Path, lose: Callable[[Path], None]
) -> None:
    path = tmp_path / "notes.sqlite3"
    with transaction(path, TABLES, 1.0):
        pass
    with (
        held_open(path),
        pytest.raises(StorageError, match="replaced or deleted"),
        transaction(path, TABLES, 1.0) as database,
    ):
        database.execute("INSERT INTO note VALUES ('lost')")
        lose(path)


def test_what_is_asked_of_a_file_that_is_held_open_is_what_others_have_committed_meanwhile(tmp_path: Path) -> None:
    path = tmp_path / "notes.sqlite3"
    with asking(path, TABLES, 1.0) as database:
        assert database.execute("SELECT count(*) FROM note").fetchone() == (0,)
    with held_open(path):
        for count in range(3):
            with asking(path, TABLES, 1.0) as database:
                assert database.execute("SELECT count(*) FROM note").fetchone() == (count,)
                assert not database.in_transaction
            other = sqlite3.connect(path, isolation_level=None)
            other.execute("INSERT INTO note VALUES ('there')")
            other.close()
        with asking(path, f"{TABLES} CREATE TABLE IF NOT EXISTS more (text TEXT) STRICT;", 1.0) as database:
            assert database.execute("SELECT count(*) FROM more").fetchone() == (0,)


def test_who_holds_a_file_already_goes_on_holding_it(tmp_path: Path) -> None:
    path = tmp_path / "notes.sqlite3"
    with transaction(path, TABLES, 1.0):
        pass
    with held_open(path):
        with transaction(path, TABLES, 1.0) as first:
            pass
        with held_open(path), transaction(path, TABLES, 1.0) as second:
            assert second is first
        with transaction(path, TABLES, 1.0) as third:
            assert third is first


def test_before_a_process_forks_what_it_holds_open_is_let_go_of(tmp_path: Path) -> None:
    path = tmp_path / "notes.sqlite3"
    with transaction(path, TABLES, 1.0):
        pass

    def write() -> int:
        with transaction(path, TABLES, 10.0) as database:
            database.execute("INSERT INTO note VALUES ('by the other process')")
        return 0

    with held_open(path):
        assert wait_for(fork(write)) == ""
        assert not path.with_name(f"{path.name}-wal").exists(), "nobody has it open any more"
        with transaction(path, TABLES, 1.0) as database:
            assert database.execute("SELECT count(*) FROM note").fetchone() == (1,)
        let_go()
