"""The emergency stop: pressed, broken, silent or unwatched, outputs are off within a second and the record says so."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from tests.conftest import Bench
from tests.station.playing.run_process import StationRun, letters

Start = Callable[..., StationRun]
OpenBench = Callable[..., Bench]
GOOD = "FJR126110003"
LINE = """
[estop]
address = "{}"
line = "cts"
"""


def at_modem_line(box: Bench) -> None:
    """The bench file with the contact at CTS instead of the board's input."""
    head, _, _ = box.bench_file.read_text(encoding="utf-8").partition("[estop]")
    box.bench_file.write_text(head + LINE.format(box.address["button"]), encoding="utf-8")


def booting(
    bench: OpenBench, run: Start, prepare: Callable[[Bench], None] = lambda box: None
) -> tuple[Bench, StationRun]:
    """A run in the middle of its unit's boot, with the supply on."""
    box = bench("estop", time_scale=1.0)
    box.control("insert", unit=GOOD)
    prepare(box)
    played = run(box.bench_file)
    played.until_event("trace", step="boot")
    assert box.truth()["outputs"]["1"]["is_on"]
    return box, played


def is_off(box: Bench) -> bool:
    outputs = box.truth()["outputs"]
    return not outputs["1"]["is_on"] and not outputs["2"]["is_on"] and outputs["1"]["volts_v"] < 1.0


@pytest.mark.parametrize("prepare", [lambda box: None, at_modem_line], ids=["board input", "modem line"])
def test_from_the_press_to_outputs_that_are_off_takes_less_than_a_second(
    bench: OpenBench, run: Start, state_dir: Path, prepare: Callable[[Bench], None]
) -> None:
    box, played = booting(bench, run, prepare)
    box.control("estop", pressed=True)
    assert played.end() == 4
    truth = box.truth()
    assert is_off(box)
    assert 0 < truth["outputs"]["1"]["off_at"] - truth["estop"]["changed_at"] < 1.0
    assert 0 < truth["outputs"]["2"]["off_at"] - truth["estop"]["changed_at"] < 1.0
    (letter,) = letters(state_dir)
    assert (letter["verdict"], letter["failure"]["kind"], letter["failure"]["step"]) == ("ABORTED", "estop", "boot")
    assert "release it" in letter["failure"]["message"]
    assert {action["role"] for action in letter["make_safe"]} == {"acc", "supply"}
    assert all(action["is_proved"] for action in letter["make_safe"])


@pytest.mark.parametrize("prepare", [lambda box: None, at_modem_line], ids=["board input", "modem line"])
def test_while_it_is_pressed_no_run_begins_and_once_released_one_does(
    bench: OpenBench, run: Start, state_dir: Path, prepare: Callable[[Bench], None]
) -> None:
    box = bench("estop", time_scale=0.0)
    box.control("insert", unit=GOOD)
    prepare(box)
    box.control("estop", pressed=True)
    before = box.truth()["outputs"]
    refused = run(box.bench_file)
    assert refused.end() == 3
    assert (refused.last["event"], refused.last["kind"]) == ("refused", "estop")
    assert box.truth()["outputs"] == before
    assert letters(state_dir) == []
    box.control("estop", pressed=False)
    assert run(box.bench_file).end() == 0


@pytest.mark.parametrize("fault", ["drop", "close", "garbage"])
def test_a_board_that_does_not_answer_well_stops_the_run_as_an_error_of_its_link(
    bench: OpenBench, run: Start, state_dir: Path, fault: str
) -> None:
    box, played = booting(bench, run)
    struck_at = box.truth()["monotonic"]
    box.control("fault", device="inputs", fault=fault, on=True)
    assert played.end() == 3
    assert is_off(box)
    assert 0 < box.truth()["outputs"]["1"]["off_at"] - struck_at < 1.0
    (letter,) = letters(state_dir)
    assert (letter["verdict"], letter["failure"]["kind"], letter["failure"]["subject"]) == ("ERROR", "link", "estop")


@pytest.mark.parametrize("fault", ["drop", "close"])
def test_a_server_of_the_port_that_falls_silent_or_is_gone_stops_the_run(
    bench: OpenBench, run: Start, state_dir: Path, fault: str
) -> None:
    box, played = booting(bench, run, at_modem_line)
    box.control("fault", device="button", fault=fault, on=True)
    assert played.end() == 3
    assert is_off(box)
    (letter,) = letters(state_dir)
    assert (letter["verdict"], letter["failure"]["kind"], letter["failure"]["subject"]) == ("ERROR", "link", "estop")


def test_one_answer_that_is_lost_is_asked_for_again(bench: OpenBench, run: Start) -> None:
    box = bench("estop", time_scale=0.1)
    box.control("insert", unit=GOOD)
    played = run(box.bench_file)
    played.until_event("run_started")
    box.control("fault", device="inputs", fault="drop", count=1, on=True)
    assert played.end() == 0


def watch_of(played: StationRun) -> int:
    """The process that watches: the last of the supervisor's children."""
    children = psutil.Process(played.process.pid).children()
    return max(children, key=lambda child: (child.create_time(), child.pid)).pid


@pytest.mark.parametrize(("number", "said"), [(signal.SIGKILL, "ended"), (signal.SIGSTOP, "is silent")])
def test_a_run_whose_e_stop_nobody_watches_any_more_is_stopped(
    bench: OpenBench, run: Start, state_dir: Path, number: signal.Signals, said: str
) -> None:
    box, played = booting(bench, run)
    watch = watch_of(played)
    struck_at = box.truth()["monotonic"]
    os.kill(watch, number)
    assert played.end() == 3
    assert is_off(box)
    assert 0 < box.truth()["outputs"]["1"]["off_at"] - struck_at < 1.5
    (letter,) = letters(state_dir)
    assert letter["verdict"] == "ERROR" and said in letter["failure"]["message"]
    assert not psutil.pid_exists(watch)


def test_a_killed_supervisor_leaves_no_watch_behind(bench: OpenBench, run: Start) -> None:
    box, played = booting(bench, run)
    watch = watch_of(played)
    os.kill(played.process.pid, signal.SIGKILL)
    deadline = time.monotonic() + 5
    while (psutil.pid_exists(watch) or not is_off(box)) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert is_off(box) and not psutil.pid_exists(watch)


def test_a_bench_whose_e_stop_cannot_be_read_begins_no_run(bench: OpenBench, run: Start, state_dir: Path) -> None:
    box = bench("estop")
    box.control("fault", device="inputs", fault="close", on=True)
    refused = run(box.bench_file)
    assert refused.end() == 3
    assert (refused.last["event"], refused.last["kind"]) == ("refused", "link")
    assert letters(state_dir) == []
