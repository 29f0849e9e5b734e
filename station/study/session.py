"""Plays the runs that a study still needs, one after the other; each is an ordinary run with its letter."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from station.config.bench_file import BenchFile
from station.config.settings import Settings
from station.model.clock import Clock
from station.model.errors import StorageError
from station.playing.events import Refused, RunFinished, Watcher
from station.playing.order import order_run
from station.playing.supervisor import supervise
from station.playing.tick import Tick
from station.runner.plan import Plan
from station.study.design import Cell, Kind, StudyRun
from station.study.ledger import Ledger
from station.study.listening import Listener
from station.system import StopSignals

MOST_REFUSED = 3
"""Runs in a row that could not be begun, after which a soak gives up: the bench needs a person. Estimate."""
FIRST_FAILURE = "first-failure.jsonl"


@dataclass(frozen=True, slots=True)
class Session:
    """``is_ready`` is asked before each run whether its part is in the jig; False ends the session."""

    settings: Settings
    bench: BenchFile
    plan: Plan
    purpose: str
    clock: Clock
    watcher: Watcher
    tick: Tick
    is_ready: Callable[[Cell], bool]

    def play(self, ledger: Ledger, signals: StopSignals) -> str:
        """Play until the study is complete; why it ended before that, empty where it did not.

        Raises StorageError where a record cannot be kept, OperatorError for a serial number that is none.
        """
        refused = 0
        for cell in ledger.due():
            if ledger.is_complete:
                break
            if signals.name or not self.is_ready(cell) or signals.name:
                return "stopped by the operator"
            listener = Listener(self.watcher)
            run = self._run(cell, listener, signals)
            ledger.add(run)
            if not run.is_usable or run.verdict == "FAIL":
                _keep_first_failure(ledger, listener)
            refused = 0 if run.run_id else refused + 1
            if run.verdict == "ABORTED":
                return run.message or "aborted"
            if not run.is_usable and (ledger.design.kind is not Kind.SOAK or refused >= MOST_REFUSED):
                return run.message
        return ""

    def _run(self, cell: Cell, listener: Listener, signals: StopSignals) -> StudyRun:
        order = order_run(cell.part, cell.operator, self.purpose, self.bench, self.plan, self.settings, self.clock)
        at, began = self.clock.utc(), self.clock.now()
        result = supervise(order, listener, self.tick, signals=signals)
        seconds = self.clock.now() - began
        if isinstance(result, Refused):
            return StudyRun(
                cell=cell,
                run_id="",
                at=at,
                seconds=seconds,
                verdict="ERROR",
                values={},
                failed=(),
                message=result.message,
            )
        return StudyRun(
            cell=cell,
            run_id=result.run_id,
            at=at,
            seconds=seconds,
            verdict=result.verdict,
            values=listener.numbers(),
            failed=result.failed,
            message=_message(result),
        )


def _message(result: RunFinished) -> str:
    return result.failure.message if result.failure else ", ".join(result.failed)


def _keep_first_failure(ledger: Ledger, listener: Listener) -> None:
    """Everything that was told of the first run that did not pass, as JSON lines."""
    path = ledger.folder / FIRST_FAILURE
    if path.exists():
        return
    try:
        path.write_bytes(b"".join(msgspec.json.encode(event) + b"\n" for event in listener.events))
    except OSError as error:
        raise StorageError(str(path), error.strerror or str(error)) from None
