"""Time that is recorded and played again: nothing waits, silence is silent, late is late, and departures are noted."""

from __future__ import annotations

import json
import re
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from station.config.address import ReplayAddress
from station.link.clock import SystemClock
from station.link.jumping_clock import JumpingClock
from station.link.link import Challenge, Link
from station.link.opening import link_to
from station.link.recorded_clock import CLOCK, RecordedClock, ReplayedClock
from station.link.recording import Recorder
from station.link.replay import Replay
from station.model.clock import wait_until
from station.model.errors import LinkTimeout
from tests.station.link.peer import scripted_peer

AT = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
SILENCE_S = 0.4


def echo(number: int) -> Challenge:
    return Challenge((b"ECHO %d\n" % number,), re.compile(rb"(?m:^)%d\r?\n" % number))


def answer(message: bytes) -> list[tuple[float, bytes]]:
    if message == b"LATE?":
        return [(SILENCE_S + 0.3, b"late\n")]
    return [(0.0, message.removeprefix(b"ECHO ") + b"\r\n")]


def ask(link: Link) -> None:
    """A question that is answered too late, another one, and what is left of the first is thrown away."""
    link.open(1.0)
    link.resync([echo(1)], echo(2), 2.0)
    with pytest.raises(LinkTimeout):
        link.query_line(b"LATE?\n", SILENCE_S)
    link.resync([echo(3)], echo(4), 2.0)
    assert link.query_line(b"ECHO 5\n", 2.0) == "5"
    link.close()


def test_an_answer_that_came_too_late_comes_too_late_again_and_nothing_waits(tmp_path: Path) -> None:
    file = tmp_path / "psu.jsonl"
    with scripted_peer(answer) as peer:
        ask(link_to("psu", peer.address, SystemClock(), file))
    clock = JumpingClock(AT)
    began = time.monotonic()
    ask(link_to("psu", ReplayAddress(str(file)), clock))
    assert time.monotonic() - began < SILENCE_S
    assert clock.problems == []
    rows = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
    assert clock.utc() - AT == pytest.approx(
        timedelta(seconds=(rows[-2]["ns"] - rows[0]["ns"]) / 1e9), abs=timedelta(seconds=SILENCE_S)
    )


def watch(clock: RecordedClock | ReplayedClock) -> tuple[float, int, datetime]:
    """As a step does: wait for a condition, count, take the time."""
    asked = 0

    def is_met() -> bool:
        nonlocal asked
        asked += 1
        return asked == 4

    began = clock.now()
    wait_until(clock, is_met, began + 5.0, 0.03)
    return clock.now() - began, asked, clock.utc()


def recorded(file: Path) -> tuple[float, int, datetime]:
    return watch(RecordedClock(SystemClock(), Recorder(CLOCK, file)))


def test_a_recorded_clock_says_everything_again_to_the_last_digit_at_once(tmp_path: Path) -> None:
    first = recorded(tmp_path / "clock.jsonl")
    passing = JumpingClock(AT)
    began = time.monotonic()
    again = watch(ReplayedClock(Replay(CLOCK, tmp_path / "clock.jsonl", passing), passing))
    assert again == first and first[0] >= 0.09
    assert time.monotonic() - began < 0.09
    assert passing.problems == []


def test_a_wait_of_another_length_is_noted_with_its_line_and_time_goes_on(tmp_path: Path) -> None:
    file = tmp_path / "clock.jsonl"
    clock = RecordedClock(SystemClock(), Recorder(CLOCK, file))
    clock.now()
    clock.wait(0.01)
    passing = JumpingClock(AT)
    replayed = ReplayedClock(Replay(CLOCK, file, passing), passing)
    began = replayed.now()
    replayed.wait(0.02)
    assert replayed.now() - began == pytest.approx(0.02, abs=0.01)
    assert replayed.utc() >= AT
    assert passing.problems == [f"{file}:2: wait 0.02 where the recording has wait b'0.01'"]


def test_a_clock_that_is_asked_more_often_than_is_recorded_is_noted(tmp_path: Path) -> None:
    file = tmp_path / "clock.jsonl"
    RecordedClock(SystemClock(), Recorder(CLOCK, file)).now()
    passing = JumpingClock(AT)
    replayed = ReplayedClock(Replay(CLOCK, file, passing), passing)
    assert [replayed.now(), replayed.now()][1] == passing.now()
    assert passing.problems == [f"{file}: now after the end of the recording"]


def test_a_clock_without_its_recording_is_noted(tmp_path: Path) -> None:
    passing = JumpingClock(AT)
    ReplayedClock(Replay(CLOCK, tmp_path / "none.jsonl", passing), passing).now()
    assert passing.problems == [f"{tmp_path / 'none.jsonl'}: No such file or directory"]


def test_a_jumping_clock_never_goes_back_and_keeps_a_problem_once() -> None:
    clock = JumpingClock(AT)
    clock.reach(100.0)
    clock.wait(2.0)
    clock.reach(101.0)
    clock.wait(-5.0)
    assert (clock.now(), clock.utc()) == (102.0, AT + timedelta(seconds=2))
    for _ in range(2):
        clock.note("here")
    assert clock.problems == ["here"]
