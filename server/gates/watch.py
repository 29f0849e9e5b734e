"""Waits for stations until what they may cache has changed: a hold reaches the bench at once, and nobody polls."""

from __future__ import annotations

import asyncio
import logging
import time

from fastapi.concurrency import run_in_threadpool

from server.db.engine import Database
from server.errors import StorageError
from server.gates.snapshot import snapshot_version

logger = logging.getLogger(__name__)

TICK_S = 0.02
"""How late a change of this process is seen; a look at the database costs a millisecond, the tick nearly nothing."""
PAUSE_S = 0.05
"""Between two looks while letters come fast."""
OTHERS_S = 1.0
"""How late a change of another process (``fanji-server hold``) is seen."""


class StateWatch:
    """One look at the database for all who wait; ``run`` is a task of the application."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiting = 0
        self._version = 0
        self._looks = 0
        self._has_newcomer = False
        self._looked = asyncio.Event()
        self._is_ending = False

    def end(self) -> None:
        """Nobody waits any longer: the server is ending."""
        self._is_ending = True

    async def beyond(self, since: int, longest_s: float) -> None:
        """Return when the snapshot has another version than ``since``, and after ``longest_s`` in any case."""
        entered = self._looks
        self._waiting += 1
        self._has_newcomer = True
        try:
            async with asyncio.timeout(longest_s):
                while not self._is_ending and (self._looks == entered or self._version == since):
                    await self._looked.wait()
        except TimeoutError:
            return
        finally:
            self._waiting -= 1

    async def run(self) -> None:
        """Look after each commit of this process, and now and then for those of others, while somebody waits."""
        seen, looked_at = -1, 0.0
        while True:
            await asyncio.sleep(TICK_S)
            if self._is_ending:
                self._tell()
                continue
            since_s, commits = time.monotonic() - looked_at, self._database.commits
            is_due = since_s >= OTHERS_S or ((commits != seen or self._has_newcomer) and since_s >= PAUSE_S)
            if not self._waiting or not is_due:
                continue
            seen, looked_at, self._has_newcomer = commits, time.monotonic(), False
            await self._look()

    async def _look(self) -> None:
        try:
            self._version = await run_in_threadpool(self._read)
        except StorageError as error:
            logger.warning("the version of the snapshot cannot be read: %s", error)
            return
        self._looks += 1
        self._tell()

    def _read(self) -> int:
        with self._database.reading() as connection:
            return snapshot_version(connection)

    def _tell(self) -> None:
        looked, self._looked = self._looked, asyncio.Event()
        looked.set()
