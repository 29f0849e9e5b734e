"""Every run that is closed is in the history of its bench, whoever closes it; no run fails for its history."""

from __future__ import annotations

import json
import os
import select
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from station.history.past_runs import PastRun, PastRuns, Wanted
from tests.conftest import WORLDS, Bench, start_bench
from tests.station.playing.run_process import StationRun, letters

Start = Callable[..., StationRun]
GOOD = "FJR126110003"


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    started = start_bench(WORLDS / "demo.world.toml", tmp_path_factory.mktemp("bench") / "bench.toml", 0.0)
    started.control("insert", unit=GOOD)
    yield started
    started.stop()


def history(state_dir: Path, bench_file: Path) -> tuple[PastRuns, tuple[PastRun, ...]]:
    station_id = next(line for line in bench_file.read_text("utf-8").splitlines() if line.startswith("station_id"))
    runs = PastRuns(state_dir / "history.sqlite3", station_id.split('"')[1])
    return runs, runs.find(Wanted(), 10)


def test_a_run_on_the_command_line_is_in_the_history_with_all_it_told(box: Bench, run: Start, state_dir: Path) -> None:
    played = run(box.bench_file)
    assert played.end() == 0, played.complaint()
    runs, (kept,) = history(state_dir, box.bench_file)
    (letter,) = letters(state_dir)
    assert (kept.run_id, kept.serial, kept.verdict, kept.operator) == (letter["id"], GOOD, "PASS", "王芳")
    told: list[dict[str, Any]] = json.loads(runs.told(kept.run_id) or b"[]")
    values = {entry["name"]: entry["value"] for entry in told if entry["event"] == "measured"}
    assert values == {taken["name"]: taken["value"] for taken in letter["measurements"]}
    assert any(entry["event"] == "trace" for entry in told)
    assert told[-1] == played.last


def test_a_run_whose_processes_are_all_killed_is_in_the_history_once_it_was_closed(
    box: Bench, run: Start, state_dir: Path
) -> None:
    played = run(box.bench_file, more=())
    played.until_event("prompted")
    guard, child = played.helpers()
    for process in (guard, child, played.process.pid):
        os.kill(process, signal.SIGKILL)
    played.process.wait()
    assert history(state_dir, box.bench_file)[1] == ()
    assert run(box.bench_file).end() == 0
    assert [kept.verdict for kept in history(state_dir, box.bench_file)[1]] == ["PASS", "ABORTED"]


def test_a_run_of_which_the_guard_alone_is_left_is_in_the_history(box: Bench, run: Start, state_dir: Path) -> None:
    played = run(box.bench_file, more=())
    played.until_event("prompted")
    guard, _ = played.helpers()
    os.kill(played.process.pid, signal.SIGKILL)
    descriptor = os.pidfd_open(guard)
    _wait_for_end(descriptor)
    assert [kept.verdict for kept in history(state_dir, box.bench_file)[1]] == ["ABORTED"]


def test_a_history_that_cannot_be_written_costs_no_record_and_no_verdict(
    box: Bench, run: Start, state_dir: Path
) -> None:
    state_dir.mkdir()
    (state_dir / "history.sqlite3").write_bytes(b"no database" * 1000)
    played = run(box.bench_file)
    assert played.end() == 0
    assert [letter["verdict"] for letter in letters(state_dir)] == ["PASS"]
    assert "will not be in the bench's history" in played.complaint()
    assert list((state_dir / "journals").iterdir()) == []


def _wait_for_end(process: int) -> None:
    poll = select.poll()
    poll.register(process, select.POLLIN)
    assert poll.poll(15_000), "the guard did not end"
    os.close(process)
