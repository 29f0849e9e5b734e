"""The console keeps one process ready; with it or without, a run is played, and none is left behind."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import msgspec
import psutil
import pytest

from station.console.ready import Ready
from station.console.slot import RunOrder, Slot
from tests.station.console.speaking_console import SPEAKER
from tests.station.console.test_slot import Witness

PLAIN = (sys.executable, str(SPEAKER))
STANDING = """
import json, os, sys
print('{"event":"ready"}', flush=True)
order = sys.stdin.readline()
if order:
    os.execv(sys.executable, [sys.executable, SPEAKER, *json.loads(order)])
"""
ORDER = RunOrder("NOINST1", "FJ-R1", "王芳", is_provisional=False)


def standing(folder: Path, code: str = STANDING) -> Ready:
    program = folder / "standing.py"
    program.write_text(code.replace("SPEAKER", repr(str(SPEAKER))), encoding="utf-8")
    return Ready((sys.executable, str(program)), PLAIN)


def trial(body: Callable[[], Awaitable[None]]) -> None:
    async def bounded() -> None:
        await asyncio.wait_for(body(), 20)

    asyncio.run(bounded())


async def until_ready(ready: Ready) -> int:
    ready.begin()
    while ready.process_id is None:
        await asyncio.sleep(0.01)
    return ready.process_id


async def played(ready: Ready) -> tuple[Slot, Witness]:
    witness = Witness()
    slot = Slot("slot-1", PLAIN, "demo.bench.toml", witness.hear, lambda: 1, ready.take)
    await slot.start(ORDER)
    await witness.wait_for("refused")
    await slot.stop()
    return slot, witness


def test_a_run_is_played_by_the_process_that_is_ready_and_another_is_made_ready(tmp_path: Path) -> None:
    async def body() -> None:
        ready = standing(tmp_path)
        first = await until_ready(ready)
        slot, witness = await played(ready)
        assert slot.process_id == first
        assert [entry["event"] for entry in witness.entries] == ["refused"]
        second = await until_ready(ready)
        assert second != first
        await ready.stop()
        assert not psutil.pid_exists(second)

    trial(body)


def test_before_one_is_ready_a_run_is_started_in_the_ordinary_way(tmp_path: Path) -> None:
    async def body() -> None:
        ready = standing(tmp_path)
        slot, witness = await played(ready)
        assert slot.process_id is not None
        assert witness.entries[-1]["event"] == "refused"
        await ready.stop()

    trial(body)


@pytest.mark.parametrize(
    "code",
    [
        "print('ready', flush=True); raise SystemExit(1)",
        "raise SystemExit(2)",
        "import os; print('ready', flush=True); os.close(0); input()",
    ],
)
def test_one_that_has_died_or_does_not_listen_does_not_keep_a_run_from_being_played(tmp_path: Path, code: str) -> None:
    async def body() -> None:
        ready = standing(tmp_path, code)
        ready.begin()
        await asyncio.sleep(0.5)
        _, witness = await played(ready)
        assert witness.entries[-1]["event"] == "refused"
        await ready.stop()

    trial(body)


def test_a_program_that_is_not_there_does_not_keep_a_run_from_being_played(tmp_path: Path) -> None:
    async def body() -> None:
        ready = Ready((str(tmp_path / "nothing"),), PLAIN)
        ready.begin()
        await asyncio.sleep(0.1)
        _, witness = await played(ready)
        assert witness.entries[-1]["event"] == "refused"
        await ready.stop()

    trial(body)


def test_one_that_does_not_end_is_killed(tmp_path: Path) -> None:
    code = (
        "import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nprint('ready', flush=True)\ntime.sleep(60)"
    )

    async def body() -> None:
        ready = standing(tmp_path, code)
        process = await until_ready(ready)
        await ready.stop()
        while psutil.pid_exists(process) and psutil.Process(process).status() != psutil.STATUS_ZOMBIE:
            await asyncio.sleep(0.01)

    trial(body)


def test_another_command_is_not_played_by_it(tmp_path: Path) -> None:
    async def body() -> None:
        ready = standing(tmp_path)
        await until_ready(ready)
        assert await ready.take((sys.executable, "other.py", "run")) is None
        await ready.stop()

    trial(body)


def test_its_first_line_is_none_of_the_runs(tmp_path: Path) -> None:
    async def body() -> None:
        ready = standing(tmp_path)
        await until_ready(ready)
        _, witness = await played(ready)
        assert msgspec.json.encode(witness.entries).count(b'"ready"') == 0
        await ready.stop()

    trial(body)
