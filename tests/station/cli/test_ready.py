"""A process that has loaded all a run needs is, once it is ordered, the run that ``run`` would have been."""

from __future__ import annotations

import json
import os
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import psutil
import pytest

from tests.conftest import ROOT, Bench
from tests.station.playing.run_process import Event, StationRun, letters, start_station

OpenBench = Callable[..., Bench]
GOOD = "FJR126110003"
OWN_PRODUCT = "FJ-R1-OWN"


@pytest.fixture
def box(bench: OpenBench) -> Bench:
    """A bench with a product of its own, all of it written before it is read."""
    started = bench()
    started.control("insert", unit=GOOD)
    folder = started.bench_file.parent / "own"
    folder.mkdir()
    for suffix in (".py", ".toml"):
        shutil.copy(ROOT / f"station/sequences/fj_r1{suffix}", folder / f"own{suffix}")
    base = ROOT / "station/sequences/"
    limits = (
        (folder / "own.toml").read_text(encoding="utf-8").replace('product = "FJ-R1"', f'product = "{OWN_PRODUCT}"')
    )
    (folder / "own.toml").write_text(limits.replace('base = "', f'base = "{base}/'), encoding="utf-8")
    text = started.bench_file.read_text(encoding="utf-8")
    started.bench_file.write_text(text.replace("[bench]\n", '[bench]\nsequences_path = ["own"]\n', 1), encoding="utf-8")
    for file in (*folder.iterdir(), started.bench_file):
        os.utime(file, (time.time() - 60, time.time() - 60))
    return started


@pytest.fixture
def ready(box: Bench, tmp_path: Path) -> Iterator[StationRun]:
    with closing(start_station(tmp_path / "state", ["ready", "--bench", str(box.bench_file)])) as started:
        started.until_event("ready")
        yield started


def order(box: Bench, serial: str = GOOD) -> list[str]:
    arguments = [serial, "--bench", str(box.bench_file), "--product", OWN_PRODUCT, "--operator", "W", "--events"]
    return [*arguments, "--tick", "all", "--purpose", "debug"]


def give(ready: StationRun, box: Bench) -> None:
    assert ready.process.stdin is not None
    ready.process.stdin.write(json.dumps(order(box)) + "\n")
    ready.process.stdin.flush()


def played(box: Bench, ready: StationRun) -> StationRun:
    give(ready, box)
    ready.end()
    return ready


def plan_of(run: StationRun) -> str:
    return str(run.of("run_started")[0]["plan"]["sha256"])


def taken_in(letter: Event) -> set[str]:
    return {one["name"] for one in letter["measurements"]}


def is_anew(process: int) -> bool:
    """Whether the process was started with the words of ``run``."""
    return "run" in psutil.Process(process).cmdline()


def test_the_run_that_was_ready_tells_and_keeps_what_any_run_does(
    box: Bench, ready: StationRun, tmp_path: Path
) -> None:
    with closing(start_station(tmp_path / "other", ["run", *order(box)])) as other:
        other.end()
    played(box, ready)
    assert ready.process.returncode == 0
    assert ready.last["verdict"] == "PASS"
    assert sorted(said["event"] for said in ready.events[1:]) == sorted(said["event"] for said in other.events)
    assert plan_of(ready) == plan_of(other)
    sent, sent_otherwise = letters(tmp_path / "state"), letters(tmp_path / "other")
    assert [letter["id"] for letter in sent] == [ready.last["run_id"]]
    assert taken_in(sent[0]) == taken_in(sent_otherwise[0])


def test_it_begins_in_the_process_that_was_ready(box: Bench, ready: StationRun) -> None:
    give(ready, box)
    ready.until_event("step_started")
    assert not is_anew(ready.process.pid)
    assert len(ready.helpers()) == 2
    ready.tell({"command": "abort"})
    assert ready.end() == 4


