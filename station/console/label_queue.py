"""Has labels printed by the station's own program: each print once, one at a time, so that no page waits for it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence

import msgspec

from station.console.commands import Refused
from station.labelling import LabelTold, State

logger = logging.getLogger(__name__)

LONGEST_S = 40.0
"""The station's program starts, opens the printer, and waits for the label at most 10 s."""
COMPLAINT_LIMIT = 500

Tell = Callable[[LabelTold], None]
"""Called with what becomes of a print, first that it is being printed."""


class LabelQueue:
    """Prints by ``command``, to which the id of the record and the number of the print are added."""

    def __init__(self, bench_file: str, command: Sequence[str]) -> None:
        self._bench_file = bench_file
        self._command = tuple(command)
        self._turn = asyncio.Lock()
        self._asked: dict[str, int] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def ask(self, record_id: str, number: int, tell: Tell) -> None:
        """Begin print ``number`` of a record's label; raises Refused where that one was asked for before."""
        if number <= self._asked.get(record_id, 0):
            raise Refused(409, "label_asked")
        self._asked[record_id] = number
        tell(LabelTold(record_id, number, "printing"))
        task = asyncio.create_task(self._print(record_id, number, tell))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _print(self, record_id: str, number: int, tell: Tell) -> None:
        async with self._turn:
            state, problem = await self._printed(record_id, number)
        tell(LabelTold(record_id, number, state, problem))
        if state != "printed":
            logger.warning("label %d of %s: %s (%s)", number, record_id, state, problem)

    async def _printed(self, record_id: str, number: int) -> tuple[State, str]:
        arguments = (record_id, "--bench", self._bench_file, "--number", str(number), "--events")
        pipe = asyncio.subprocess.PIPE
        try:
            process = await asyncio.create_subprocess_exec(*self._command, *arguments, stdout=pipe, stderr=pipe)
        except OSError as error:
            return "failed", f"{self._command[0]}: {error.strerror}"
        try:
            said, complaint = await asyncio.wait_for(process.communicate(), LONGEST_S)
        except TimeoutError:
            process.kill()
            return "failed", f"the printer's program did not end within {LONGEST_S:g} s: the label may still come out"
        try:
            told = msgspec.json.decode(said, type=LabelTold)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return "failed", complaint.decode(errors="replace").strip()[-COMPLAINT_LIMIT:] or "no answer"
        return told.state, told.problem
