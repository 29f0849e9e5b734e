"""Keeps a process ready that has loaded what a run needs, so that the next run begins at once in whichever slot."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence

import msgspec

from station.console.player import LINE_LIMIT

logger = logging.getLogger(__name__)

REPLACE_AFTER_S = 1.0
"""The run that has begun gets the processor first."""
END_PATIENCE_S = 2.0


class Ready:
    """One process at a time, over all slots; used on the event loop's thread only.

    It holds no instrument, no lock and no file. Whatever is wrong with it, the run is started in the ordinary way.
    """

    def __init__(self, command: Sequence[str], stands_for: Sequence[str]) -> None:
        """``command`` says a line when it is ready, and then takes the arguments that come after ``stands_for``."""
        self._command = tuple(command)
        self._stands_for = tuple(stands_for)
        self._keeping: asyncio.Task[None] | None = None
        self._process: asyncio.subprocess.Process | None = None
        self._is_ready = False

    @property
    def process_id(self) -> int | None:
        """The process that is ready; None while there is none."""
        return self._process.pid if self._process is not None and self._is_ready else None

    def begin(self, after_s: float = 0.0) -> None:
        """Start a process ``after_s`` from here on, unless there is one."""
        if self._keeping is None or self._keeping.done():
            self._keeping = asyncio.create_task(self._start(after_s))

    async def take(self, command: Sequence[str]) -> asyncio.subprocess.Process | None:
        """The process, which does what ``command`` would do if it were started; None where none is ready for that.

        Another one is made ready afterwards.
        """
        process, is_ready, own = self._process, self._is_ready, len(self._stands_for)
        if process is None or not is_ready or tuple(command[:own]) != self._stands_for:
            self.begin(REPLACE_AFTER_S)
            return None
        self._process, self._is_ready = None, False
        self.begin(REPLACE_AFTER_S)
        if process.returncode is not None or process.stdin is None:
            return None
        try:
            process.stdin.write(msgspec.json.encode(command[own:]) + b"\n")
            await process.stdin.drain()
        except (BrokenPipeError, ConnectionResetError):
            return None
        return process

    async def stop(self) -> None:
        """End the process that was not needed."""
        if self._keeping is not None:
            self._keeping.cancel()
        process, self._process, self._is_ready = self._process, None, False
        if process is None or process.returncode is not None:
            return
        process.terminate()
        try:
            await asyncio.wait_for(process.wait(), END_PATIENCE_S)
        except TimeoutError:
            process.kill()

    async def _start(self, after_s: float) -> None:
        await asyncio.sleep(after_s)
        if self._process is not None and self._process.returncode is None:
            return
        self._is_ready, pipe = False, asyncio.subprocess.PIPE
        try:
            self._process = process = await asyncio.create_subprocess_exec(
                *self._command, stdin=pipe, stdout=pipe, stderr=pipe, limit=LINE_LIMIT
            )
        except OSError as error:
            logger.warning("no process can be made ready: %s: %s", self._command[0], error.strerror)
            return
        if process.stdout is not None and await process.stdout.readline():
            self._is_ready = True
        else:  # the run itself will say what is wrong
            logger.info("the process that was to be ready ended with %s", await process.wait())
