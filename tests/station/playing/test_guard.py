"""The guard kills the process it was told of, and no other; slots do not lock each other."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from station.config.bench_file import read_bench_file
from station.config.settings import Settings
from station.link.clock import SystemClock
from station.model.run_record import PlanRef, UnitRef
from station.playing.closing import Closing
from station.playing.guard import stand_guard
from station.playing.handing import PROCESS_ID, brief, hand_over
from station.playing.order import slot_lock
from station.runner.entries import RunStarted
from station.system import Pipe, close_all, fork, wait_for
from tests.conftest import Bench

START = RunStarted(
    run_id="01920000-0000-7000-8000-000000000001",
    at=datetime(2026, 11, 27, tzinfo=UTC),
    unit=UnitRef("", "X-9", ""),
    is_provisional=True,
    product="odd",
    plan=PlanRef("odd", "1", ""),
    purpose="debug",
    attempt=1,
    slot="slot-1",
    operator="王芳",
    cached_state_version=None,
    station_id="bench-1",
    bench_sha256="",
    steps=(),
    measurements=(),
    accessories=(),
)


@pytest.mark.parametrize("has_child_ended", [True, False])
def test_the_guard_kills_a_child_and_no_stranger_that_got_the_id_of_one_that_has_ended(
    bench: Callable[..., Bench], tmp_path: Path, has_child_ended: bool
) -> None:
    settings = Settings(tmp_path, "", None)
    closing = Closing(settings, read_bench_file(bench().bench_file), tmp_path / "none.jsonl", SystemClock())
    hello, supervisor = Pipe.new(), Pipe.passing()
    inherited = () if has_child_ended else (hello.writing,)
    code = "import sys; sys.stdin.read()"
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, pass_fds=inherited) as told_of:
        os.write(hello.writing, PROCESS_ID.pack(told_of.pid))
        assert hand_over(supervisor.writing, brief(START), supervisor.reading)
        close_all(hello.writing, supervisor.writing)  # the supervisor has ended
        assert wait_for(fork(lambda: stand_guard(lambda _: closing, supervisor.reading, hello.reading))) == ""
        if has_child_ended:
            assert told_of.poll() is None
            told_of.kill()
        assert told_of.wait(5) == -signal.SIGKILL
    close_all(hello.reading, supervisor.reading)


def test_slots_with_chinese_names_have_locks_of_their_own(tmp_path: Path) -> None:
    settings = Settings(tmp_path, "", None)
    assert slot_lock(settings, "bench-1", "左") != slot_lock(settings, "bench-1", "右")
    assert slot_lock(settings, "bench-1", "../x").parent == tmp_path / "locks"
