"""Keeps what happens to an IC in the burn's journal, tells it, and hears whether somebody wants it to stop."""

from __future__ import annotations

from pathlib import Path

from msgspec.structs import replace

from station.ic_programmer.job import BackupRead, BurnEvent, BurnOutcome, StageFinished, StageProgress, StageStarted
from station.model.errors import Failure
from station.playing.backups import keep_backup
from station.playing.burn_entries import (
    BackupKept,
    BurnConcluded,
    BurnEntry,
    Progress,
    StageBegun,
    StageEnded,
    decode_burn_entry,
)
from station.playing.burn_order import BurnBooks, BurnWatcher
from station.playing.events import Abort
from station.playing.watched_bus import BurnStop
from station.runner.journal import Journal, make_folder
from station.system import StopSignals, is_readable

TELL_EVERY_S = 0.1
"""Progress is told at most so often."""


class BurnTeller:
    """Keeps what happens in the journal, tells it, and knows whether somebody wants the burn to stop."""

    def __init__(
        self, order: BurnBooks, watcher: BurnWatcher, signals: StopSignals, estop: BurnStop, path: Path
    ) -> None:
        self._order = order
        self._watcher = watcher
        self._signals = signals
        self._estop = estop
        self._is_aborted = False
        self._begun: dict[str, StageStarted] = {}
        self._told_at = 0.0
        make_folder(order.journals)
        self.journal: Journal[BurnEntry] = Journal(path, decode_burn_entry)
        self._keep(order.start)

    def note(self, event: BurnEvent) -> None:
        """Take what the burn says of itself."""
        match event:
            case StageStarted():
                self._begun[event.stage] = event
                self._keep(StageBegun(event.stage, event.at, event.total))
            case StageProgress():
                self._tell_progress(event)
            case BackupRead(backup=backup):
                digest = keep_backup(self._order.settings.backups, backup.content)
                self._keep(BackupKept(backup.start, len(backup.content), digest))
            case StageFinished(record=record):
                stop = self._estop.stop if record.outcome != "PASS" else None
                self._keep(
                    StageEnded(
                        stage=record.name,
                        started_at=record.started_at,
                        at=record.finished_at,
                        outcome=stop.verdict if stop else record.outcome,
                        bytes_moved=record.bytes_moved,
                        message=stop.failure.message if stop else record.message,
                    )
                )

    def is_stopped(self) -> bool:
        """Whether a signal, a command or the e-stop asked to stop."""
        descriptor = self._watcher.fileno()
        if descriptor is not None and not self._is_aborted and is_readable(descriptor):
            self._is_aborted = any(isinstance(command, Abort) for command in self._watcher.commands())
        return self._is_aborted or bool(self._signals.name) or self._estop.look() is not None

    def conclude(self, outcome: BurnOutcome, pins: str) -> None:
        """Keep what came of it, before anybody is told; an e-stop that spoke by now leaves no good burn.

        ``pins`` is what is to be said of the programmer's pins.
        """
        failure, result = outcome.failure, outcome.result
        stop = self._estop.look()
        if stop is not None:
            step, message = failure.step if failure else None, stop.failure.message + pins
            result, failure = stop.verdict, replace(stop.failure, step=step, message=message)
        elif outcome.result == "ABORTED" and failure is not None and self._signals.name not in ("", "SIGINT"):
            message = f"the station's program was stopped ({self._signals.name})"
            failure = replace(failure, kind="station", message=message)
        self._keep(_concluded(outcome, result, failure))

    def _keep(self, entry: BurnEntry) -> None:
        """On the disk first: what is done to a chip cannot be undone by a power cut."""
        self.journal.write(entry, is_durable=True)
        self._watcher.tell(entry)

    def _tell_progress(self, progress: StageProgress) -> None:
        now = self._order.clock.now()
        if now - self._told_at >= TELL_EVERY_S or progress.done >= progress.total:
            self._told_at = now
            self._watcher.tell(Progress(progress.stage, progress.done, progress.total))


def _concluded(outcome: BurnOutcome, result: str, failure: Failure | None) -> BurnConcluded:
    return BurnConcluded(
        at=outcome.finished_at,
        result=result,
        failure=failure,
        programmer_model=outcome.programmer_model,
        identity=outcome.identity,
        before_sha256=outcome.before_sha256,
        after_sha256=outcome.after_sha256,
        regions=outcome.regions,
        proof=outcome.proof,
        retries=outcome.retries,
        is_marginal=outcome.is_marginal and result == "PASS",
    )
