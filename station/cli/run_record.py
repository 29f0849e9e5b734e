"""``fanji-station run --record DIR``: an ordinary run, of which everything is kept that a replay needs."""

from __future__ import annotations

from pathlib import Path

from msgspec.structs import replace

from station.cli.arguments import Typed
from station.cli.exits import Exit, of_refusal, of_verdict
from station.kit.folder import NotingWatcher, RecordingFolder
from station.model.errors import OperatorError, StorageError
from station.playing.events import Refused, RunFinished, Watcher
from station.playing.order import RunOrder
from station.playing.supervisor import supervise
from station.playing.tick import Tick
from station.runner.excerpt import one_at_a_time


def run_recorded(order: RunOrder, typed: Typed, watcher: Watcher, path: Path) -> Exit:
    """Play ``order`` one step at a time and note it in ``path``.

    Raises StorageError where the disk refuses.
    """
    if any(step.watch is not None for step in order.plan.steps):
        refused = OperatorError("a plan with monitors cannot be recorded: nobody could take its samples again")
        watcher.hear(Refused.by(refused))
        return of_refusal(refused)
    folder = RecordingFolder(path)
    try:
        bench = folder.begin(order.bench)
    except OperatorError as error:
        watcher.hear(Refused.by(error))
        return of_refusal(error)
    recorded = replace(order, bench=bench, plan=one_at_a_time(order.plan), clock_record=folder.clock)
    try:
        with folder.events.open("w", encoding="utf-8") as file:
            noting = NotingWatcher(watcher, file)
            result = supervise(recorded, noting, Tick(typed.tick), has_program=typed.events)
    except OSError as error:
        raise StorageError(str(folder.events), error.strerror or str(error)) from None
    return of_verdict(result.verdict) if isinstance(result, RunFinished) else Exit.ERROR
