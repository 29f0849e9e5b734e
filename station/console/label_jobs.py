"""Has the label of a run printed: by itself after a PASS, again when asked, each print once, one at a time."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence

import msgspec
from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field

from station.console.commands import Refused
from station.console.desk import Desk
from station.console.slot import PlayedRun
from station.labelling import LabelTold, State
from station.model.verdict import Verdict

logger = logging.getLogger(__name__)

LONGEST_S = 40.0
"""The station's program starts, opens the printer, and waits for the label at most 10 s."""
COMPLAINT_LIMIT = 500


class LabelJobs:
    """Prints by ``command``, a process of its own, so that no printer keeps the page waiting."""

    def __init__(self, desk: Desk, command: Sequence[str]) -> None:
        self._desk = desk
        self._command = tuple(command)
        self._turn = asyncio.Lock()
        self._asked: dict[str, int] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def run_ended(self, run: PlayedRun) -> None:
        """Print the first label of a run that passed; its letter was in the outbox before its verdict was told."""
        if run.verdict == Verdict.PASS.name and run.run_id:
            self.ask(run, 1)

    def ask(self, run: PlayedRun, number: int) -> None:
        """Begin print ``number`` of the run's label; raises Refused where that one was asked for before."""
        if number <= self._asked.get(run.run_id, 0):
            raise Refused(409, "label_asked")
        self._asked[run.run_id] = number
        self._desk.add_entry(run, LabelTold(run.run_id, number, "printing"))
        task = asyncio.create_task(self._print(run, number))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _print(self, run: PlayedRun, number: int) -> None:
        async with self._turn:
            state, problem = await self._printed(run.run_id, number)
        self._desk.add_entry(run, LabelTold(run.run_id, number, state, problem))
        if state != "printed":
            logger.warning("label %d of run %s: %s (%s)", number, run.run_id, state, problem)

    async def _printed(self, run_id: str, number: int) -> tuple[State, str]:
        arguments = (run_id, "--bench", self._desk.bench.file, "--number", str(number), "--events")
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


class PrintLabel(BaseModel):
    """Which run's label, and the number of the print, as the page counts them."""

    model_config = ConfigDict(extra="forbid", strict=True)
    run_id: str = Field(max_length=100)
    number: int = Field(ge=1, le=1000)


def label_routes(desk: Desk, jobs: LabelJobs) -> APIRouter:
    """The command that prints again."""
    router = APIRouter(prefix="/commands")

    @router.post("/print-label")
    async def print_label(order: PrintLabel) -> Response:
        run = desk.run_of(order.run_id)
        if run is None or run.is_running or run.verdict != Verdict.PASS.name:
            raise Refused(409, "no_label")
        jobs.ask(run, order.number)
        return Response(status_code=204)

    return router
