"""What can be done of a run's end while its child ends and outputs go off: none of it may change what is judged."""

from __future__ import annotations

from pathlib import Path

import msgspec

from station.bench import SafeWork
from station.model.errors import StorageError
from station.runner.entries import Entry, decode_entry
from station.runner.journal import ReadJournal, Syncing
from station.runner.record import ToldRun
from station.system.spare_thread import SpareThread


class Ending(msgspec.Struct, frozen=True):
    """Of the journal of a child that writes no more: what it holds, on its way to the disk, and as a run.

    ``known`` is None where it cannot be read, which does not say that no run began; ``syncing`` where there is nothing
    to put on the disk, or it cannot be opened, of which closing the run will tell when the outputs are off.
    ``safe_work`` is what will switch them off, as soon as the child is dead.
    """

    known: ReadJournal[Entry] | None
    told: ToldRun | None = None
    syncing: Syncing | None = None
    spare: SpareThread | None = None
    safe_work: SafeWork | None = None

    @classmethod
    def of(cls, journal: Path, spare: SpareThread) -> Ending:
        """The disk is seen to on the ``spare`` thread meanwhile."""
        if not journal.exists():
            return cls(ReadJournal((), 0))
        syncing = _syncing(journal, spare)
        try:
            known = ReadJournal.of(journal, decode_entry)
            told = ToldRun(known.entries) if known.entries else None
        except StorageError:
            return cls(None, None, syncing, spare)
        return cls(known, told, syncing, spare)

    @property
    def may_have_begun(self) -> bool:
        """Whether a run began, so that outputs may be on."""
        return self.known is None or bool(self.known.entries)


def _syncing(journal: Path, spare: SpareThread) -> Syncing | None:
    try:
        return Syncing.of(journal, spare)
    except StorageError:
        return None
