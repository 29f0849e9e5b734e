"""What of a journal is on the disk and when, and that a disk which does not take it is told by who writes next."""

from __future__ import annotations

import os
import resource
import stat
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from station.model.errors import StorageError
from station.runner import journal as module
from station.runner.entries import Entry, StepFinished, StepStarted, decode_entry, encode_entry
from station.runner.journal import (
    SYNC_WITHIN_S,
    Journal,
    ReadJournal,
    Syncing,
    append_behind,
    append_durably,
    forget_unbegun,
    make_folder,
    read_journal,
)
from station.system.spare_thread import SpareThread
from tests.station.runner.bench_pieces import START

PROMISED_S = 0.2
PATIENCE_S = 20.0
ENTRIES: tuple[Entry, ...] = (StepStarted("boot", START, 5.0), StepFinished("boot", START, "PASS", "好"))
EIO = OSError(5, "Input/output error")
UNNAMED = OSError("the disk is gone")


class Disk:
    """The real disk, which notes what is synced; ``fails`` is what a sync of the file then raises."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.synced: list[Path] = []
        self.has_synced = threading.Event()
        self.fails: OSError | None = None
        self.before: Callable[[], None] = lambda: None
        self._fsync = os.fsync

    def fsync(self, descriptor: int) -> None:
        place = Path(f"/proc/self/fd/{descriptor}").readlink()
        self.before()
        if self.fails is not None and place == self.path:
            raise self.fails
        self._fsync(descriptor)
        self.synced.append(place)
        self.has_synced.set()

    def open_files(self) -> list[Path]:
        """Of what this test has made."""
        found = [link.readlink() for link in Path("/proc/self/fd").iterdir() if link.is_symlink()]
        return [place for place in found if place.is_relative_to(self.path.parent)]


@pytest.fixture
def disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Disk]:
    made = Disk(tmp_path / "run.jsonl")
    monkeypatch.setattr(os, "fsync", made.fsync)
    yield made
    made.before = lambda: None


@pytest.fixture
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is synced behind the writer's back."""
    monkeypatch.setattr(module, "SYNC_WITHIN_S", 60.0)


def wait_until(is_so: Callable[[], bool]) -> None:
    pause = threading.Event()
    for _ in range(int(PATIENCE_S / 0.01)):
        if is_so():
            return
        pause.wait(0.01)
    raise AssertionError("it did not come to that")


def test_what_is_durable_is_on_the_disk_when_it_is_written_and_a_new_files_folder_too(
    disk: Disk, unhurried: None
) -> None:
    journal = Journal(disk.path, decode_entry)
    journal.write(ENTRIES[0])
    assert disk.synced == []
    journal.write(ENTRIES[1], is_durable=True)
    assert disk.synced == [disk.path, disk.path.parent]
    journal.write(ENTRIES[1], is_durable=True)
    assert disk.synced == [disk.path, disk.path.parent, disk.path]
    journal.close()


def test_closing_puts_the_rest_on_the_disk_and_leaves_no_file_open(disk: Disk, unhurried: None) -> None:
    journal = Journal(disk.path, decode_entry)
    journal.write(ENTRIES[0])
    journal.close()
    assert disk.synced == [disk.path, disk.path.parent]
    assert disk.open_files() == []
    again = Journal(disk.path, decode_entry)
    again.write(ENTRIES[1])
    again.close()
    assert disk.synced[2:] == [disk.path]
    assert read_journal(disk.path, decode_entry) == ENTRIES


def test_what_is_not_durable_follows_within_what_was_promised(disk: Disk) -> None:
    assert SYNC_WITHIN_S <= PROMISED_S
    journal = Journal(disk.path, decode_entry)
    for entry in ENTRIES:
        disk.has_synced.clear()
        journal.write(entry)
        assert disk.has_synced.wait(PATIENCE_S)
    journal.close()


@pytest.mark.parametrize(("error", "said"), [(EIO, "Input/output error"), (UNNAMED, "the disk is gone")])
def test_a_disk_that_failed_behind_the_writer_is_told_at_the_next_entry_and_at_the_end(
    disk: Disk, error: OSError, said: str
) -> None:
    journal = Journal(disk.path, decode_entry)
    failed = threading.Event()
    disk.fails, disk.before = error, failed.set
    journal.write(ENTRIES[0])
    assert failed.wait(PATIENCE_S)

    def is_told() -> bool:
        try:
            journal.write(ENTRIES[1])
        except StorageError as told:
            assert str(told) == f"{disk.path}: {said}"
            return True
        return False

    wait_until(is_told)
    disk.fails = None
    with pytest.raises(StorageError, match=rf": {said}$"):
        journal.close()
    assert disk.open_files() == []


