"""The end of every run: outputs off over fresh links, the record made from the journal, the letter in the outbox."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

import msgspec

from station.bench import make_safe, slot_leases
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
from station.playing.events import Refused, RunFinished, WaitingLetter
from station.playing.order import RunOrder
from station.runner.entries import Entry, MadeSafe, RunStarted, RunStopped, decode_entry
from station.runner.journal import ReadJournal, Syncing, append_behind
from station.runner.record import record_of

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
        self,
        stop: RunStopped | None,
        hear: Callable[[MadeSafe | RunFinished], None],
        known: ReadJournal[Entry] | None = None,
        syncing: Syncing | None = None,
    ) -> RunFinished:
        """Make safe, judge, commit; the process that played must be dead. Doing it twice gives the same letter.

        The verdict is told when the letter is on the disk; this bench's history, which is no record, follows. ``known``
        is what was read of the journal when nobody could write it any more, which ``syncing`` puts on the disk.

        Raises StorageError where the disk refuses: the journal then stays, and the next start closes the run. The
        outputs are off before the disk is touched.
        """
        made_safe = MadeSafe(self._make_safe(), self.clock.utc())
        hear(made_safe)
        if syncing is not None:
            syncing.wait()
        added: list[Entry] = [made_safe] if stop is None else [stop, made_safe]
        entries, syncing = append_behind(self.journal, decode_entry, added, known)
        start = entries[0]
        if not isinstance(start, RunStarted):
            raise AssertionError("has_begun was asked before")
        record = record_of(entries, self.clock.utc())
        letter = self._commit(record, start.station_id)
        syncing.wait()
        self._allow_label(record, start.station_id)
        failed = tuple(taken.limit.name for taken in record.measurements if taken.outcome == "FAIL")
        marginal = tuple(taken.limit.name for taken in record.measurements if taken.is_marginal)
        finished = RunFinished(record.id, record.verdict, failed, record.failure, WaitingLetter.of(letter), marginal)
        hear(finished)
        self._remember(record, start.station_id, msgspec.json.encode((*entries, finished)))
        self.journal.unlink(missing_ok=True)
        return finished

    def read(self) -> ReadJournal[Entry] | None:
        """What the journal holds; None where it cannot be read, which does not say that no run began."""
        if not self.journal.exists():
            return ReadJournal((), 0)
        try:
            return ReadJournal.of(self.journal, decode_entry)
        except StorageError:
            return None

    def sync(self) -> Syncing | None:
        """Have the journal put on the disk beside what is done here; None where there is none, or it cannot be opened.

        Of the latter ``close`` will tell, when the outputs are off.
        """
        try:
            return Syncing.of(self.journal) if self.journal.exists() else None
        except StorageError:
            return None

    def has_begun(self) -> bool:
        """Whether a run began, so that outputs may be on."""
        known = self.read()
        return known is None or bool(known.entries)

    def note_refusal(self, refused: Refused) -> None:
        """Remember which instrument kept a run from beginning, of which there will be no record."""
        if refused.kind not in BLAMING or not refused.subject:
            return
        seen = Sighting(refused.subject, self.clock.utc(), "", refused.message)
        try:
            Sightings(self.settings.history, self.bench.station_id).note([seen])
        except StorageError as error:
            logger.warning("the bench's history does not know of it: %s", error)

    def _make_safe(self) -> tuple[SafeAction, ...]:
        leases = slot_leases(self.settings, self.bench)
        actions = make_safe(self.bench, self.clock, leases)
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
