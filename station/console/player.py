"""The process that plays a run or a burn: started, listened to line by line, told what to do, ended."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence

import msgspec

logger = logging.getLogger(__name__)

LINE_LIMIT = 16 * 1024 * 1024
"""Longest line of a run: a curve of 2000 points fits a hundred times."""
COMPLAINT_LIMIT = 2000
STOP_PATIENCE_S = 8.0

Begin = Callable[[Sequence[str]], Awaitable[asyncio.subprocess.Process | None]]


class Exited(msgspec.Struct, tag_field="event", tag="exited"):
    """The console's own line: the process ended without a verdict and without a refusal."""

    exit_code: int
    complaint: str


class SlotBusy(Exception):
    """A run or a burn is being played there."""


class SlotIdle(Exception):
    """Nothing is being played there."""


class Player:
    """One process after the other that speaks JSON lines; used on the event loop's thread only.

    ``ready`` may have a process that does a command already, and gives None where it has not.
    """

    def __init__(self, ready: Begin | None = None) -> None:
        self._ready = ready
        self._process: asyncio.subprocess.Process | None = None
        self._task: asyncio.Task[None] | None = None

    @property
    def process_id(self) -> int | None:
        """The process that plays, or the last one."""
        return self._process.pid if self._process else None

    async def begin(self, command: Sequence[str]) -> Exited | None:
        """Start the process; what it says waits for ``listen``. Tells what is in the way where it cannot be started."""
        try:
            self._process = await self._begun(command)
        except OSError as error:
            return Exited(exit_code=-1, complaint=f"{command[0]}: {error.strerror}")
        return None

    def listen(self, take: Callable[[bytes], bool], ended: Callable[[Exited | None], None]) -> None:
        """``take`` every line, which is True for a last word; ``ended`` hears an end that no last word explained."""
        if self._process is None:
            raise AssertionError("nothing was begun")
        self._task = asyncio.create_task(_listen(self._process, take, ended))

    async def tell(self, command: Mapping[str, object]) -> None:
        """Raises SlotIdle where the process does not listen any more."""
        if self._process is None or self._process.stdin is None:
            raise SlotIdle
        try:
            self._process.stdin.write(msgspec.json.encode(command) + b"\n")
            await self._process.stdin.drain()
        except (BrokenPipeError, ConnectionResetError):
            raise SlotIdle from None

    async def abort(self) -> None:
        """Ask it to stop and make safe; raises SlotIdle where it does not listen any more."""
        await self.tell({"command": "abort"})

    async def stop(self, patience_s: float = STOP_PATIENCE_S) -> None:
        """Abort what plays, ask by SIGTERM after ``patience_s``, and return after as long again at the latest."""
        if self._process is None or self._task is None or self._task.done():
            return
        try:
            await self.abort()
        except SlotIdle:
            logger.info("what was played ends by itself")
        try:
            await asyncio.wait_for(asyncio.shield(self._task), patience_s)
        except TimeoutError:
            logger.warning("the process does not follow the abort: sending SIGTERM")
            self._process.terminate()
            await asyncio.wait([self._task], timeout=patience_s)

    async def _begun(self, command: Sequence[str]) -> asyncio.subprocess.Process:
        """A process that does ``command``: one that was ready for it, or one that is started."""
        process = await self._ready(command) if self._ready is not None else None
        pipe = asyncio.subprocess.PIPE
        return process or await asyncio.create_subprocess_exec(
            *command, stdin=pipe, stdout=pipe, stderr=pipe, limit=LINE_LIMIT
        )


async def _listen(
    process: asyncio.subprocess.Process, take: Callable[[bytes], bool], ended: Callable[[Exited | None], None]
) -> None:
    """Take lines until the process has ended; its last words go with an end that it did not explain."""
    if process.stdout is None or process.stderr is None:
        raise AssertionError("the process was started with pipes")
    complaints = asyncio.create_task(process.stderr.read())
    is_explained = False
    async for line in process.stdout:
        is_explained = take(line) or is_explained
    exit_code = await process.wait()
    complaint = (await complaints).decode(errors="replace").strip()
    if complaint:
        logger.info("the process said: %s", complaint)
    ended(None if is_explained else Exited(exit_code=exit_code, complaint=complaint[-COMPLAINT_LIMIT:]))
