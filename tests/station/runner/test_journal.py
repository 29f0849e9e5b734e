"""The journal: what was written is read again, a torn end is not an obstacle, a broken middle is."""

from __future__ import annotations

import resource
from datetime import timedelta
from pathlib import Path

import pytest

from station.model.errors import Failure, StorageError
from station.runner.entries import Entry, MadeSafe, RunStopped, StepFinished, StepStarted, decode_entry, encode_entry
from station.runner.journal import (
    Journal,
    ReadJournal,
    Syncing,
    append_behind,
    append_durably,
    make_folder,
    read_journal,
)
from station.runner.record import record_of
from station.system import Pipe, close_all
from tests.station.runner.bench_pieces import SAFE, START, SteadyAmmeter, amperes, plan_of, played, row, start_of
from tests.station.runner.test_play import first, second

ENTRIES: tuple[Entry, ...] = (StepStarted("boot", START, 5.0), StepFinished("boot", START, "PASS", "好"))


def _written(tmp_path: Path) -> Path:
    path = tmp_path / "run.jsonl"
    journal = Journal(path, decode_entry)
    for entry in ENTRIES:
        journal.write(entry, is_durable=True)
    journal.close()
    return path


def test_what_was_written_is_read_again(tmp_path: Path) -> None:
    assert read_journal(_written(tmp_path), decode_entry) == ENTRIES


def test_every_entry_of_a_run_survives_its_line(tmp_path: Path) -> None:
    journal, _ = played(
        plan_of(tmp_path, [first], row("idle", unit="A", high=0.5)), current=SteadyAmmeter([amperes(0.4)])
    )
    assert [decode_entry(encode_entry(entry).rstrip()) for entry in journal.entries] == journal.entries


@pytest.mark.parametrize("torn", [b'{"event":"step_sta', b"\0\0\0\0", b"\0\0\n\0\0", b"\xff\xfe\n", b"{}\n"])
def test_a_torn_end_is_left_out_and_written_over(tmp_path: Path, torn: bytes) -> None:
    path = _written(tmp_path)
    with path.open("ab") as file:
        file.write(torn)
    assert read_journal(path, decode_entry) == ENTRIES
    journal = Journal(path, decode_entry)
    journal.write(ENTRIES[0])
    journal.close()
    assert read_journal(path, decode_entry) == (*ENTRIES, ENTRIES[0])


@pytest.mark.parametrize("torn", [b"", b'{"event":"step_sta'])
def test_what_is_added_for_a_process_that_is_dead_comes_after_its_last_whole_entry(tmp_path: Path, torn: bytes) -> None:
    path = _written(tmp_path)
    with path.open("ab") as file:
        file.write(torn)
    assert append_durably(path, decode_entry, ENTRIES[:1]) == (*ENTRIES, ENTRIES[0])
    assert append_durably(path, decode_entry, ENTRIES) == (*ENTRIES, ENTRIES[0], *ENTRIES)
    assert read_journal(path, decode_entry) == (*ENTRIES, ENTRIES[0], *ENTRIES)


def test_what_is_put_on_the_disk_beside_other_work_is_all_there_at_once_for_whoever_reads(tmp_path: Path) -> None:
    path = _written(tmp_path)
    known = ReadJournal.of(path, decode_entry)
    assert (known.entries, known.length) == (ENTRIES, path.stat().st_size)
    with path.open("ab") as file:
        file.write(b'{"event":"torn')
    whole, syncing = append_behind(path, decode_entry, ENTRIES[:1], known)
    assert whole == read_journal(path, decode_entry) == (*ENTRIES, ENTRIES[0])
    syncing.wait()
    Syncing.of(path).wait()


def test_a_disk_that_refuses_beside_other_work_is_told_when_it_is_waited_for(tmp_path: Path) -> None:
    pipe = Pipe.new()  # what cannot be synced
    with pytest.raises(StorageError, match="Invalid argument"):
        Syncing(tmp_path / "run.jsonl", pipe.writing).wait()
    with pytest.raises(StorageError, match="No such file"):
        Syncing.of(tmp_path / "none.jsonl")
    close_all(pipe.reading)


def test_a_journal_that_somebody_else_syncs_is_closed_with_all_that_was_written(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "run.jsonl", decode_entry)
    journal.append(encode_entry(ENTRIES[0]))
    journal.close(is_durable=False)
    assert read_journal(tmp_path / "run.jsonl", decode_entry) == ENTRIES[:1]


def test_a_disk_that_takes_no_more_is_told_of_what_is_added_too(tmp_path: Path) -> None:
    path = _written(tmp_path)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size + 8, before[1]))
    try:
        with pytest.raises(StorageError, match="File too large"):
            append_durably(path, decode_entry, ENTRIES)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert read_journal(path, decode_entry) == ENTRIES


def test_a_broken_middle_is_told_with_its_line(tmp_path: Path) -> None:
    path = _written(tmp_path)
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(lines[0] + b"nonsense\n" + lines[1])
    with pytest.raises(StorageError, match="line 2 is no entry"):
        read_journal(path, decode_entry)


def test_a_journal_whose_folder_is_missing_says_which(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match=r"none/run\.jsonl"):
        Journal(tmp_path / "none/run.jsonl", decode_entry)


def test_a_disk_that_takes_no_more_is_told(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "run.jsonl", decode_entry)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (64, before[1]))
    try:
        with pytest.raises(StorageError, match="File too large"):
            journal.write(ENTRIES[1])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        journal.close()


def test_a_run_cut_off_in_a_step_is_aborted_there(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, [first], row("idle", unit="A", high=0.5))
    record = record_of([start_of(plan), StepStarted("first", START, 1.0)], START + timedelta(seconds=9))
    assert record.failure is not None
    assert (record.verdict, record.steps[0].outcome) == ("ERROR", "ABORTED"), "nothing proves that it is safe"


def test_of_several_steps_that_were_cut_off_together_none_is_blamed_alone(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, [first, second], row("idle", unit="A", high=0.5) + row("second", unit="A", high=0.5))
    started = [StepStarted(name, START, 1.0) for name in ("first", "second")]
    safe = MadeSafe(SAFE, START)
    record = record_of([start_of(plan), *started, safe], START + timedelta(seconds=9))
    assert record.failure is not None
    assert (record.verdict, record.failure.step) == ("ABORTED", None)
    assert record.failure.message == "the station stopped in the middle of first, second"
    died = RunStopped("ERROR", Failure("station", "", "exit code 7", None, START))
    record = record_of([start_of(plan), *started, died, safe], START + timedelta(seconds=9))
    assert record.failure is not None and record.failure.step is None
    assert [step.outcome for step in record.steps] == ["ERROR", "ERROR"]


def test_a_journal_without_a_start_is_no_run() -> None:
    with pytest.raises(StorageError, match="does not begin"):
        record_of([ENTRIES[0]], START)


def test_the_folder_is_made_and_one_that_cannot_be_is_named(tmp_path: Path) -> None:
    make_folder(tmp_path / "state/journals")
    make_folder(tmp_path / "state/journals")
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StorageError, match="file/journals: Not a directory"):
        make_folder(tmp_path / "file/journals")
