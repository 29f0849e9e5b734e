"""Asks the server what fixed a failed measurement on other units; a verdict never waits for the answer."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

import msgspec

from station.console.desk import Desk
from station.console.slot import PlayedRun
from station.model.errors import StationError
from station.model.verdict import Verdict
from station.outbox.remedies import Remedy

logger = logging.getLogger(__name__)

MOST_ASKED = 3
"""Failed measurements of one run that are asked about."""


class _Finished(msgspec.Struct):
    event: str
    failed: tuple[str, ...] = ()


class RemediesTold(msgspec.Struct, frozen=True, tag_field="event", tag="remedies"):
    """The console's own line: what fixed it on other units, the newest first."""

    remedies: tuple[Remedy, ...]


class RemedyDesk:
    """``ask`` takes product and failed measurements, blocks for a second at most, and may raise StationError."""

    def __init__(self, desk: Desk, ask: Callable[[str, tuple[str, ...]], tuple[Remedy, ...]]) -> None:
        self._desk = desk
        self._ask = ask
        self._tasks: set[asyncio.Task[None]] = set()

    def run_ended(self, run: PlayedRun) -> None:
        """After a FAIL: ask on a thread, and show what comes; nothing is shown where nothing is known."""
        failed = _failed(run)
        if run.verdict != Verdict.FAIL.name or not failed:
            return
        task = asyncio.create_task(self._tell(run, failed[:MOST_ASKED]))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _tell(self, run: PlayedRun, failed: tuple[str, ...]) -> None:
        try:
            remedies = await asyncio.to_thread(self._ask, run.order.product, failed)
        except StationError as error:
            logger.info("what fixed it last time is not known: %s", error)
            return
        if remedies:
            self._desk.add_entry(run, RemediesTold(remedies))


def _failed(run: PlayedRun) -> tuple[str, ...]:
    """The measurements that the last word of the run names."""
    for entry in reversed(run.entries):
        said = msgspec.json.decode(entry, type=_Finished)
        if said.event == "run_finished":
            return said.failed
    return ()
