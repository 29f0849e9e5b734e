"""Whoever watches a run may be slow, stuck or gone: deadlines hold, outputs go off, the run is on record."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import psutil
import pytest

from tests.conftest import Bench
from tests.station.playing.run_process import ROOT, StationRun, letters, start_station

Start = Callable[..., StationRun]
OpenBench = Callable[..., Bench]
GOOD = "FJR126110003"
SMALL_PIPE = 4096


@pytest.fixture
def ended() -> Iterator[ExitStack]:
    """What is put in here is closed at the end of the test."""
    with ExitStack() as stack:
        yield stack


def _until(is_so: Callable[[], bool], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def _is_off(box: Bench) -> bool:
    outputs = box.truth()["outputs"]
    return not outputs["1"]["is_on"] and not outputs["2"]["is_on"]


def _booting(bench: OpenBench, run: Start, **how: object) -> tuple[Bench, StationRun]:
    box = bench(time_scale=1.0)
    box.control("insert", unit=GOOD)
    played = run(box.bench_file, **how)
    played.until_event("trace", step="boot")
    return box, played


def _chattering(bench: OpenBench, state_dir: Path, ended: ExitStack) -> tuple[Bench, StationRun]:
    """A run whose step talks without end, up to its letter; nobody has read a word of it."""
    box = bench()
    run = start_station(state_dir, [str(box.bench_file), "chatters"], module="tests.station.playing.odd_run")
    ended.callback(run.close)
    assert run.process.stdout is not None
    fcntl.fcntl(run.process.stdout, fcntl.F_SETPIPE_SZ, SMALL_PIPE)
    assert _until(lambda: letters(state_dir) != [], 8.0)
    return box, run


def test_a_listener_that_does_not_read_delays_neither_a_deadline_nor_the_record(
    bench: OpenBench, state_dir: Path, ended: ExitStack
) -> None:
    box, run = _chattering(bench, state_dir, ended)
    (letter,) = letters(state_dir)
    assert letter["verdict"] == "ERROR" and "deadline" in letter["failure"]["message"]
    assert _is_off(box)
    assert run.end() == 3
    assert run.last["event"] == "run_finished"


def test_a_signal_ends_the_wait_for_a_listener_that_does_not_read(
    bench: OpenBench, state_dir: Path, ended: ExitStack
) -> None:
    _, run = _chattering(bench, state_dir, ended)
    os.kill(run.process.pid, signal.SIGTERM)
    assert run.process.wait(5) == 3


SIGNAL_BEFORE_THE_WAIT = """
import os, signal, threading
from station.system import StopSignals
from station.playing.telling import Telling

class Stuck:
    def hear(self, event):
        threading.Event().wait()

signals = StopSignals()
with Telling(Stuck(), signals) as told:
    told.hear("anything")
    os.kill(os.getpid(), signal.SIGTERM)