@pytest.mark.parametrize(("error", "said"), [(EIO, "Input/output error"), (UNNAMED, "the disk is gone")])
def test_a_disk_that_fails_at_the_end_is_told(disk: Disk, unhurried: None, error: OSError, said: str) -> None:
    journal = Journal(disk.path, decode_entry)
    journal.write(ENTRIES[0])
    disk.fails = error
    with pytest.raises(StorageError, match=rf": {said}$"):
        journal.close()
    assert disk.open_files() == []


@pytest.mark.parametrize(("error", "said"), [(EIO, "Input/output error"), (UNNAMED, "the disk is gone")])
def test_an_entry_that_has_to_be_durable_and_is_not_is_told(
    disk: Disk, unhurried: None, error: OSError, said: str
) -> None:
    journal = Journal(disk.path, decode_entry)
    disk.fails = error
    with pytest.raises(StorageError, match=rf": {said}$"):
        journal.write(ENTRIES[0], is_durable=True)
    disk.fails = None
    journal.close()


def test_who_closes_waits_for_a_sync_that_is_under_way_and_keeps_no_process_alive(disk: Disk) -> None:
    journal = Journal(disk.path, decode_entry)
    (syncer,) = [thread for thread in threading.enumerate() if thread.name == "journal syncer"]
    is_syncing = threading.Event()

    def slow() -> None:
        if threading.current_thread() is syncer:
            is_syncing.set()
            threading.Event().wait(0.2)

    disk.before = slow
    journal.write(ENTRIES[0])
    assert is_syncing.wait(PATIENCE_S)
    journal.close()
    assert not syncer.is_alive()
    assert syncer.daemon


def test_nobody_else_may_read_a_journal(disk: Disk) -> None:
    Journal(disk.path, decode_entry).close()
    assert stat.S_IMODE(disk.path.stat().st_mode) == 0o600


@pytest.mark.parametrize(("error", "said"), [(EIO, "Input/output error"), (UNNAMED, "the disk is gone")])
def test_what_is_added_for_a_dead_process_is_on_the_disk_or_told(disk: Disk, error: OSError, said: str) -> None:
    disk.path.write_bytes(b"".join(encode_entry(entry) for entry in ENTRIES[:1]))
    assert append_durably(disk.path, decode_entry, ENTRIES[1:]) == ENTRIES
    assert disk.synced == [disk.path]
    disk.fails = error
    with pytest.raises(StorageError, match=rf": {said}$"):
        append_durably(disk.path, decode_entry, ENTRIES[1:])
    assert disk.open_files() == []


def test_a_journal_that_is_not_there_is_named(disk: Disk) -> None:
    for reading in (
        lambda: read_journal(disk.path, decode_entry),
        lambda: append_durably(disk.path, decode_entry, ENTRIES),
    ):
        with pytest.raises(StorageError, match=r"run\.jsonl: No such file or directory"):
            reading()


def test_the_first_of_several_broken_lines_is_named(disk: Disk) -> None:
    lines = [encode_entry(entry) for entry in ENTRIES]
    disk.path.write_bytes(lines[0] + b"nonsense\nand more\n" + lines[1])
    with pytest.raises(StorageError, match="line 2 is no entry"):
        read_journal(disk.path, decode_entry)


def test_a_new_folder_survives_a_power_cut(disk: Disk) -> None:
    make_folder(disk.path.parent / "state")
    assert disk.synced == [disk.path.parent]
    assert disk.open_files() == []
    make_folder(disk.path.parent / "state")
    assert disk.synced == [disk.path.parent]


def test_an_encoded_entry_is_no_more_durable_than_is_asked(disk: Disk, unhurried: None) -> None:
    journal = Journal(disk.path, decode_entry)
    journal.append(encode_entry(ENTRIES[0]))
    assert disk.synced == []
    journal.append(encode_entry(ENTRIES[1]), is_durable=True)
    assert disk.synced == [disk.path, disk.path.parent]
    journal.close()
    assert read_journal(disk.path, decode_entry) == ENTRIES


def test_closing_for_somebody_else_to_sync_leaves_that_to_him_but_for_a_new_file(disk: Disk, unhurried: None) -> None:
    for synced in ([disk.path, disk.path.parent], []):
        disk.synced.clear()
        journal = Journal(disk.path, decode_entry)
        journal.write(ENTRIES[0])
        journal.close(is_durable=False)
        assert disk.synced == synced
        assert disk.open_files() == []


