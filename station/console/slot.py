"""A slot of the bench: the process that plays its run, what it has said, what it is told."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import msgspec

logger = logging.getLogger(__name__)

LINE_LIMIT = 16 * 1024 * 1024
"""Longest line of a run: a curve of 2000 points fits a hundred times."""
COMPLAINT_LIMIT = 2000
STOP_PATIENCE_S = 8.0


class Said(msgspec.Struct):
    """What the console must understand of a line; the page understands the rest."""

    event: str
    run_id: str = ""
    verdict: str = ""
    marginal: tuple[str, ...] = ()


class Exited(msgspec.Struct, tag_field="event", tag="exited"):
    """The console's own line: the process ended without a verdict and without a refusal."""

    exit_code: int
    complaint: str


class SlotBusy(Exception):
    """A run is being played in the slot."""


class SlotIdle(Exception):
    """No run is being played in the slot."""


@dataclass(frozen=True, slots=True)
class RunOrder:
    """What the operator asked for; ``product`` decides which plan is played."""

    serial: str
    product: str
    operator: str
    is_provisional: bool


@dataclass(slots=True)
class PlayedRun:
    """A run from the order to the end of its process; ``entries`` are its lines as they came, ``number`` the page's."""

    slot: str
    number: int
    order: RunOrder
    started_at: datetime
    entries: list[msgspec.Raw] = field(default_factory=list)
    is_running: bool = True
    run_id: str = ""
    verdict: str = ""
    is_marginal: bool = False
    ended_at: datetime | None = None


class Slot:
    """Plays one run at a time by ``command``, which speaks JSON lines; ``changed`` hears each line and each end.

    ``number`` gives the next run's, over all slots of the bench. ``ready`` may have a process that does the command.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        bench: str,
        changed: Callable[[PlayedRun, msgspec.Raw | None], None],
        number: Callable[[], int],
        ready: Callable[[Sequence[str]], Awaitable[asyncio.subprocess.Process | None]] | None = None,
    ) -> None:
        self.name = name
        self._command = tuple(command)
        self._bench = bench
        self._changed = changed
        self._number = number
        self._ready = ready
        self._process: asyncio.subprocess.Process | None = None
        self._task: asyncio.Task[None] | None = None
        self.run: PlayedRun | None = None

    @property
    def is_running(self) -> bool:
        """Whether a run's process is alive or being started."""
        return self.run is not None and self.run.is_running

    @property
    def process_id(self) -> int | None:
        """The process of the run that is played, or of the last one."""
        return self._process.pid if self._process else None

    async def start(self, order: RunOrder) -> PlayedRun:
        """Start the process; raises SlotBusy while another lives."""
        if self.is_running:
            raise SlotBusy
        self.run = run = PlayedRun(self.name, self._number(), order, datetime.now(UTC))
        arguments = ["--bench", self._bench, "--product", order.product, "--operator", order.operator, "--events"]
        try:
            self._process = await self._begun((*self._command, order.serial, *arguments))
        except OSError as error:
            self._end(run, Exited(exit_code=-1, complaint=f"{self._command[0]}: {error.strerror}"))
            return run
        self._changed(run, None)
        self._task = asyncio.create_task(self._listen(run, self._process))
        return run

    async def answer(self, command: str, said: Mapping[str, object]) -> None:
        """Answer a prompt by the run's ``command`` with what was ``said``; raises SlotIdle when nothing runs."""
        await self._tell({"command": command, **said})

    async def abort(self) -> None:
        """Ask the run to stop and make safe; raises SlotIdle when nothing runs."""
        await self._tell({"command": "abort"})

    async def stop(self, patience_s: float = STOP_PATIENCE_S) -> None:
        """Abort what runs, ask by SIGTERM after ``patience_s``, and return after as long again at the latest."""
        if self._process is None or self._task is None or self._task.done():
            return
        try:
            await self.abort()
        except SlotIdle:
            logger.info("the run ends by itself")
        try:
            await asyncio.wait_for(asyncio.shield(self._task), patience_s)
        except TimeoutError:
            logger.warning("the run does not follow the abort: sending SIGTERM")
            self._process.terminate()
            await asyncio.wait([self._task], timeout=patience_s)

    async def _begun(self, command: Sequence[str]) -> asyncio.subprocess.Process:
        """A process that does ``command``: one that was ready for it, or one that is started."""
        process = await self._ready(command) if self._ready is not None else None
        pipe = asyncio.subprocess.PIPE
        return process or await asyncio.create_subprocess_exec(
            *command, stdin=pipe, stdout=pipe, stderr=pipe, limit=LINE_LIMIT
        )

    async def _tell(self, command: dict[str, object]) -> None:
        if self._process is None or self._process.stdin is None or not self.is_running:
            raise SlotIdle
        try:
            self._process.stdin.write(msgspec.json.encode(command) + b"\n")
            await self._process.stdin.drain()
        except (BrokenPipeError, ConnectionResetError):
            raise SlotIdle from None

    async def _listen(self, run: PlayedRun, process: asyncio.subprocess.Process) -> None:
        """Take lines until the process has ended; its last words go with an end that it did not explain."""
        if process.stdout is None or process.stderr is None:
            raise AssertionError("the process was started with pipes")
        complaints = asyncio.create_task(process.stderr.read())
        is_explained = False
        async for line in process.stdout:
            is_explained = self._take(run, line) or is_explained
        exit_code = await process.wait()
        complaint = (await complaints).decode(errors="replace").strip()
        if complaint:
            logger.info("the run's process said: %s", complaint)
        self._end(run, None if is_explained else Exited(exit_code=exit_code, complaint=complaint[-COMPLAINT_LIMIT:]))

    def _take(self, run: PlayedRun, line: bytes) -> bool:
        """Keep one line; True when it is the run's last word."""
        try:
            said = msgspec.json.decode(line, type=Said)
        except (msgspec.DecodeError, msgspec.ValidationError) as error:
            logger.warning("a line of the run is not an event (%s): %.200r", error, line)
            return False
        run.run_id = said.run_id or run.run_id
        run.verdict = said.verdict or run.verdict
        run.is_marginal = run.is_marginal or bool(said.marginal) or said.event == "step_retried"
        entry = msgspec.Raw(line.strip())
        run.entries.append(entry)
        self._changed(run, entry)
        return said.event in ("run_finished", "refused")

    def _end(self, run: PlayedRun, unexplained: Exited | None) -> None:
        run.is_running = False
        run.ended_at = datetime.now(UTC)
        if unexplained is not None:
            entry = msgspec.Raw(msgspec.json.encode(unexplained))
            run.entries.append(entry)
            self._changed(run, entry)
        self._changed(run, None)
