"""A disk that refuses never keeps an output on and never loses what was kept before."""

from __future__ import annotations

import resource
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Bench
from tests.station.playing.run_process import StationRun, letters

Start = Callable[..., StationRun]
OpenBench = Callable[..., Bench]
GOOD = "FJR126110003"


def _booting(bench: OpenBench, run: Start) -> tuple[Bench, StationRun]:
    box = bench(time_scale=0.25)
    box.control("insert", unit=GOOD)
    played = run(box.bench_file)
    played.until_event("trace", step="boot")
    assert box.truth()["outputs"]["1"]["is_on"]
    return box, played


def _refuse_writes(*processes: int) -> None:
    for process in processes:
        resource.prlimit(process, resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))


def _is_off(box: Bench) -> bool:
    outputs = box.truth()["outputs"]
    return not outputs["1"]["is_on"] and not outputs["2"]["is_on"]


def test_a_disk_that_is_full_in_the_middle_of_a_run_is_named_the_outputs_go_off_and_the_next_run_records_it(
    bench: OpenBench, run: Start, state_dir: Path
) -> None:
    box, played = _booting(bench, run)
    _refuse_writes(played.process.pid, *played.helpers())
    assert played.end() == 3
    assert _is_off(box)
    assert played.of("made_safe")
    journal = next((state_dir / "journals").iterdir())
    assert (played.last["event"], played.last["kind"]) == ("refused", "station")
    assert f"{journal}: File too large" in played.last["message"]
    assert run(box.bench_file).end() == 0
    cut, passed = letters(state_dir)
    assert (cut["id"], cut["verdict"], passed["verdict"]) == (journal.stem, "ABORTED", "PASS")
    assert cut["measurements"]


def test_a_child_that_cannot_write_says_so_on_the_record(bench: OpenBench, run: Start, state_dir: Path) -> None:
    box, played = _booting(bench, run)
    _refuse_writes(played.helpers()[1])
    assert played.end() == 3
    assert _is_off(box)
    (letter,) = letters(state_dir)
    assert letter["verdict"] == "ERROR"
    assert "File too large" in letter["failure"]["message"]


def test_a_disk_that_is_full_from_the_start_begins_no_run_and_says_so(
    bench: OpenBench, run: Start, state_dir: Path
) -> None:
    box = bench()
    (state_dir / "journals").mkdir(parents=True)
    played = run(box.bench_file)
    _refuse_writes(played.process.pid)
    assert played.end() == 3
    assert played.last["event"] == "refused"
    assert "File too large" in played.last["message"] or "disk" in played.last["message"]
    assert letters(state_dir) == []


def test_a_journal_that_was_spoilt_does_not_keep_an_output_on(bench: OpenBench, run: Start, state_dir: Path) -> None:
    box, played = _booting(bench, run)
    journal = next((state_dir / "journals").iterdir())
    with journal.open("ab") as file:
        file.write(b"not an entry\n")
    played.until_event("trace", step="boot")
    played.tell({"command": "abort"})
    assert played.end() == 3
    assert _is_off(box)
    assert str(journal) in played.last["message"] and journal.exists()


@pytest.mark.parametrize("is_committed", [False, True])
def test_a_run_whose_journal_is_left_is_one_letter(
    bench: OpenBench, run: Start, state_dir: Path, is_committed: bool
) -> None:
    """A crash between commit and the journal's removal must not make a second letter, nor another verdict."""
    box = bench()
    box.control("insert", unit=GOOD)
    played = run(box.bench_file)
    journals = state_dir / "journals"
    played.until_event("step_started", step="dark_current")
    (journal,) = journals.iterdir()
    kept = journal.read_bytes()
    assert played.end() == 0
    (first,) = letters(state_dir)
    if is_committed:
        journal.write_bytes(kept)
    assert run(box.bench_file).end() == 0
    assert [letter["verdict"] for letter in letters(state_dir)] == ["PASS", "PASS"]
    assert letters(state_dir)[0] == first
    assert [letter["attempt"] for letter in letters(state_dir)] == [1, 2]
    assert list(journals.iterdir()) == []
