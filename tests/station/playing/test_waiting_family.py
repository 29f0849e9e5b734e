"""Whatever is killed while it waits for its order, nothing is left of it, and the next order is played."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psutil
import pytest

from station.system import take_lock
from tests.conftest import Bench
from tests.station.playing.run_process import StationRun, letters, start_station

OpenBench = Callable[..., Bench]
GOOD = "FJR126110003"
QUICK = 0.25


@pytest.fixture
def box(bench: OpenBench) -> Bench:
    started = bench(time_scale=QUICK)
    started.control("insert", unit=GOOD)
    os.utime(started.bench_file, (time.time() - 60, time.time() - 60))  # nothing was written while it was read
    return started


@pytest.fixture
def standing(box: Bench, state_dir: Path) -> Iterator[StationRun]:
    with closing(start_station(state_dir, ["ready", "--bench", str(box.bench_file)])) as started:
        started.until_event("ready")
        yield started


def give(standing: StationRun, box: Bench) -> None:
    order = [GOOD, "--bench", str(box.bench_file), "--product", "FJ-R1", "--operator", "W", "--events"]
    order += ["--tick", "all", "--purpose", "debug"]  # the plan is not released
    assert standing.process.stdin is not None
    standing.process.stdin.write(json.dumps(order) + "\n")
    standing.process.stdin.flush()


def has_ended(process: int) -> bool:
    try:
        return psutil.Process(process).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def until(is_so: Callable[[], bool], seconds: float = 10.0) -> bool:
    deadline = time.monotonic() + seconds
    while not is_so() and time.monotonic() < deadline:
        time.sleep(0.02)
    return is_so()


def is_off(box: Bench) -> bool:
    outputs = box.truth()["outputs"]
    return not outputs["1"]["is_on"] and not outputs["2"]["is_on"]


def open_files(process: int) -> set[str]:
    """What it has open by name; a rehearsal, which may go on for a moment, has files of its own."""
    return {file.path for file in psutil.Process(process).open_files()}


@contextmanager
def whole_family(standing: StationRun) -> Iterator[tuple[int, int]]:
    """Guard and child; none of them is there afterwards."""
    family = standing.helpers()
    yield family
    assert until(lambda: all(has_ended(process) for process in family))


def test_guard_and_child_wait_before_the_order_and_play_it(box: Bench, standing: StationRun, state_dir: Path) -> None:
    with whole_family(standing) as family:
        give(standing, box)
        standing.until_event("step_started")
        assert standing.helpers() == family
        assert standing.end() == 0
    assert [letter["verdict"] for letter in letters(state_dir)] == ["PASS"]


def test_who_waits_holds_no_lock_no_link_and_no_journal(box: Bench, standing: StationRun, state_dir: Path) -> None:
    books = {str(state_dir / f"{name}.sqlite3{log}") for name in ("outbox", "history") for log in ("", "-wal", "-shm")}
    may_hold = {helper: set[str]() for helper in standing.helpers()} | {standing.process.pid: books}
    for process, allowed in may_hold.items():
        assert until(lambda one=process, files=allowed: open_files(one) <= files), open_files(process)
        assert psutil.Process(process).net_connections("inet") == []
    assert not (state_dir / "locks").exists() and not (state_dir / "journals").exists()


@pytest.mark.parametrize("name", ["guard", "child"])
def test_where_one_was_killed_while_it_waited_others_play(
    box: Bench, standing: StationRun, state_dir: Path, name: str
) -> None:
    with whole_family(standing) as family:
        victim = dict(zip(("guard", "child"), family, strict=True))[name]
        os.kill(victim, signal.SIGKILL)
        assert until(lambda: has_ended(victim))
        give(standing, box)
        standing.until_event("step_started")
        assert set(standing.helpers()).isdisjoint(family)
        assert standing.end() == 0
    assert [letter["verdict"] for letter in letters(state_dir)] == ["PASS"]
    assert is_off(box)


def test_where_the_supervisor_is_killed_while_it_waits_nobody_is_left(standing: StationRun, state_dir: Path) -> None:
    with whole_family(standing):
        standing.process.kill()
    assert letters(state_dir) == []
    assert not (state_dir / "locks").exists() and not (state_dir / "journals").exists()


def test_a_signal_while_it_waits_ends_all_of_them(standing: StationRun) -> None:
    with whole_family(standing) as family:
        for process in family:
            os.kill(process, signal.SIGHUP)  # they are deaf to it
        standing.process.send_signal(signal.SIGHUP)
        assert standing.process.wait(10) == -signal.SIGHUP


def test_where_no_order_ever_comes_nobody_is_left(standing: StationRun, state_dir: Path) -> None:
    with whole_family(standing):
        assert standing.process.stdin is not None
        standing.process.stdin.close()
        assert standing.process.wait(10) == 0
    assert letters(state_dir) == []
    assert not (state_dir / "locks").exists() and not (state_dir / "journals").exists()


def test_where_a_file_was_changed_those_who_waited_are_gone_before_others_play(
    box: Bench, standing: StationRun
) -> None:
    with whole_family(standing) as family:
        with box.bench_file.open("a", encoding="utf-8") as file:
            file.write("\n# changed\n")
        give(standing, box)
        standing.until_event("step_started")
        assert all(not psutil.pid_exists(process) for process in family)
        standing.tell({"command": "abort"})
        assert standing.end() == 4


def test_when_it_is_killed_while_it_plays_the_guard_that_waited_makes_safe_and_keeps_the_slot_meanwhile(
    box: Bench, standing: StationRun, state_dir: Path
) -> None:
    with whole_family(standing) as (guard, child):
        give(standing, box)
        standing.until_event("trace", step="boot")
        assert box.truth()["outputs"]["1"]["is_on"]
        killed_at = box.truth()["monotonic"]
        os.kill(guard, signal.SIGSTOP)
        standing.process.kill()
        (lock,) = (state_dir / "locks").iterdir()
        standing.process.wait(10)
        assert take_lock(lock) is None, "guard and child share it"
        os.kill(child, signal.SIGKILL)
        assert until(lambda: has_ended(child))
        assert take_lock(lock) is None, "the guard has its share until the outputs are off"
        os.kill(guard, signal.SIGCONT)
        assert until(lambda: is_off(box))
        assert 0 < box.truth()["outputs"]["1"]["off_at"] - killed_at < 5.0
    (letter,) = letters(state_dir)
    assert letter["verdict"] == "ABORTED"
    assert all(action["is_proved"] for action in letter["make_safe"])
    assert take_lock(lock) is not None


@pytest.mark.parametrize("name", ["guard", "child"])
def test_when_one_that_waited_is_killed_while_it_plays_the_run_ends_as_any_run_does(
    box: Bench, standing: StationRun, state_dir: Path, name: str
) -> None:
    with whole_family(standing) as family:
        give(standing, box)
        standing.until_event("trace", step="boot")
        os.kill(dict(zip(("guard", "child"), family, strict=True))[name], signal.SIGKILL)
        assert standing.end() == {"guard": 4, "child": 3}[name]
    assert [letter["verdict"] for letter in letters(state_dir)] == [{"guard": "ABORTED", "child": "ERROR"}[name]]
    assert is_off(box)
