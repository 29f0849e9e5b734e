"""A burn from the opened programmer to the letter in the outbox; a kill leaves a journal that the next burn closes."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import msgspec
from msgspec.structs import replace

from station.bench import open_programmer
from station.config.bench_file import BenchFile
from station.config.settings import Settings
from station.ic_programmer.burn import burn
from station.ic_programmer.job import (
    BackupRead,
    BurnEvent,
    BurnJob,
    BurnOutcome,
    StageFinished,
    StageProgress,
    StageStarted,
)
from station.ic_programmer.nor_chip import NorChip
from station.model.clock import Clock
from station.model.errors import Failure, OperatorError, StationError, StorageError
from station.outbox.burn_letter import burn_letter
from station.outbox.spool import Spool
from station.playing.backups import keep_backup
from station.playing.burn_entries import (
    BackupKept,
    BurnConcluded,
    BurnEntry,
    BurnFinished,
    BurnStarted,
    BurnTold,
    Progress,
    StageBegun,
    StageEnded,
    decode_burn_entry,
)
from station.playing.burn_record import burn_record_of
from station.playing.estop_watch import EstopWatch
from station.playing.events import Abort, Command, Refused, WaitingLetter
from station.playing.order import slot_lock
from station.playing.watched_bus import WatchedBus
from station.runner.journal import Journal, make_folder, read_journal
from station.system import StopSignals, is_readable, take_lock

logger = logging.getLogger(__name__)

TELL_EVERY_S = 0.1
"""Progress is told at most so often."""


class BurnWatcher(Protocol):
    """Who is told of a burn, and may stop it."""

    def tell(self, event: BurnTold) -> None: ...

    def fileno(self) -> int | None: ...

    def commands(self) -> Sequence[Command]: ...


class BurnOrder(msgspec.Struct, frozen=True):
    """A burn that may begin: everything was checked that can be checked without the programmer."""

    settings: Settings
    bench: BenchFile
    job: BurnJob
    start: BurnStarted
    clock: Clock

    @property
    def journals(self) -> Path:
        """Where burns are kept until their letters are in the outbox."""
        return self.settings.state_dir / "burns"


def burn_order(order: BurnOrder, watcher: BurnWatcher) -> BurnFinished | Refused:
    """Burn one IC; the result was told to ``watcher`` too.

    Raises StorageError where the record cannot be kept; the journal then holds it until the next burn.
    """
    result = _burn_locked(order, watcher)
    watcher.tell(result)
    return result


def _burn_locked(order: BurnOrder, watcher: BurnWatcher) -> BurnFinished | Refused:
    programmer = order.start.programmer.name
    if take_lock(slot_lock(order.settings, order.bench.station_id, f"programmer {programmer}")) is None:
        return Refused.by(OperatorError(f"{programmer} is burning another IC: wait until it has ended"))
    _recover(order)
    signals = StopSignals()
    estop = EstopWatch(order.bench.estop, order.clock)
    refused = estop.begin()
    if refused is not None:
        return refused
    path = order.journals / f"{order.start.burn_id}.jsonl"
    try:
        _burn_watched(order, watcher, signals, estop, path)
    except StationError as error:
        return Refused.by(error)
    finally:
        estop.end()
    return _close(order, path)


def _burn_watched(order: BurnOrder, watcher: BurnWatcher, signals: StopSignals, estop: EstopWatch, path: Path) -> None:
    """Burn; when the programmer has let go of its pins, what came of it is in the journal."""
    outcome = None
    try:
        with open_programmer(order.bench, order.start.programmer.name, order.clock, order.job.target) as bus:
            watched = WatchedBus(bus, estop, order.clock)
            teller = _Teller(order, watcher, signals, watched, path)
            carrier = bus if order.bench.estop is None else watched
            chip = NorChip(carrier, order.job.target, order.clock)
            outcome = burn(order.job, chip, order.clock, teller.note, teller.is_stopped)
    except StationError as error:
        if outcome is None:
            raise
        logger.warning("the programmer was not let go: %s", error)
    try:
        pins = _let_go(order) if watched.stop is not None and watched.is_broken else ""
        teller.conclude(outcome, pins)
    finally:
        teller.journal.close()


def _let_go(order: BurnOrder) -> str:
    """Let go of the pins over a fresh link, because that of the burn broke: empty, or what a person must do."""
    try:
        with open_programmer(order.bench, order.start.programmer.name, order.clock):
            return ""
    except StationError as error:
        return f"; its pins may still be driven ({error}): unplug the programmer"


def _recover(order: BurnOrder) -> None:
    """Close the burns that a kill left behind on this programmer; its lock is held."""
    for path in sorted(order.journals.glob("*.jsonl")):
        try:
            entries = read_journal(path, decode_burn_entry)
        except StorageError as error:
            logger.error("a journal needs a person: %s", error)
            continue
        start = entries[0] if entries else None
        if not isinstance(start, BurnStarted):
            path.unlink()
        elif (start.station_id, start.programmer.name) == (order.bench.station_id, order.start.programmer.name):
            _close(order, path)
            logger.warning("burn %s was found unfinished and recorded", start.burn_id)


def _close(order: BurnOrder, path: Path) -> BurnFinished:
    at = order.clock.utc()
    entries = read_journal(path, decode_burn_entry)
    record = burn_record_of(entries, at)
    start = entries[0]
    station_id = start.station_id if isinstance(start, BurnStarted) else order.bench.station_id
    subject = record.unit.id if record.unit else ""
    spool = Spool(order.settings.outbox)
    letter = spool.commit("burns", record.id, subject, station_id, at, lambda place: burn_letter(record, place))
    path.unlink(missing_ok=True)
    return BurnFinished(record.id, record.result, record.failure, WaitingLetter.of(letter))


class _Teller:
    """Keeps what happens in the journal, tells it, and knows whether somebody wants the burn to stop."""

    def __init__(
        self, order: BurnOrder, watcher: BurnWatcher, signals: StopSignals, watched: WatchedBus, path: Path
    ) -> None:
        self._order = order
        self._watcher = watcher
        self._signals = signals
        self._watched = watched
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
                stop = self._watched.stop if record.outcome != "PASS" else None
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
        return self._is_aborted or bool(self._signals.name) or self._watched.look() is not None

    def conclude(self, outcome: BurnOutcome, pins: str) -> None:
        """Keep what came of it, before anybody is told; an e-stop that spoke by now leaves no good burn.

        ``pins`` is what is to be said of the programmer's pins.
        """
        failure, result = outcome.failure, outcome.result
        stop = self._watched.look()
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
