"""Has the label of a run printed: by itself after a PASS, again when asked."""

from __future__ import annotations

from functools import partial

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field

from station.console.commands import Refused
from station.console.desk import Desk
from station.console.label_queue import LabelQueue
from station.console.slot import PlayedRun
from station.model.verdict import Verdict


class LabelJobs:
    """Of the runs on the desk."""

    def __init__(self, desk: Desk, queue: LabelQueue) -> None:
        self._desk = desk
        self._queue = queue

    def run_ended(self, run: PlayedRun) -> None:
        """Print the first label of a run that passed; its letter was in the outbox before its verdict was told."""
        if run.verdict == Verdict.PASS.name and run.run_id:
            self.ask(run, 1)

    def ask(self, run: PlayedRun, number: int) -> None:
        """Begin print ``number`` of the run's label; raises Refused where that one was asked for before."""
        self._queue.ask(run.run_id, number, partial(self._desk.add_entry, run))


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