def test_what_no_slot_of_the_bench_can_play_is_not_in_its_memory_and_is_refused_as_ever(
    box: Bench, ready: StationRun, tmp_path: Path
) -> None:
    for process in (ready.process.pid, *ready.helpers()):  # a navigation unit's pictures are looked at with numpy
        assert not any("numpy" in part.path for part in psutil.Process(process).memory_maps())
    words = [word.replace(OWN_PRODUCT, "FJ-N7") for word in order(box)]
    with closing(start_station(tmp_path / "other", ["run", *words])) as other:
        other.end()
    assert ready.process.stdin is not None
    ready.process.stdin.write(json.dumps(words) + "\n")
    ready.process.stdin.flush()
    assert ready.end() == other.process.returncode == 2
    assert ready.last == other.last
    assert ready.last["event"] == "refused" and "needs the role" in ready.last["message"]


def test_an_abort_that_follows_the_order_at_once_is_not_lost(box: Bench, ready: StationRun) -> None:
    give(ready, box)
    ready.tell({"command": "abort"})
    assert ready.end() in (3, 4)
    assert ready.last["event"] == "refused" or ready.last["verdict"] == "ABORTED"


def test_limits_that_were_changed_meanwhile_are_those_that_are_played(
    box: Bench, ready: StationRun, tmp_path: Path
) -> None:
    limits = box.bench_file.parent / "own/own.toml"
    limits.write_text(limits.read_text(encoding="utf-8") + "\n# changed\n", encoding="utf-8")
    with closing(start_station(tmp_path / "other", ["run", *order(box)])) as other:
        other.end()
    played(box, ready)
    assert plan_of(ready) == plan_of(other)
    assert ready.last["verdict"] == "PASS"


@pytest.mark.parametrize("changed", ["own/own.py", "bench.toml"])
def test_where_a_file_was_changed_the_program_is_started_anew(box: Bench, ready: StationRun, changed: str) -> None:
    file = box.bench_file.parent / changed
    file.write_text(file.read_text(encoding="utf-8") + "\n# changed\n", encoding="utf-8")
    give(ready, box)
    ready.until_event("step_started")
    assert is_anew(ready.process.pid)
    ready.tell({"command": "abort"})
    assert ready.end() == 4


def test_a_product_that_was_added_meanwhile_makes_it_start_anew(box: Bench, ready: StationRun) -> None:
    (box.bench_file.parent / "own/more.toml").write_text("[plan]\n", encoding="utf-8")
    give(ready, box)
    ready.until_event("step_started")
    assert is_anew(ready.process.pid)
    ready.tell({"command": "abort"})
    assert ready.end() == 4


def test_what_was_written_while_it_was_read_is_read_again(box: Bench, tmp_path: Path) -> None:
    os.utime(box.bench_file)  # as if it had been written just before
    later = time.time() + 60
    os.utime(box.bench_file, (later, later))
    with closing(start_station(tmp_path / "state", ["ready", "--bench", str(box.bench_file)])) as started:
        started.until_event("ready")
        give(started, box)
        started.until_event("step_started")
        assert is_anew(started.process.pid)
        started.tell({"command": "abort"})
        assert started.end() == 4


def test_without_an_order_it_ends_with_its_stdin_and_leaves_nothing(ready: StationRun, tmp_path: Path) -> None:
    assert ready.process.stdin is not None
    ready.process.stdin.close()
    assert ready.process.wait(10) == 0
    assert letters(tmp_path / "state") == []
    assert not (tmp_path / "state/locks").exists()


def test_half_an_order_is_none(ready: StationRun, tmp_path: Path) -> None:
    assert ready.process.stdin is not None
    ready.process.stdin.write('["FJR1')
    ready.process.stdin.close()
    assert ready.process.wait(10) == 0
    assert letters(tmp_path / "state") == []


def test_a_signal_ends_it_while_it_waits(ready: StationRun) -> None:
    ready.process.send_signal(signal.SIGTERM)
    assert ready.process.wait(10) == -signal.SIGTERM


def test_a_bench_file_that_is_wrong_is_not_ready(tmp_path: Path) -> None:
    (tmp_path / "bench.toml").write_text("[bench]\n", encoding="utf-8")
    with closing(start_station(tmp_path / "state", ["ready", "--bench", str(tmp_path / "bench.toml")])) as started:
        assert started.end() == 2
        assert started.events == []
        assert "not ready" in started.complaint()
