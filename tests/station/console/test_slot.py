"""A slot and the process that plays in it."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec
import pytest

from station.console.player import SlotBusy, SlotIdle
from station.console.slot import PlayedRun, RunOrder, Slot
from tests.station.console.speaking_console import SPEAKER


class Witness:
    """Hears what the slot tells."""

    def __init__(self) -> None:
        self.entries: list[dict[str, object]] = []

    def hear(self, _: PlayedRun, entry: msgspec.Raw | None) -> None:
        if entry is not None:
            self.entries.append(msgspec.json.decode(entry))

    async def wait_for(self, event: str) -> None:
        while not any(entry["event"] == event for entry in self.entries):
            await asyncio.sleep(0.01)


def slot(witness: Witness, command: Sequence[str] = (sys.executable, str(SPEAKER))) -> Slot:
    return Slot("slot-1", command, "demo.bench.toml", witness.hear, lambda: 1)


def order(serial: str) -> RunOrder:
    return RunOrder(serial, "FJ-R1", "王芳", is_provisional=False)


def test_a_run_that_does_not_follow_the_abort_is_asked_by_a_signal() -> None:
    async def play() -> None:
        witness = Witness()
        played = slot(witness)
        await played.start(order("DEAF1"))
        await asyncio.wait_for(witness.wait_for("prompted"), 10)
        await asyncio.wait_for(played.stop(patience_s=0.3), 5)
        assert not played.is_running
        assert witness.entries[-1]["exit_code"] == -15

    asyncio.run(play())


def test_to_stop_a_slot_in_which_nothing_is_played_is_done_at_once() -> None:
    async def play() -> None:
        witness = Witness()
        played = slot(witness)
        await played.stop()
        await played.start(order("NOINST1"))
        await asyncio.wait_for(witness.wait_for("refused"), 10)
        await asyncio.wait_for(played.stop(), 5)
        assert not played.is_running

    asyncio.run(play())


def test_a_second_start_is_refused_before_the_first_process_lives() -> None:
    async def play() -> None:
        played = slot(Witness())
        first = asyncio.create_task(played.start(order("NOINST1")))
        await asyncio.sleep(0)
        with pytest.raises(SlotBusy):
            await played.start(order("GOOD1"))
        await first
        await played.stop()

    asyncio.run(play())


def test_a_program_that_is_not_there_ends_the_run_with_its_reason(tmp_path: Path) -> None:
    async def play() -> None:
        witness = Witness()
        played = slot(witness, (str(tmp_path / "nothing"),))
        await played.start(order("GOOD1"))
        assert not played.is_running
        assert "No such file" in str(witness.entries[-1]["complaint"])
        with pytest.raises(SlotIdle):
            await played.abort()

    asyncio.run(play())


def test_a_line_that_is_no_event_is_left_out(tmp_path: Path) -> None:
    babbler = tmp_path / "babbler.py"
    babbler.write_text("print('hello'); print('{}'); print('[1]'); print('{\"event\":\"refused\"}')", encoding="utf-8")

    async def play() -> None:
        witness = Witness()
        played = slot(witness, (sys.executable, str(babbler)))
        await played.start(order("GOOD1"))
        await asyncio.wait_for(witness.wait_for("refused"), 10)
        await played.stop()
        assert witness.entries == [{"event": "refused"}]

    asyncio.run(play())
