"""Steps that hang, chatter, crash or bring nothing: never a pass, always safe, always on record."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Bench
from tests.station.playing.run_process import StationRun, letters, start_station

OpenBench = Callable[..., Bench]
Play = Callable[[str], tuple[Bench, StationRun, Any]]


@pytest.fixture
def play(bench: OpenBench, state_dir: Path) -> Iterator[Play]:
    """``play(oddity)``: the bench, the ended process and its letter."""
    runs = []

    def start(oddity: str) -> tuple[Bench, StationRun, Any]:
        box = bench()
        run = start_station(state_dir, [str(box.bench_file), oddity], module="tests.station.playing.odd_run")
        runs.append(run)
        run.end()
        (letter,) = letters(state_dir)
        return box, run, letter

    yield start
    for run in runs:
        run.close()


def test_the_step_passes_when_it_behaves(play: Play) -> None:
    assert play("behaves")[2]["verdict"] == "PASS"


@pytest.mark.parametrize("oddity", ["hangs", "chatters"])
def test_a_step_past_its_deadline_is_killed_and_the_run_is_an_error(play: Play, oddity: str) -> None:
    box, _, letter = play(oddity)
    assert letter["verdict"] == "ERROR"
    assert letter["failure"]["step"] == "odd" and "deadline" in letter["failure"]["message"]
    assert not box.truth()["outputs"]["1"]["is_on"]
    assert all(len(trace["x"]) <= 2000 for trace in letter["traces"])


@pytest.mark.parametrize(
    ("oddity", "words"),
    [
        ("hangs", "step odd took longer than its deadline"),
        ("chatters", "step odd took longer than its deadline"),
        ("is_buggy", "division by zero"),
        ("loses_its_link", "psu: the peer closed the link"),
    ],
)
def test_what_ends_one_step_ends_the_one_beside_it_and_switches_off(play: Play, oddity: str, words: str) -> None:
    started = time.monotonic()
    box, _, letter = play(f"{oddity}+beside")
    assert (letter["verdict"], letter["failure"]["step"]) == ("ERROR", "odd")
    assert words in letter["failure"]["message"]
    assert [step["outcome"] for step in letter["steps"]] == ["ABORTED", "ERROR"]
    assert letter["steps"][0]["message"].startswith("cut off, for in odd: ")
    assert not box.truth()["outputs"]["1"]["is_on"]
    assert all(action["is_proved"] for action in letter["make_safe"])
    assert time.monotonic() - started < 25  # the one beside it would have gone on for 30 s


@pytest.mark.parametrize(("oddity", "is_last_played"), [("loses_its_link", True), ("is_buggy", True), ("hangs", False)])
def test_the_last_step_is_played_after_an_error_though_a_prompt_was_open_but_not_after_a_kill(
    play: Play, oddity: str, is_last_played: bool
) -> None:
    box, run, letter = play(f"{oddity}+asking")
    assert len(run.of("confirm_asked")) == 1
    assert (letter["verdict"], letter["failure"]["step"]) == ("ERROR", "odd")
    ended = ["ABORTED", "ERROR", "PASS" if is_last_played else "SKIPPED"]
    assert [step["outcome"] for step in letter["steps"]] == ended
    assert ("last" in [trace["name"] for trace in letter["traces"]]) is is_last_played
    assert not box.truth()["outputs"]["1"]["is_on"]
    assert all(action["is_proved"] for action in letter["make_safe"])


def test_a_process_that_ends_with_two_steps_under_way_blames_neither_alone(play: Play) -> None:
    letter = play("exits+beside")[2]
    assert (letter["verdict"], letter["failure"]["step"]) == ("ERROR", None)
    assert [step["outcome"] for step in letter["steps"]] == ["ERROR", "ERROR"]


def test_a_stop_by_the_operator_cuts_off_all_that_is_under_way(bench: OpenBench, state_dir: Path) -> None:
    box = bench()
    run = start_station(state_dir, [str(box.bench_file), "hangs_long+beside"], module="tests.station.playing.odd_run")
    run.until(lambda said: len(run.of("step_started")) == 2 and said["event"] == "trace")
    run.process.send_signal(signal.SIGINT)
    run.end()
    run.close()
    (letter,) = letters(state_dir)
    assert (letter["verdict"], letter["failure"]["kind"]) == ("ABORTED", "operator")
    assert [step["outcome"] for step in letter["steps"]] == ["ABORTED", "ABORTED"]
    assert not box.truth()["outputs"]["1"]["is_on"]


def test_a_bug_in_a_step_is_an_error_that_names_it(play: Play) -> None:
    box, _, letter = play("is_buggy")
    assert (letter["verdict"], letter["failure"]["subject"]) == ("ERROR", "ZeroDivisionError")
    assert letter["failure"]["step"] == "odd"
    assert not box.truth()["outputs"]["1"]["is_on"]


def test_a_step_that_ends_its_process_is_an_error(play: Play) -> None:
    assert "exit code 7" in play("exits")[2]["failure"]["message"]


def test_a_required_measurement_that_was_not_taken_is_an_error_not_a_pass(play: Play) -> None:
    letter = play("measures_nothing")[2]
    assert (letter["verdict"], letter["failure"]["message"]) == ("ERROR", "is_done was not measured")
