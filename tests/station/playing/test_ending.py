"""What is prepared of a run's end is what its journal says, and touches no instrument before the child is dead."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from station.bench import SafeWork
from station.config.bench_file import read_bench_file
from station.link.clock import SystemClock
from station.model.errors import StorageError
from station.playing.ending import Ending
from station.runner.entries import Entry, MadeSafe, StepFinished, StepStarted, encode_entry
from station.runner.record import ToldRun, record_of
from station.system.spare_thread import SpareThread
from tests.station.runner.bench_pieces import SAFE, START, plan_of, row, start_of
from tests.station.runner.test_play import first

BENCH = """
[bench]
name = "one supply"
station_id = "bench-1"
slot = "slot-1"

[instruments.psu]
driver = "hmp4040"
address = "tcp://127.0.0.1:{port}"

[roles.supply]
instrument = "psu"
channel = 1

[make_safe]
order = ["supply"]
"""


@pytest.fixture
def disk() -> Iterator[SpareThread]:
    with SpareThread("disk") as started:
        yield started


@pytest.fixture
def entries(tmp_path: Path) -> tuple[Entry, ...]:
    start = start_of(plan_of(tmp_path, [first], row("idle", unit="A", high=0.5)))
    return start, StepStarted("first", START, 1.0), StepFinished("first", START, "PASS", "")


def written(path: Path, *lines: bytes) -> Path:
    path.write_bytes(b"".join(lines))
    return path


def test_a_journal_is_read_and_on_its_way_to_the_disk(
    tmp_path: Path, disk: SpareThread, entries: tuple[Entry, ...]
) -> None:
    whole = b"".join(encode_entry(entry) for entry in entries)
    ending = Ending.of(written(tmp_path / "run.jsonl", whole, b'{"torn'), disk)
    assert ending.may_have_begun and ending.known is not None and ending.syncing is not None
    assert (ending.known.entries, ending.known.length) == (entries, len(whole))
    ending.syncing.wait()


def test_what_was_told_before_the_last_entries_becomes_the_record_of_all_of_them(entries: tuple[Entry, ...]) -> None:
    told = ToldRun(entries)
    told.take(MadeSafe(SAFE, START))
    assert told.closed(START) == record_of([*entries, MadeSafe(SAFE, START)], START)
    assert ToldRun(entries).closed(START).verdict == "ERROR"  # nothing proves that the outputs are off


def test_where_there_is_no_journal_or_none_with_an_entry_nothing_has_begun(tmp_path: Path, disk: SpareThread) -> None:
    for journal in (tmp_path / "none.jsonl", written(tmp_path / "empty.jsonl"), written(tmp_path / "t.jsonl", b"{")):
        ending = Ending.of(journal, disk)
        assert not ending.may_have_begun and ending.told is None
        if ending.syncing is not None:
            ending.syncing.wait()


def test_a_journal_that_cannot_be_read_does_not_say_that_nothing_has_begun(
    tmp_path: Path, disk: SpareThread, entries: tuple[Entry, ...]
) -> None:
    lines = [encode_entry(entry) for entry in entries]
    broken = Ending.of(written(tmp_path / "broken.jsonl", lines[0], b"nonsense\n", lines[1]), disk)
    headless = Ending.of(written(tmp_path / "headless.jsonl", *lines[1:]), disk)
    for ending in (broken, headless):
        assert ending.may_have_begun and ending.told is None
        assert ending.syncing is not None
        ending.syncing.wait()
    (tmp_path / "folder.jsonl").mkdir()
    assert Ending.of(tmp_path / "folder.jsonl", disk).may_have_begun


def test_a_journal_that_the_disk_refused_is_told_by_who_waits(tmp_path: Path, disk: SpareThread) -> None:
    ending = Ending.of(written(tmp_path / "run.jsonl", b""), disk)
    assert ending.syncing is not None
    ending.syncing.wait()
    with pytest.raises(StorageError, match="does not begin"):
        ToldRun(())


def test_make_safe_that_is_laid_out_opens_no_link_before_it_is_done(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as instrument:
        instrument.settimeout(0.3)
        bench_file = tmp_path / "bench.toml"
        bench_file.write_text(BENCH.format(port=instrument.getsockname()[1]), encoding="utf-8")
        work = SafeWork(read_bench_file(bench_file).for_slot(), SystemClock())
        with pytest.raises(TimeoutError):
            instrument.accept()
        (action,) = work.do()
        assert not action.is_proved  # nobody answers there
        instrument.accept()[0].close()