"""


def test_a_signal_that_comes_when_the_run_is_over_ends_the_wait_before_it_begins() -> None:
    assert subprocess.run([sys.executable, "-c", SIGNAL_BEFORE_THE_WAIT], cwd=ROOT, timeout=20).returncode == 0


def test_an_answer_that_was_not_asked_for_does_not_keep_the_run_from_being_stopped(
    bench: OpenBench, run: Start
) -> None:
    box, played = _booting(bench, run, more=())
    for _ in range(3):
        played.tell({"command": "answer", "prompt_id": "none", "present": ["x" * 60_000]})
    played.tell({"command": "abort"})
    assert _until(lambda: _is_off(box), 3.0)
    assert played.end() == 4


def test_a_run_cannot_be_suspended_while_outputs_are_on(bench: OpenBench, run: Start) -> None:
    _, played = _booting(bench, run)
    members = [played.process.pid, *played.helpers()]
    for process in members:
        os.kill(process, signal.SIGTSTP)
    time.sleep(0.1)
    assert [psutil.Process(process).status() for process in members].count(psutil.STATUS_STOPPED) == 0
    played.tell({"command": "abort"})
    assert played.end() == 4


def test_the_quit_key_aborts_makes_safe_and_records(bench: OpenBench, run: Start, state_dir: Path) -> None:
    box, played = _booting(bench, run)
    child = played.helpers()[1]
    for process in (child, played.process.pid):  # the supervisor's end may be the child's before it is told
        os.kill(process, signal.SIGQUIT)
    assert played.end() == 4
    assert _is_off(box)
    assert "SIGQUIT" in letters(state_dir)[0]["failure"]["message"]


class OnTerminal:
    """A run without events whose terminal is ours."""

    def __init__(self, box: Bench, state_dir: Path) -> None:
        self.terminal, self.inside = os.openpty()
        arguments = ["run", GOOD, "--bench", str(box.bench_file), "--product", "FJ-R1", "--operator", "W"]
        self.process = subprocess.Popen(
            [sys.executable, "-c", "import fcntl, sys, termios, station.cli\n" + _TAKE_TERMINAL, *arguments],
            cwd=ROOT,
            env={**os.environ, "FANJI_STATE_DIR": str(state_dir), "TERM": "xterm"},
            stdin=self.inside,
            stdout=self.inside,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )

    def hang_up(self) -> None:
        for descriptor in (self.inside, self.terminal):
            os.close(descriptor)
        self.inside = self.terminal = -1

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        if self.terminal >= 0:
            self.hang_up()
        assert self.process.stderr is not None
        self.process.stderr.close()


_TAKE_TERMINAL = f"fcntl.ioctl(0, {termios.TIOCSCTTY}, 0); sys.argv[0] = 'fanji-station'; station.cli.main()"


def _at_terminal(bench: OpenBench, state_dir: Path, ended: ExitStack) -> tuple[Bench, OnTerminal]:
    box = bench(time_scale=1.0)
    box.control("insert", unit=GOOD)
    shown = OnTerminal(box, state_dir)
    ended.callback(shown.close)
    assert _until(lambda: bool(box.truth()["outputs"]["2"]["is_on"]), 5.0)
    return box, shown


def test_closing_the_terminals_window_aborts_makes_safe_and_records(
    bench: OpenBench, state_dir: Path, ended: ExitStack
) -> None:
    box, shown = _at_terminal(bench, state_dir, ended)
    shown.hang_up()
    assert shown.process.wait(5) == 4
    assert _is_off(box)
    (letter,) = letters(state_dir)
    assert (letter["verdict"], "SIGHUP" in letter["failure"]["message"]) == ("ABORTED", True)


def test_a_run_is_stopped_from_a_terminal_whose_output_stands_still(
    bench: OpenBench, state_dir: Path, ended: ExitStack
) -> None:
    """As after Ctrl-S."""
    box, shown = _at_terminal(bench, state_dir, ended)
    termios.tcflow(shown.inside, termios.TCOOFF)
    time.sleep(0.2)
    os.write(shown.terminal, b"q\n")
    assert _until(lambda: _is_off(box), 3.0)
    assert _until(lambda: letters(state_dir) != [], 3.0)
    assert letters(state_dir)[0]["verdict"] == "ABORTED"
    shown.hang_up()
    shown.process.wait(5)


def test_output_to_a_pipe_that_ends_does_not_end_the_run(bench: OpenBench, state_dir: Path, ended: ExitStack) -> None:
    box = bench()
    box.control("insert", unit=GOOD)
    arguments = ["run", GOOD, "--bench", str(box.bench_file), "--product", "FJ-R1", "--operator", "W", "--tick", "all"]
    run = start_station(state_dir, arguments)
    ended.callback(run.close)
    assert run.process.stdout is not None
    run.process.stdout.close()
    assert run.process.wait(10) == 0
    assert letters(state_dir)[0]["verdict"] == "PASS"
