"""The end of every run: outputs off over fresh links, the record made from the journal, the letter in the outbox."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

import msgspec
from msgspec.structs import replace

from station.bench import SafeWork, make_safe, slot_leases
from station.config.bench_file import BenchFile
from station.config.settings import Settings
from station.history.instruments import BLAMING, Sighting, Sightings
from station.history.past_runs import PastRuns
from station.model.clock import Clock
from station.model.errors import Failure, StorageError
from station.model.run_record import RunRecord, SafeAction
from station.model.verdict import Verdict
from station.outbox.label_book import LabelBook
from station.outbox.label_facts import LabelFacts
from station.outbox.letter import LetterRef
from station.outbox.run_letter import run_letter
from station.outbox.spool import Spool
from station.playing.ending import Ending
from station.playing.events import Refused, RunFinished, WaitingLetter
from station.playing.order import RunOrder
from station.runner.entries import Entry, MadeSafe, RunStopped, decode_entry
from station.runner.journal import Syncing, append_behind, read_journal
from station.runner.record import ToldRun
from station.system.spare_thread import SpareThread

logger = logging.getLogger(__name__)

LABELLED_PURPOSE = "outgoing"
TRIES = 3
TRY_AGAIN_AFTER_S = 0.5
"""An instrument that takes one client may need a moment to see that the last one is gone."""


class Closing(msgspec.Struct, frozen=True):
    """What is needed to close a run, whoever is left to do it."""

    settings: Settings
    bench: BenchFile
    journal: Path
    clock: Clock

    @classmethod
    def of(cls, order: RunOrder) -> Closing:
        """Of the run that was ordered."""
        return cls(order.settings, order.bench, order.journal, order.clock)

    def close(
        self, stop: RunStopped | None, hear: Callable[[MadeSafe | RunFinished], None], ending: Ending | None = None
    ) -> RunFinished:
        """Make safe, judge, commit; the process that played must be dead. Doing it twice gives the same letter.

        The verdict is told when the letter is on the disk; this bench's history, which is no record, follows.
        ``ending`` is what was done when nobody could write the journal any more.

        Raises StorageError where the disk refuses: the journal then stays, and the next start closes the run. The
        outputs are off before the disk is touched.
        """
        ending = ending or Ending(None)
        made_safe = MadeSafe(self._make_safe(ending.safe_work), self.clock.utc())
        hear(made_safe)
        entries, told, syncing = self._ended(made_safe, stop, ending)
        station_id = told.start.station_id
        record = told.closed(self.clock.utc())
        letter = self._commit(record, station_id)
        syncing.wait()
        self._allow_label(record, station_id)
        failed = tuple(taken.limit.name for taken in record.measurements if taken.outcome == "FAIL")
        marginal = tuple(taken.limit.name for taken in record.measurements if taken.is_marginal)
        finished = RunFinished(record.id, record.verdict, failed, record.failure, WaitingLetter.of(letter), marginal)
        hear(finished)
        self._remember(record, station_id, msgspec.json.encode((*entries, finished)))
        self.journal.unlink(missing_ok=True)
        return finished

    def _ended(
        self, made_safe: MadeSafe, stop: RunStopped | None, ending: Ending
    ) -> tuple[tuple[Entry, ...], ToldRun, Syncing]:
        """The journal with its last entries, the run that it tells of, and its end on the way to the disk."""
        if ending.syncing is not None:
            ending.syncing.wait()
        last: list[Entry] = [made_safe] if stop is None else [stop, made_safe]
        entries, syncing = append_behind(self.journal, decode_entry, last, ending.known, ending.spare)
        if ending.told is None:
            return entries, ToldRun(entries), syncing
        for entry in entries[-len(last) :]:
            ending.told.take(entry)
        return entries, ending.told, syncing

    def prepare(self, spare: SpareThread) -> Ending:
        """What can be done before the process that played is dead, but can no longer write; no instrument is touched.

        The disk is seen to on the ``spare`` thread meanwhile.
        """
        ending = Ending.of(self.journal, spare)
        if not ending.may_have_begun:
            return ending
        return replace(ending, safe_work=SafeWork(self.bench, self.clock, slot_leases(self.settings, self.bench)))

    def has_begun(self) -> bool:
        """Whether a run began, so that outputs may be on."""
        try:
            return self.journal.exists() and bool(read_journal(self.journal, decode_entry))
        except StorageError:  # which does not say that no run began
            return True

    def note_refusal(self, refused: Refused) -> None:
        """Remember which instrument kept a run from beginning, of which there will be no record."""
        if refused.kind not in BLAMING or not refused.subject:
            return
        seen = Sighting(refused.subject, self.clock.utc(), "", refused.message)
        try:
            Sightings(self.settings.history, self.bench.station_id).note([seen])
        except StorageError as error:
            logger.warning("the bench's history does not know of it: %s", error)

    def _make_safe(self, laid_out: SafeWork | None) -> tuple[SafeAction, ...]:
        leases = slot_leases(self.settings, self.bench)
        actions = laid_out.do() if laid_out is not None else make_safe(self.bench, self.clock, leases)
        for _ in range(TRIES - 1):
            if all(action.is_proved for action in actions):
                break
            self.clock.wait(TRY_AGAIN_AFTER_S)
            actions = make_safe(self.bench, self.clock, leases)
        return actions

    def _commit(self, record: RunRecord, station_id: str) -> LetterRef:
        spool = Spool(self.settings.outbox)
        return spool.commit_run(record, station_id, self.clock.utc(), lambda place: run_letter(record, place))

    def _remember(self, record: RunRecord, station_id: str, told: bytes) -> None:
        """Put the run into the history of this bench, which is no record: a run does not fail for it."""
        try:
            PastRuns(self.settings.history, station_id).keep(record, told)
        except StorageError as error:
            logger.warning("this run is on record, but will not be in the bench's history: %s", error)

    def _allow_label(self, record: RunRecord, station_id: str) -> None:
        """A label is for a unit that may leave: PASS, on its way out, and on record."""
        if self.bench.label is None or record.verdict != Verdict.PASS.name or record.purpose != LABELLED_PURPOSE:
            return
        try:
            LabelBook.of_runs(self.settings).note(label_facts(record, station_id))
        except StorageError as error:  # the record is safe; a unit without a label is seen
            logger.warning("this run will have no label: %s", error)


def label_facts(record: RunRecord, station_id: str) -> LabelFacts:
    """What a label may say of ``record``."""
    taken = {one.limit.name: one for one in record.measurements if one.value is not None}
    return LabelFacts(
        run_id=record.id,
        serial=record.unit.serial,
        product=record.product,
        station_id=station_id,
        operator=record.operator,
        finished_at=record.finished_at,
        attempt=record.attempt,
        is_marginal=any(one.is_marginal for one in taken.values()) or bool(record.attempts),
        values={
            name: f"{one.value:g}" if isinstance(one.value, float) else str(one.value) for name, one in taken.items()
        },
    )


def stopped(verdict: str, kind: str, message: str, step: str | None, clock: Clock) -> RunStopped:
    """The entry that says why a run ended early."""
    return RunStopped(verdict, Failure(kind, "", message, step, clock.utc()))
