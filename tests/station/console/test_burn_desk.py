"""The clerk's desk: the order that lies on it is the last that was scanned, and its accounts are counted once."""

from __future__ import annotations

import asyncio
import json
import sys
import threading
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from station.config.bench_file import read_bench_file
from station.config.settings import Settings
from station.console.board import Letters
from station.console.burn_desk import BurnDesk
from station.console.desk import BenchCard, Desk
from station.link.clock import SystemClock
from station.model.errors import GateClosed
from station.outbox.spool import Spool
from station.playing.custody import HandOver, hand_over
from tests.station.cli.test_sockets_command import BENCH
from tests.station.outbox.answering_server import Got, Reply
from tests.station.outbox.burn_office import NO, BurnOffice

OTHER = "BO-2026-000124"
SPEAKER = """
import json, sys
print(json.dumps({"event": "burn_started", "burn_id": "b"}), flush=True)
print(json.dumps({"event": "burn_concluded", "result": "PASS"}), flush=True)
print(json.dumps({"event": "refused", "message": "the disk is full"}), flush=True)
"""


class SlowOffice(BurnOffice):
    """Knows two orders; what is asked while ``is_open`` is not set waits for it, and ``is_asked`` says that it does."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.is_open, self.is_asked = threading.Event(), threading.Event()
        self.is_open.set()
        inner, self.answer = self.answer, self._slow
        self._inner = inner

    def _slow(self, got: Got) -> Reply:
        if got.path == f"/v1/burn-orders/{OTHER}":
            return 200, json.dumps(self.order | {"no": OTHER}).encode()
        reply = self._inner(got)  # as it was when it was asked
        self.is_asked.set()
        assert self.is_open.wait(20)
        return reply

    def close_door(self) -> None:
        self.is_open.clear()
        self.is_asked.clear()


class Clerk:
    def __init__(self, folder: Path, office: SlowOffice) -> None:
        (folder / "token").touch(0o600)
        (folder / "token").write_text("secret")
        (folder / "burn.toml").write_text(BENCH)
        self.office = office
        self.settings = Settings(folder / "state", office.url, folder / "token")
        self.bench = read_bench_file(folder / "burn.toml")
        self.desk = Desk(BenchCard("bench", "burn-1", (), ""), lambda name: ())
        self.desk.sign_on("李雷")
        command = (sys.executable, "-c", SPEAKER)
        self.burns = BurnDesk(self.desk, self.bench, self.settings, SystemClock(), command)

    @property
    def no(self) -> str:
        return self.burns.order.sheet.no if self.burns.order else ""

    async def until(self, is_so: Callable[[], bool]) -> None:
        async with asyncio.timeout(20):
            while not is_so():
                await asyncio.sleep(0.01)

    async def while_asked(self, asking: Awaitable[object], act: Callable[[], Awaitable[object]]) -> None:
        """Do ``act`` while what ``asking`` asks has no answer yet; then let it come."""
        self.office.close_door()
        task = asyncio.ensure_future(asking)
        await self.until(self.office.is_asked.is_set)
        await act()
        self.office.is_open.set()
        await task


@pytest.fixture
def clerk(tmp_path: Path) -> Iterator[Clerk]:
    with SlowOffice(image=b"\1" * 100) as office:
        yield Clerk(tmp_path, office)
        office.is_open.set()


def run(play: Callable[[], Any]) -> None:
    asyncio.run(play())


def test_the_order_that_was_scanned_last_lies_on_the_desk_whichever_is_told_first(clerk: Clerk) -> None:
    async def play() -> None:
        await clerk.while_asked(clerk.burns.scan(NO), lambda: clerk.burns.scan(OTHER))
        assert clerk.no == OTHER

    run(play)


def test_an_order_that_was_put_away_does_not_come_back_with_what_was_asked_before(clerk: Clerk) -> None:
    async def play() -> None:
        async def put_away() -> None:
            clerk.burns.put_away()

        await clerk.burns.scan(NO)
        await clerk.while_asked(clerk.burns._refreshed(), put_away)
        assert clerk.no == ""
        await clerk.burns.scan(NO)
        await clerk.while_asked(clerk.burns._refreshed(), lambda: clerk.burns.scan(OTHER))
        assert clerk.no == OTHER

    run(play)


def test_nothing_is_burned_or_handed_over_while_another_order_is_asked_for(clerk: Clerk) -> None:
    async def play() -> None:
        async def burn() -> None:
            with pytest.raises(GateClosed, match="is being asked for"):
                await clerk.burns.start("")
            with pytest.raises(GateClosed, match="is being asked for"):
                await clerk.burns.hand_over("returned", 1, None, "", None)

        await clerk.burns.scan(OTHER)
        await clerk.while_asked(clerk.burns.scan(NO), burn)
        with pytest.raises(GateClosed, match=f"{NO} lies on the desk by now, not {OTHER}"):
            clerk.burns.require_shown(OTHER)

    run(play)


def test_what_the_server_had_already_is_counted_once_when_its_receipt_has_come(clerk: Clerk) -> None:
    clerk.office.order |= {"quantity": 5, "taken": 0}

    async def play() -> None:
        await clerk.burns.scan(NO)
        taken = HandOver(NO, "taken", 2, "李雷")
        letter = await asyncio.to_thread(hand_over, taken, clerk.bench, clerk.settings, SystemClock())
        clerk.office.order |= {"taken": 2}  # the letter is there, its receipt on the way
        await clerk.burns.scan(NO)
        Spool(clerk.settings.outbox).deliver(letter.letter.id, "stored", datetime.now(UTC))
        clerk.desk.note_letters(Letters(waiting=0, is_reachable=True))
        await clerk.until(lambda: clerk.burns.order is not None and clerk.burns.order.account.taken == 2)

    run(play)


def test_a_burn_whose_record_was_not_kept_is_no_good_one(clerk: Clerk) -> None:
    async def play() -> None:
        await clerk.burns.scan(NO)
        assert await clerk.burns.start("") == 1
        await clerk.until(lambda: not clerk.burns.is_burning)
        shown = json.loads(clerk.burns.snapshot())
        assert (shown["work"]["shift"]["good"], shown["sites"][0]["result"], shown["sites"][0]["order"]) == (0, "", NO)

    run(play)