def test_a_file_is_put_on_the_disk_beside_other_things_and_waited_for(disk: Disk) -> None:
    is_allowed, threads = threading.Event(), list[threading.Thread]()

    def held() -> None:
        threads.append(threading.current_thread())
        assert is_allowed.wait(PATIENCE_S)

    disk.path.write_bytes(b"")
    disk.before = held
    syncing = Syncing.of(disk.path)
    assert disk.synced == []
    threading.Timer(0.1, is_allowed.set).start()
    syncing.wait()
    assert disk.synced == [disk.path]
    assert disk.open_files() == []
    assert threads[0].daemon and threads[0] is not threading.current_thread()


@pytest.mark.parametrize(("error", "said"), [(EIO, "Input/output error"), (UNNAMED, "the disk is gone")])
def test_who_waits_for_the_disk_is_told_that_it_failed(disk: Disk, error: OSError, said: str) -> None:
    disk.path.write_bytes(b"")
    disk.fails = error
    syncing = Syncing.of(disk.path)
    with pytest.raises(StorageError, match=rf": {said}$"):
        syncing.wait()
    assert disk.open_files() == []
    with pytest.raises(StorageError, match=r"none\.jsonl: No such file or directory"):
        Syncing.of(disk.path.parent / "none.jsonl")


def test_what_is_known_of_a_journal_is_not_read_again(disk: Disk) -> None:
    disk.path.write_bytes(encode_entry(ENTRIES[0]) + b"torn")
    known = ReadJournal.of(disk.path, decode_entry)
    whole, syncing = append_behind(disk.path, decode_entry, ENTRIES[1:], known)
    syncing.wait()
    assert whole == ENTRIES == read_journal(disk.path, decode_entry)
    other = ReadJournal((ENTRIES[1],), known.length)
    whole, syncing = append_behind(disk.path, decode_entry, (), other)
    syncing.wait()
    assert whole == (ENTRIES[1],)


def test_an_addition_that_the_disk_does_not_take_leaves_no_file_open(disk: Disk) -> None:
    disk.path.write_bytes(encode_entry(ENTRIES[0]))
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (disk.path.stat().st_size + 8, before[1]))
    try:
        with pytest.raises(StorageError, match="File too large"):
            append_behind(disk.path, decode_entry, ENTRIES)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert disk.open_files() == []


def test_a_journal_that_is_gone_since_it_was_read_is_named(disk: Disk) -> None:
    with pytest.raises(StorageError, match=r"run\.jsonl: No such file or directory"):
        append_behind(disk.path, decode_entry, ENTRIES, ReadJournal((), 0))


def test_a_spare_thread_syncs_for_a_journal_and_for_who_waits_and_is_free_again(disk: Disk) -> None:
    on: list[str] = []
    disk.before = lambda: on.append(threading.current_thread().name)
    with SpareThread("spare") as spare:
        journal = Journal(disk.path, decode_entry, spare)
        journal.write(ENTRIES[0])
        assert disk.has_synced.wait(PATIENCE_S)
        journal.close(is_durable=False)
        Syncing.of(disk.path, spare).wait()
        append_behind(disk.path, decode_entry, ENTRIES[1:], spare=spare)[1].wait()
    assert set(on) == {"spare"}
    assert read_journal(disk.path, decode_entry) == ENTRIES


def test_who_closes_waits_for_a_sync_that_is_under_way_on_a_spare_thread(disk: Disk) -> None:
    is_syncing, is_allowed = threading.Event(), threading.Event()

    def slow() -> None:
        if threading.current_thread().name == "spare" and not is_syncing.is_set():
            is_syncing.set()
            assert is_allowed.wait(PATIENCE_S)

    disk.before = slow
    with SpareThread("spare") as spare:
        journal = Journal(disk.path, decode_entry, spare)
        journal.write(ENTRIES[0])
        assert is_syncing.wait(PATIENCE_S)
        threading.Timer(0.1, is_allowed.set).start()
        journal.close()
        assert is_allowed.is_set()


def test_a_journal_without_an_entry_is_forgotten_only_when_it_is_old(disk: Disk) -> None:
    disk.path.write_bytes(b"")
    forget_unbegun(disk.path, datetime.now(UTC))
    assert disk.path.exists()
    forget_unbegun(disk.path, datetime.now(UTC) + timedelta(minutes=2))
    assert not disk.path.exists()
    forget_unbegun(disk.path, datetime.now(UTC))
